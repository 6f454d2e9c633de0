package p2p

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/tracker"
)

// The finders of one package. Each says whom it heard of to the hunt, and when
// it had its first turn: until then, not having found anybody means nothing.

const (
	// lanTurn is how long the local network has to answer.
	lanTurn = 2 * time.Second
	// The hash table comes last: it is made of other people's computers. When
	// nobody is left to try, nobody waits longer than the first of these.
	dhtFirst, dhtLast = 5 * time.Second, 30 * time.Second
	// dhtCount is how many peers it is asked for, and dhtTime how long.
	dhtCount = 30
	dhtTime  = 25 * time.Second
	// dhtAgain is the pause between two questions while there are too few,
	// doubling up to dhtRarely.
	dhtAgain, dhtRarely = 2 * time.Minute, 30 * time.Minute
	// dhtRecords is how many records of one package the table should hold: those
	// who hold them are other people too, and a thousand peers are no better to
	// find than these.
	dhtRecords = 200
	// dhtRenew is how long before the table forgets that a record is renewed.
	dhtRenew = 22 * time.Hour
)

// hearAll sends what a link or the user says to the hunt. Whoever is named is
// dialled now, whatever came of it before, and is not counted as tried when
// hearAll returns.
func (h *hunt) hearAll(targets []target) {
	h.done(func() {
		for _, t := range targets {
			from := fromLink
			if slices.ContainsFunc(t.addrs, func(a typedAddr) bool { return a.typed }) {
				from = fromUser
			}
			h.hear(from, t)
			if c := h.known[t.id]; c != nil && !c.busy {
				c.tried, c.next = false, time.Time{}
			}
		}
		h.show()
	})
}

// hearInfos sends what a finder said to the hunt.
func (h *hunt) hearInfos(from heardFrom, infos []peer.AddrInfo) {
	if len(infos) == 0 {
		return
	}
	h.do(func() {
		for _, i := range infos {
			h.hear(from, targetOf(i, from == fromLAN))
		}
	})
}

// targetOf takes the addresses of i that a peer can have. Those found on the
// local network may lie there.
func targetOf(i peer.AddrInfo, near bool) target {
	t := target{id: i.ID}
	for _, a := range i.Addrs {
		if checkShape(a) == nil && len(t.addrs) < maxAddrs {
			t.addrs = append(t.addrs, typedAddr{addr: a, near: near})
		}
	}
	return t
}

// turned is called when a finder had its first turn.
func (h *hunt) turned(name string) { h.do(func() { h.turns[name] = true }) }

func (h *hunt) allTurned() bool {
	for _, done := range h.turns {
		if !done {
			return false
		}
	}
	return true
}

// startFinders starts those that need nothing but the tag.
func (h *hunt) startFinders() {
	on := h.node.finders
	if on.LAN {
		h.turns["lan"] = false
		h.jobs.Go(h.askLAN)
	}
	if on.DHT {
		h.turns["dht"] = false
		h.jobs.Go(h.askDHT)
	}
}

// askLAN takes over who was heard of before; the rest comes from outreach.
func (h *hunt) askLAN() {
	h.hearInfos(fromLAN, h.node.outreach.neighbours())
	if h.wait(lanTurn, nil) {
		h.turned("lan")
	}
}

// wait waits for d, or until wake is closed, and reports whether the hunt goes
// on.
func (h *hunt) wait(d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-h.ctx.Done():
		return false
	}
	return true
}

// startTrackers asks the trackers of the manifest, when it becomes known.
func (h *hunt) startTrackers(m mode) {
	if !h.node.finders.Tracker {
		return
	}
	for _, url := range m.trackers {
		if !h.urls[url] {
			h.urls[url] = true
			h.turns[url] = false
			h.jobs.Go(func() { h.askTracker(url) })
		}
	}
}

const (
	// trackerSoon is the pause while there are too few peers, and trackerFault
	// the first one after a fault, doubling up to trackerRarely.
	trackerSoon   = time.Minute
	trackerAsk    = 10 * time.Minute // where it does not say when to come again
	trackerFault  = 15 * time.Second
	trackerRarely = 15 * time.Minute
	trackerTime   = 20 * time.Second // for one question
	trackerFloor  = 10 * time.Second // between two
	goodbyeTime   = 2 * time.Second
)

