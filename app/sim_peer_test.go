package app

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"grove/app/fair"
	"grove/app/pack"
)

// simPeer is one computer: the engine's state while it downloads, and what
// the network is to it.
type simPeer struct {
	w      *simWorld
	id     int
	name   string
	seed   uint64
	side   int  // which operator
	shares bool // at all
	stays  bool // for good

	state *state // nil before it comes, and once it is complete
	t     *transfer
	count int         // pieces it has
	snap  sourceState // what neighbours know of it; the bitmaps are not changed
	news  bool        // an announcement is due
	fresh bool        // snap is older than what it has

	links   []*simLink
	slots   simSlots
	home    *simHome
	up      simLine
	plug    simLine // to those at home
	web     simFlow // from the origin
	flights []*simFlight

	came, done time.Duration
	gone       bool
	given      int64
	counts     Counts
}

// simLink is a connection as one end sees it.
type simLink struct {
	of, to *simPeer
	line   *simLine // of the giver
	flow   simFlow  // to the other end
	slot   bool     // the other end may be sent content
	place  fair.Place
}

var simEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *simWorld) clock() time.Time { return simEpoch.Add(w.now) }

func (w *simWorld) newPeer(id int, seed uint64) *simPeer {
	p := &simPeer{w: w, id: id, name: "p" + strconv.Itoa(id), seed: seed<<32 + uint64(id), done: -1}
	p.home = &simHome{}
	if w.home > 0 && id%w.home > 0 && id < w.simScene.peers {
		p.home = w.peers[id-1].home
	}
	p.home.people = append(p.home.people, p)
	p.up, p.plug = simLine{of: p, home: p.home}, simLine{of: p, rate: simPlug}
	switch {
	case id < w.shut:
		p.side = 1
	case w.link > 0 && w.shut == 0:
		p.side = id % 2
	}
	if w.north > 0 {
		p.side = 1
		if id < w.north {
			p.side = 0
		}
	}
	p.shares = w.rng.Float64() < w.giving && !w.alone
	if w.givers > 0 {
		p.shares = id < w.givers
	}
	pick := w.rng.Float64()
	for _, u := range w.ups {
		p.up.rate = u.rate
		if pick -= u.part; pick < 0 {
			break
		}
	}
	if w.slow > 0 && p.side == 0 {
		p.up.rate = w.slow
	}
	p.up.rate = p.home.people[0].up.rate
	p.snap.have = NewBitmap(w.pieces)
	w.peers = append(w.peers, p)
	w.byName[p.name] = p
	return p
}

var simNobody = uuid.MustParse("00000000-0000-4000-8000-000000000001")

// arrive begins the download.
func (p *simPeer) arrive() {
	w := p.w
	p.came = w.now
	p.state = newState(p.seed, DefaultSettings())
	p.state.self, p.state.lastTick = p.name, w.clock()
	desc := &Described{Package: &pack.Package{Layout: w.layout}}
	desc.Package.Manifest.Floor = w.floor
	p.t = &transfer{desc: desc, rec: Record{ID: simNobody, State: Downloading, Size: w.size(), NoShare: !p.shares},
		pieces: make([]PieceState, w.pieces)}
	if p.shares {
		p.t.serve = served
	}
	p.t.down = newDownload(p.t, p.name, p.state.rng, w.clock(), NewBitmap(w.pieces))
	p.t.down.saving = true // there is no disk
	p.state.list = []*transfer{p.t}
	p.enter()
	if w.origin > 0 && !w.server.dead {
		near := p.operator(0)
		if p.mapped() {
			near = NearNet
		}
		p.step(evFound{simNobody, SourceInfo{ID: "origin", Kind: KindOrigin, Near: near},
			sourceState{have: FullBitmap(w.pieces), window: 1 << 30}})
	}
	p.meet()
	w.at(w.now+w.tick, simEvent{kind: simTicks, peer: p})
}

// enter puts the peer on the tracker's list.
func (p *simPeer) enter() { p.w.online = append(p.w.online, p) }

func (p *simPeer) nearTo(o *simPeer) Nearness {
	if p.home == o.home {
		return NearLAN
	}
	return p.operator(o.side)
}

// mapped reports whether p has a map.
func (p *simPeer) mapped() bool { return p.w.maps == 2 || p.w.maps == 1 && p.side == 0 }

func (p *simPeer) operator(side int) Nearness {
	switch {
	case p.w.blind:
		return NearFar
	case p.w.link > 0 && p.side == side:
		return NearNet
	case p.mapped():
		return NearAvoid
	}
	return NearFar
}

// step applies an event and carries out what follows from it.
func (p *simPeer) step(ev event) {
	if p.state == nil {
		return
	}
	p.do(p.state.step(p.w.clock(), ev))
}

func (p *simPeer) do(fx []effect) {
	// Flights are a map in a download; what ends together ends in their order.
	slices.SortStableFunc(fx, func(a, b effect) int { return cmp.Compare(simTrims(a), simTrims(b)) })
	for _, e := range fx {
		switch e := e.(type) {
		case fxRun:
			p.ask(e)
		case fxTrim:
			p.trim(e)
		case fxTell:
			p.changed()
		case fxFinish:
			p.finish()
		}
	}
}

