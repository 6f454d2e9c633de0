package app

import (
	"math"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"grove/app/pack"
)

// The simulation (make sim, docs/SIMULATION.md): a crowd in virtual time. What
// each peer does is decided by the engine's own state, as events and effects;
// the lines, the upload turns and slots, and who meets whom are a model. One
// goroutine, one heap of events, and no map is walked for a decision: the same
// seed gives the same result.

// simScene is one crowd. Rates are bytes of content a second.
type simScene struct {
	name   string
	peers  int
	over   time.Duration // they arrive in, most of them early; 0: all at once
	piece  int64
	pieces int
	floor  int64   // 0 is fast
	alone  bool    // nobody connects to anybody
	down   float64 // of everybody's line
	ups    []simUp // which uplinks there are
	origin float64 // 0: none; simNoBound: a network of servers
	seed   float64 // the uplink of a peer who has everything; 0: there is none
	giving float64 // part of the peers who share at all
	givers int     // or so many of them; 0: giving holds
	leave  bool    // with the last piece
	slots  int     // of each for uploads; 0: as many as p2p has
	cut    float64 // part of the pairs that cannot connect
	shut   int     // so many cannot connect to each other, and are another operator's
	link   float64 // between two operators; 0: there is one
	blind  bool    // nobody knows who is near
	north  int     // so many are at the first operator's, with the origin; 0: every other one
	slow   float64 // the uplinks there; 0: like the others'
	maps   int     // at so many operators, the first one first, people avoid those of the other, and not the origin
	home   int     // so many have one line and come together; 0: each has his own

	dies       time.Duration // the origin, at that time; 0: never
	diesCopies float64       // the origin, after so many copies; 0: never

	tick     time.Duration // tickEvery, or longer where pieces are large
	announce time.Duration // from a change until neighbours know
	lazy     bool          // what a neighbour said is used at the next tick or piece, not at once
	latency  time.Duration // from the last byte sent to the piece here
}

type simUp struct {
	part float64
	rate float64
}

const (
	simNoBound = 1e15
	// simPatience is how long the last one has.
	simPatience = 3 * time.Hour
	// simPayload is the part of a packet of 1,500 bytes that is content.
	simPayload = 0.964
	// simPlug is the rate of a computer's plug at home.
	simPlug = 1e9 / 8 * simPayload
	// simDial and simAccept are how many neighbours a peer looks for and has at
	// the most.
	simDial, simAccept = 20, 30
	simTracker         = 50 // peers in an answer of the tracker
	simMeetAgain       = time.Minute
)

func (sc *simScene) size() int64 { return sc.piece * int64(sc.pieces) }

// homes is how many lines people have.
func (sc *simScene) homes() int { return sc.peers / max(1, sc.home) }

// bound is the least time in which all can have it, where packets have no
// headers: after Kumar and Ross for a crowd that begins together, and the line
// alone for one that does not. sumUp is what the uplinks of those who share send.
func (sc *simScene) bound(sumUp float64) time.Duration {
	f := float64(sc.size())
	t := f / sc.down
	if sc.over == 0 && !sc.alone {
		us := sc.origin + sc.seed
		t = max(t, f/us, float64(sc.homes())*f/(us+sumUp))
	}
	return time.Duration(t * simPayload * float64(time.Second))
}

// simWorld is a scene under way.
type simWorld struct {
	simScene
	layout *pack.Layout
	rng    *rand.Rand
	now    time.Duration
	events simHeap
	seq    uint64 // events so far

	peers  []*simPeer          // and the seed, the last
	online []*simPeer          // the tracker's list
	byName map[string]*simPeer // never walked
	server simServer
	across [2]simPass
	chance uint64 // which pairs can connect

	progress map[flightID]int64 // of the tick under way

	crossed int64   // between operators
	strayed int64   // of that, from peers
	given   int64   // by peers
	entered int64   // homes
	minutes []int64 // bytes that left the origin, by minute
}