// askTracker tells a tracker what is shared here, and asks it for others,
// until the hunt ends.
func (h *hunt) askTracker(url string) {
	n := h.node
	fault := trackerFault
	announced, unplaced := false, false
	for h.ctx.Err() == nil {
		m := h.mode()
		if !m.sharing && announced {
			h.leaveTracker(url)
			announced = false
		}
		if !m.sharing && !m.looking {
			select {
			case <-m.changed:
			case <-h.ctx.Done():
			}
			continue
		}
		moved := n.outreach.moved()
		answer, told, err := h.visitTracker(url, m)
		if h.ctx.Err() != nil {
			break
		}
		announced = announced || told
		n.outreach.worked(fromTracker, url, err)
		h.hearInfos(fromTracker, answer.Peers)
		h.do(func() { h.size = max(h.size, answer.Swarm) })
		h.turned(url)
		pause := answer.Again
		if pause == 0 {
			pause = trackerAsk
		}
		if err != nil {
			n.log.Debug("tracker", "url", url, "err", err)
			if p := (*app.Problem)(nil); errors.As(err, &p) {
				fault = max(fault, p.After)
			}
			pause, fault = fault, min(2*fault, trackerRarely)
		} else {
			fault = trackerFault
			if m.looking && m.sessions+len(answer.Peers) < tooFew {
				pause = min(pause, trackerSoon)
			}
		}
		floor := trackerFloor
		if m.sharing && !told && err == nil && !unplaced {
			// It only asked, having no address yet, which is a matter of a second.
			floor, unplaced = time.Second, true
		}
		h.untilDue(max(pause, trackerFloor), floor, m, moved)
	}
	if announced {
		h.leaveTracker(url)
	}
}

// untilDue waits for d, or until the tracker should hear of something: the
// addresses changed, everything is here, or sharing began or ended. Whatever
// changes, it is not asked again before floor.
func (h *hunt) untilDue(d, floor time.Duration, was mode, moved <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if !h.wait(floor, nil) {
		return
	}
	for {
		m := h.mode()
		if m.sharing != was.sharing || m.looking && !was.looking || m.sharing && m.complete && !was.complete {
			return
		}
		select {
		case <-timer.C:
			return
		case <-moved:
			return
		case <-m.changed:
		case <-h.ctx.Done():
			return
		}
	}
}

// visitTracker announces what is shared here, or only asks.
func (h *hunt) visitTracker(url string, m mode) (a tracker.Answer, announced bool, err error) {
	ctx, cancel := context.WithTimeout(h.ctx, trackerTime)
	defer cancel()
	n := h.node
	if m.sharing && !m.looking {
		// An announce without the way in that is about to be there would be
		// believed for half an hour.
		settling, stop := context.WithTimeout(ctx, handshakeTimeout)
		n.Settled(settling)
		stop()
	}
	if m.sharing {
		if addrs := n.outward(); len(addrs) > 0 {
			a, err = n.tracker.Announce(ctx, url, false, tracker.Announce{Key: h.sw.know.tag, Addrs: addrs, Complete: m.complete})
			if err == nil || !errors.Is(err, tracker.ErrNoAnnounce) && !errors.Is(err, tracker.ErrNoAddress) {
				return a, err == nil, err
			}
		}
	}
	a, err = n.tracker.Ask(ctx, url, false, h.sw.know.tag)
	return a, false, err
}

// leaveTracker says that nothing is shared here any more. The hunt may have
// ended: then it waits only a moment.
func (h *hunt) leaveTracker(url string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), goodbyeTime)
	defer cancel()
	_, err := h.node.tracker.Announce(ctx, url, false, tracker.Announce{Key: h.sw.know.tag, Gone: true})
	if err != nil {
		h.node.log.Debug("tracker: goodbye", "url", url, "err", err)
	}
}

// askDHT asks the hash table while there are too few peers, and tells it what
// is shared here.
func (h *hunt) askDHT() {
	again := dhtAgain
	var asked, told time.Time
	first := dhtFirst + rand.N(dhtLast-dhtFirst)
	began := time.Now()
	for {
		m := h.mode()
		look := h.outlook()
		now := time.Now()
		due := dhtDue(m, asked, told, began, first, again, h.othersTurned(), now)
		switch {
		case due.find:
			err := h.findDHT()
			h.node.outreach.worked(fromDHT, "", err)
			if asked.IsZero() {
				h.turned("dht")
			} else {
				again = min(2*again, dhtRarely)
			}
			asked = time.Now()
			continue
		case due.tell:
			h.tellDHT()
			told = time.Now()
			continue
		}
		timer := time.NewTimer(due.wait)
		select {
		case <-timer.C:
		case <-m.changed:
		case <-look.changed:
		case <-h.ctx.Done():
		}
		timer.Stop()
		if h.ctx.Err() != nil {
			return
		}
	}
}