// simTrims orders the trims of one step, before everything else.
func simTrims(fx effect) flightID {
	if t, ok := fx.(fxTrim); ok {
		return t.flight
	}
	return ^flightID(0)
}

func (p *simPeer) ask(fx fxRun) {
	fl := &simFlight{id: fx.flight, to: p, next: fx.run.First, landed: fx.run.First, end: fx.run.End()}
	p.flights = append(p.flights, fl)
	from := p.w.byName[fx.source]
	if from == nil {
		p.w.server.ask(p, fl)
		return
	}
	k := from.linkTo(p)
	if k == nil {
		fl.fail(NewProblem(SourceGone, fx.source, nil))
		return
	}
	fl.link = k
	k.line.ask(k, fl)
}

func (p *simPeer) linkTo(o *simPeer) *simLink {
	for _, k := range p.links {
		if k.to == o {
			return k
		}
	}
	return nil
}

func (p *simPeer) trim(fx fxTrim) {
	for _, fl := range p.flights {
		if fl.id != fx.flight || fl.over {
			continue
		}
		fl.end = min(fl.end, max(fx.end, fl.landed))
		if fl.next >= fl.end || fx.end <= fl.landed {
			fl.stop()
		}
		if fl.landed >= fl.end {
			fl.over = true
			p.w.at(p.w.now, simEvent{kind: simEnds, flight: fl})
		}
	}
}

// stop takes a flight out of the line it waits in.
func (fl *simFlight) stop() {
	if fl.link != nil && slices.Contains(fl.link.flow.queue, fl) {
		fl.bytes += fl.link.line.drop(fl.link, fl)
	} else if fl.link == nil && slices.Contains(fl.to.web.queue, fl) {
		fl.bytes += fl.to.w.server.drop(fl.to, fl)
	}
}

// fail ends a flight that was not brought to its end.
func (fl *simFlight) fail(why *Problem) {
	fl.stop()
	if !fl.over {
		fl.over, fl.why = true, why
		w := fl.to.w
		w.at(w.now+w.latency, simEvent{kind: simEnds, flight: fl})
	}
}

func (fl *simFlight) ended() {
	p := fl.to
	p.flights = slices.DeleteFunc(p.flights, func(o *simFlight) bool { return o == fl })
	p.step(evRunEnd{simNobody, fl.id, fl.bytes, fl.why})
	p.settle()
}

// through is the part of what was sent of a piece that has come, by how long it
// waits on its way and how long its giver takes for it.
func (p *simPeer) through(fl *simFlight) float64 {
	waits, rate := max(0, p.home.down.free-p.w.now), p.w.down
	if fl.inside() {
		waits = 0
	}
	if fl.link != nil {
		rate = max(1, fl.link.flow.rate)
	}
	if side := fl.side(); side != p.side {
		waits += max(0, p.w.across[side].free-p.w.now)
	}
	takes := float64(p.w.piece) / rate
	return takes / (takes + waits.Seconds())
}

// inside reports whether the giver is at home with the receiver.
func (fl *simFlight) inside() bool { return fl.link != nil && fl.link.of.home == fl.to.home }

// side is where the giver is.
func (fl *simFlight) side() int {
	if fl.link == nil {
		return 0
	}
	return fl.link.of.side
}

// receive brings a piece that was sent through the receiver's line.
func (p *simPeer) receive(fl *simFlight, piece int, n int64, at time.Duration) {
	through := p.through(fl)
	if !fl.inside() {
		p.w.entered += n
		at = p.home.down.pass(p.w.down, n, at)
	}
	at += p.w.latency
	fl.way = append(fl.way, simWay{n, through * float64(n), p.w.now, at})
	p.w.at(at, simEvent{kind: simLands, flight: fl, piece: int32(piece)})
}

// land is the arrival of a piece.
func (fl *simFlight) land(piece int) {
	if fl.over {
		return // nobody waits for it any more
	}
	fl.landed = piece + 1
	fl.came += fl.way[0].n
	fl.way = fl.way[1:]
	p := fl.to
	before := p.t.down.have.Has(piece)
	if fl.landed >= fl.end {
		fl.over = true
	}
	came := evPiece{simNobody, fl.id, piece, p.window(fl)}
	if p.w.lazy && fl.over && p.t.down.left > p.w.piece {
		p.do(came.apply(p.state, p.w.clock())) // the end of the flight, which follows, looks what to ask
	} else {
		p.step(came)
	}
	if !before {
		p.count++
		p.changed()
	}
	switch {
	case !fl.over:
	case p.w.lazy:
		fl.ended()
	default:
		p.w.at(p.w.now, simEvent{kind: simEnds, flight: fl})
	}
}

// window is what the source of fl wants under way.
func (p *simPeer) window(fl *simFlight) int64 {
	switch {
	case fl.link == nil:
		return 1 << 30
	case fl.link.of.gone:
		return 0
	default:
		return fl.link.window()
	}
}

// window is what the giver wants under way.
func (k *simLink) window() int64 {
	if k.slot {
		return simWindow
	}
	return 0
}