// simulate runs a scene to its end.
func simulate(sc simScene, seed uint64) *simWorld {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	w := &simWorld{simScene: sc, layout: pack.NewLayout(sc.piece, []int64{sc.size()}),
		rng: rand.New(rand.NewPCG(seed, 5)), byName: map[string]*simPeer{}, progress: map[flightID]int64{}}
	w.chance = w.rng.Uint64()
	w.server = simServer{w: w, rate: sc.origin, line: sc.down}
	var comes time.Duration
	for i := range sc.peers {
		p := w.newPeer(i, seed)
		if len(p.home.people) == 1 || sc.over == 0 {
			comes = w.arrival()
		}
		w.at(comes, simEvent{kind: simArrives, peer: p})
	}
	if sc.seed > 0 {
		p := w.newPeer(sc.peers, seed)
		p.up.rate, p.shares, p.stays = sc.seed, true, true
		p.count, p.snap.have = sc.pieces, FullBitmap(sc.pieces)
		p.enter()
	}
	if sc.dies > 0 {
		w.at(sc.dies, simEvent{kind: simDies})
	}
	for len(w.events) > 0 {
		ev := w.events.pop()
		if w.now = ev.at; w.now > sc.over+simPatience {
			break // who is not ready now never will be
		}
		w.handle(ev)
	}
	return w
}

// arrival is when one comes: within a second where all begin together, else
// half of them in the first fifth of the time, and ever fewer.
func (w *simWorld) arrival() time.Duration {
	if w.over == 0 {
		return time.Duration(w.rng.Float64() * float64(500*time.Millisecond))
	}
	mean := float64(w.over) / 3
	u := w.rng.Float64() * (1 - math.Exp(-3))
	return time.Duration(-mean * math.Log(1-u))
}

// connects reports whether two can reach each other, whichever of them dials.
func (w *simWorld) connects(a, b *simPeer) bool {
	if a.home == b.home {
		return true
	}
	if max(a.id, b.id) < w.shut {
		return false
	}
	lo, hi := uint64(min(a.id, b.id)), uint64(max(a.id, b.id))
	return float64(mix(w.chance^mix(lo<<32|hi))>>11)/(1<<53) >= w.cut
}

type simKind uint8

const (
	simArrives simKind = iota
	simTicks
	simAnnounces
	simMeets
	simTurns  // slots
	simSent   // a line, or the origin, has sent a piece
	simLands  // a piece arrives
	simEnds   // a flight
	simGone   // a neighbour
	simLeaves // for good
	simDies   // the origin
)

type simEvent struct {
	at     time.Duration
	seq    uint64
	kind   simKind
	piece  int32
	gen    uint32
	peer   *simPeer
	flight *simFlight
	other  *simPeer
	line   *simLine
}

// at puts ev into the heap. Of events at the same time the one that was put
// there first comes first.
func (w *simWorld) at(t time.Duration, ev simEvent) {
	ev.at, ev.seq = t, w.seq
	w.seq++
	w.events.push(ev)
}

func (w *simWorld) handle(ev simEvent) {
	switch ev.kind {
	case simArrives:
		ev.peer.arrive()
	case simTicks:
		ev.peer.ticked()
	case simAnnounces:
		ev.peer.announce()
	case simMeets:
		ev.peer.meet()
	case simTurns:
		ev.peer.turnSlots()
	case simSent:
		switch {
		case ev.line == nil && ev.gen == w.server.gen:
			w.server.sent()
		case ev.line != nil && ev.gen == ev.line.gen:
			ev.line.sent()
		}
	case simLands:
		ev.flight.land(int(ev.piece))
	case simEnds:
		ev.flight.ended()
	case simGone:
		ev.peer.lost(ev.other)
	case simLeaves:
		ev.peer.leave()
	case simDies:
		w.server.die()
	}
}

// simHeap is a binary heap of events; container/heap would allocate for each.
type simHeap []simEvent

func (a *simEvent) before(b *simEvent) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (h *simHeap) push(ev simEvent) {
	*h = append(*h, ev)
	s := *h
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !ev.before(&s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = ev
}

func (h *simHeap) pop() simEvent {
	s := *h
	top, last := s[0], s[len(s)-1]
	s[len(s)-1] = simEvent{}
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		k := 2*i + 1
		if k >= len(s) {
			break
		}
		if k+1 < len(s) && s[k+1].before(&s[k]) {
			k++
		}
		if !s[k].before(&last) {
			break
		}
		s[i] = s[k]
		i = k
	}
	s[i] = last
	return top
}