// dhtPlan is what to do about the hash table, or how long to wait at most.
type dhtPlan struct {
	find, tell bool
	wait       time.Duration
}

// dhtDue decides. othersDone says that nobody else is left to ask or to dial.
func dhtDue(m mode, asked, told, began time.Time, first, again time.Duration, othersDone bool, now time.Time) dhtPlan {
	wait := time.Hour
	if m.looking && m.sessions < tooFew {
		at := asked.Add(again)
		if asked.IsZero() {
			at = began.Add(first)
			if othersDone && m.sessions == 0 {
				at = began.Add(dhtFirst)
			}
		}
		if !at.After(now) {
			return dhtPlan{find: true}
		}
		wait = min(wait, at.Sub(now))
	}
	if m.sharing {
		at := told.Add(dhtRenew)
		if told.IsZero() {
			at = began.Add(dhtFirst)
		}
		if !at.After(now) {
			return dhtPlan{tell: true}
		}
		wait = min(wait, at.Sub(now))
	}
	return dhtPlan{wait: wait}
}

// othersTurned reports whether all candidates were tried and all finders but
// the hash table had their turn.
func (h *hunt) othersTurned() bool {
	left := false
	ran := h.done(func() {
		for name, turned := range h.turns {
			left = left || name != "dht" && !turned
		}
		left = left || h.untried(func(*candidate) bool { return true })
	})
	return !ran || !left
}

// untried reports whether some candidate was not tried yet. Called on the
// hunt's goroutine.
func (h *hunt) untried(of func(*candidate) bool) bool {
	for _, c := range h.known {
		if of(c) && (c.dialing || !c.tried) {
			return true
		}
	}
	return false
}

// nearAsked reports whether everybody on the local network was tried.
func (h *hunt) nearAsked() bool {
	left := false
	ran := h.done(func() { left = h.untried(func(c *candidate) bool { return c.from == fromLAN }) })
	return !ran || !left
}

func (h *hunt) findDHT() error {
	ctx, cancel := context.WithTimeout(h.ctx, dhtTime)
	defer cancel()
	table, release, err := h.node.outreach.useTable()
	if err != nil {
		return err
	}
	defer release()
	return table.Find(ctx, h.sw.know.tag, dhtCount, func(i peer.AddrInfo) {
		h.hearInfos(fromDHT, []peer.AddrInfo{i})
	})
}

// tells reports whether one of swarm peers announces itself, by a random number
// below 1: so that about dhtRecords of them do.
func tells(swarm int, random float64) bool { return random*float64(swarm) < dhtRecords }

// tellDHT announces the package, with the probability that leaves about
// dhtRecords of them in the table.
func (h *hunt) tellDHT() {
	var swarm int
	if !h.done(func() { swarm = max(h.size, len(h.known)) }) {
		return
	}
	if !tells(swarm, rand.Float64()) {
		return
	}
	if len(h.node.outward()) == 0 {
		return // nobody could come
	}
	ctx, cancel := context.WithTimeout(h.ctx, time.Minute)
	defer cancel()
	table, release, err := h.node.outreach.useTable()
	if err == nil {
		err = table.Provide(ctx, h.sw.know.tag)
		release()
	}
	if h.ctx.Err() == nil {
		h.node.outreach.worked(fromDHT, "", err)
	}
}

// parseRelays reads the relays of settings and manifests; what cannot be read
// is left out.
func parseRelays(all []string) []peer.AddrInfo {
	var addrs []ma.Multiaddr
	for _, s := range all {
		if id, a, err := parsePeer(s); err == nil && !isCircuit(a) {
			addrs = append(addrs, a.Encapsulate(ma.StringCast("/p2p/"+id.String())))
		}
	}
	infos, err := peer.AddrInfosFromP2pAddrs(addrs...)
	if err != nil {
		return nil
	}
	slices.SortFunc(infos, func(a, b peer.AddrInfo) int {
		return slices.IndexFunc(addrs, hasPeer(a.ID)) - slices.IndexFunc(addrs, hasPeer(b.ID))
	})
	return infos
}

func hasPeer(id peer.ID) func(ma.Multiaddr) bool {
	return func(a ma.Multiaddr) bool {
		_, is := peer.SplitAddr(a)
		return is == id
	}
}