const simWindow = 32 << 20

// ticked passes time, and looks how far everything is.
func (p *simPeer) ticked() {
	if p.state == nil {
		return
	}
	w := p.w
	clear(w.progress)
	for _, fl := range p.flights {
		n := float64(fl.came)
		for _, y := range fl.way {
			n += y.came(w.now)
		}
		switch {
		case fl.over:
		case fl.link == nil && len(p.web.queue) > 0 && p.web.queue[0] == fl:
			n += p.through(fl) * w.server.under(p)
		case fl.link != nil && len(fl.link.flow.queue) > 0 && fl.link.flow.queue[0] == fl:
			f := &fl.link.flow
			n += p.through(fl) * (f.sent + f.rate*(w.now-fl.link.line.last).Seconds())
		}
		w.progress[fl.id] = int64(n)
	}
	p.step(evTick{progress: w.progress})
	if p.state != nil {
		w.at(w.now+w.tick, simEvent{kind: simTicks, peer: p})
	}
}

// changed has the neighbours told, a little later.
func (p *simPeer) changed() {
	p.fresh = false
	if !p.news && p.shares {
		p.news = true
		p.w.at(p.w.now+p.w.announce, simEvent{kind: simAnnounces, peer: p})
	}
}

// says is what p tells of itself now.
func (p *simPeer) says() sourceState {
	if !p.fresh && p.shares && p.state != nil {
		p.snap = sourceState{have: p.t.down.have.Clone(), fetching: p.t.down.told}
		p.fresh = true
	}
	return p.snap
}

func (p *simPeer) announce() {
	p.news = false
	if p.gone {
		return
	}
	is := p.says()
	for _, k := range p.links {
		if p.w.lazy && k.to.state != nil {
			is.window = k.window()
			evChanged{simNobody, p.name, is}.apply(k.to.state, p.w.clock())
		} else {
			p.tell(k, is)
		}
	}
}

func (p *simPeer) tell(k *simLink, is sourceState) {
	is.window = k.window()
	k.to.step(evChanged{simNobody, p.name, is})
}

// part is how much of the package p says it has, of 1.
func (p *simPeer) part() (part float64, says bool) {
	return float64(p.count) / float64(p.w.pieces), p.shares && (p.count > 0 || p.snap.fetching.Count() > 0)
}

// takers are those who want something of p and say what they have.
func (p *simPeer) takers() iter.Seq2[*fair.Place, float64] {
	return func(yield func(*fair.Place, float64) bool) {
		for _, k := range p.links {
			if part, says := k.to.part(); says && k.to.state != nil && !yield(&k.place, part) {
				return
			}
		}
	}
}

// weight is that of p2p's turns where those who want something have mean, and
// top at the most.
func (k *simLink) weight(mean, top float64) float64 {
	part, says := k.to.part()
	if says {
		part = k.place.Part(part, top)
	} else {
		part = mean
	}
	w := fair.Weight(part, mean)
	if k.of.nearTo(k.to) == NearAvoid {
		w *= fair.Avoid(part, mean)
	}
	return w
}

// finish is the end of the download: all pieces are here.
func (p *simPeer) finish() {
	p.done = p.w.now
	p.settle()
}

// settle lets the engine's state go once its last flight has ended.
func (p *simPeer) settle() {
	if p.done < 0 || p.state == nil {
		return
	}
	for _, fl := range p.flights {
		if !fl.over {
			return
		}
	}
	if len(p.flights) > 0 {
		return // simEnds is on its way
	}
	p.counts = p.t.rec.Counts
	p.snap, p.fresh = sourceState{have: FullBitmap(p.w.pieces)}, true
	p.state, p.t = nil, nil
	for _, k := range p.links {
		k.to.slotsFor(p)
	}
	w := p.w
	if w.leave || !p.shares {
		p.leave()
		return
	}
	p.changed()
	g := DefaultSettings().Giving
	w.at(w.now+time.Duration(g.AfterHours*float64(time.Hour)), simEvent{kind: simLeaves, peer: p})
}

// gave counts what was sent; who gave enough leaves.
func (p *simPeer) gave(n int64) {
	p.given += n
	p.w.given += n
	if p.state == nil && !p.stays && float64(p.given) >= DefaultSettings().Giving.AfterTimes*float64(p.w.size()) {
		p.w.at(p.w.now, simEvent{kind: simLeaves, peer: p})
	}
}

func (p *simPeer) leave() {
	if p.gone || p.stays {
		return
	}
	p.gone = true
	w := p.w
	w.online = slices.DeleteFunc(w.online, func(o *simPeer) bool { return o == p })
	for _, k := range p.links {
		for len(k.flow.queue) > 0 {
			k.flow.queue[0].fail(NewProblem(SourceGone, p.name, nil))
		}
		w.at(w.now+w.latency, simEvent{kind: simGone, peer: k.to, other: p})
	}
	p.links, p.slots = nil, simSlots{due: true}
}

// lost is the end of the connection to o.
func (p *simPeer) lost(o *simPeer) {
	p.unlink(o)
	p.step(evGone{simNobody, o.name, nil})
}
