package p2p

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// heardFrom is who said that a peer has the package, the most believable
// first.
type heardFrom uint8

const (
	fromUser heardFrom = iota // typed on this computer
	fromLink                  // in the link
	fromLAN
	fromTracker
	fromExchange
	fromDHT
)

var finderNames = map[heardFrom]string{fromLAN: "lan", fromTracker: "tracker", fromExchange: "exchange", fromDHT: "dht"}

const (
	// maxKnown bounds the candidates of a package, and maxAddrs their addresses.
	maxKnown = 200
	// enough is how many sessions a package looks for; more come by themselves.
	enough = 30
	// tooFew sessions make the hash table worth asking.
	tooFew = 4
	// dialsEach is how many of a package's candidates are dialled at once.
	dialsEach = 8
	// hopeless is how often a candidate that nobody vouches for is dialled in
	// vain before it makes room.
	hopeless = 3
	// redials is how often a peer whose connection was cut is dialled at once: over
	// TCP where it shows whether that happens again, and over QUIC.
	redials = 2
)

// hunt looks for the peers of one package: it holds those who are said to have
// it, whoever said so, and keeps sessions with them. What finders say is a
// hint: it decides who is dialled, and nothing else.
//
// Its goroutine owns the candidates; everybody else sends it what to do.
type hunt struct {
	node *Node
	sw   *swarm
	ctx  context.Context
	end  context.CancelFunc
	in   chan func()
	jobs sync.WaitGroup // dials and finders

	// Owned by run.
	known  map[peer.ID]*candidate
	count  uint64
	active int // of them dialling
	failed int // dials that came to nothing
	look   context.Context
	stop   context.CancelFunc // ends look
	pulse  *time.Ticker       // of throttle; nil while nothing is looked for
	slow   throttle
	quic   int64           // content that came over QUIC from those who are being asked
	waits  time.Time       // since when none comes; zero while nobody is asked
	turns  map[string]bool // finders that had their first turn
	urls   map[string]bool // trackers that are asked
	size   int             // peers of the package, as far as a tracker knows

	mu   sync.Mutex
	view outlook // guarded by mu
}

// outlook is a hunt as others see it.
type outlook struct {
	exhausted bool // everybody known was tried, and every finder had its turn
	failed    int
	errs      []error       // why there is no session with those known
	changed   chan struct{} // closed when this is no longer the newest
}

// candidate is somebody who is said to have the package.
type candidate struct {
	target
	from    heardFrom
	number  uint64 // in the order of arrival
	held    int    // callers of Meet: dialled even when nothing is looked for
	busy    bool   // being dialled, or in a session that came of it
	dialing bool
	tries   int // in vain, since the last session
	tried   bool
	next    time.Time
	pause   backoff
	cuts    int   // sessions in a row that a reset ended soon
	err     error // of the last try
}

func newHunt(n *Node, sw *swarm) *hunt {
	h := &hunt{node: n, sw: sw, in: make(chan func()), known: map[peer.ID]*candidate{},
		turns: map[string]bool{}, urls: map[string]bool{}, view: outlook{changed: make(chan struct{})}}
	h.ctx, h.end = context.WithCancel(n.ctx)
	return h
}

// do has f run on the hunt's goroutine, unless the hunt has ended.
func (h *hunt) do(f func()) {
	select {
	case h.in <- f:
	case <-h.ctx.Done():
	}
}

// done is do that returns after f has run. It reports whether it has: the hunt
// may have ended.
func (h *hunt) done(f func()) bool {
	ran := make(chan struct{})
	h.do(func() { f(); close(ran) })
	select {
	case <-ran:
		return true
	case <-h.ctx.Done():
		return false
	}
}

// run is the hunt's life. It returns when everything it started has ended.
func (h *hunt) run() {
	defer h.node.wg.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	h.startFinders()
	for h.ctx.Err() == nil {
		m := h.mode()
		h.setLooking(m.looking)
		h.startTrackers(m)
		next := h.dialDue(m, time.Now())
		h.show()
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		var pulse <-chan time.Time
		if h.pulse != nil {
			pulse = h.pulse.C
		}
		select {
		case now := <-pulse:
			h.compare(now)
		case f := <-h.in:
			f()
		case <-m.changed:
		case <-timer.C:
		case <-h.ctx.Done():
		}
	}
	h.setLooking(false)
	h.jobs.Wait()
}

// mode is what the package is here for.
type mode struct {
	looking  bool // for content, or for its description
	sharing  bool
	complete bool // everything is here
	sessions int
	trackers []string
	changed  <-chan struct{}
}

func (h *hunt) mode() mode {
	n := h.node
	n.mu.Lock()
	defer n.mu.Unlock()
	sw := h.sw
	m := mode{looking: sw.find != nil || sw.describing > 0, sharing: sw.share != nil,
		sessions: len(sw.sessions), trackers: sw.trackers, changed: sw.changed}
	if sw.share != nil {
		have, _ := sw.share.share.Have.Snapshot()
		m.complete = have.Full()
	}
	return m
}

// setLooking ends the dials under way when nothing is looked for any more.
func (h *hunt) setLooking(on bool) {
	switch {
	case on && h.look == nil:
		h.look, h.stop = context.WithCancel(h.ctx)
		h.pulse = time.NewTicker(throttleLook)
	case !on && h.look != nil:
		h.stop()
		h.pulse.Stop()
		h.look, h.stop, h.pulse = nil, nil, nil
	}
}

// hear takes what a finder said. Called on the hunt's goroutine.
func (h *hunt) hear(from heardFrom, t target) {
	if t.id == h.node.id || len(t.addrs) == 0 {
		return
	}
	c := h.known[t.id]
	if c == nil {
		if len(h.known) >= maxKnown && !h.makeRoom(from) {
			return
		}
		h.count++
		c = &candidate{target: target{id: t.id}, from: from, number: h.count}
		h.known[t.id] = c
		h.node.outreach.note(from)
	}
	c.from = min(c.from, from)
	fresh := false
	for _, a := range t.addrs {
		if i := slices.IndexFunc(c.addrs, func(b typedAddr) bool { return a.addr.Equal(b.addr) }); i >= 0 {
			// Who names an address first does not decide what it may be.
			was := c.addrs[i]
			c.addrs[i].typed, c.addrs[i].near = was.typed || a.typed, was.near || a.near
			fresh = fresh || a.local() && !was.local()
			continue
		}
		fresh = true
		if len(c.addrs) == maxAddrs { // the newest is likelier to be true
			i := slices.IndexFunc(c.addrs, func(b typedAddr) bool { return !b.typed })
			if i < 0 {
				continue
			}
			c.addrs = slices.Delete(c.addrs, i, i+1)
		}
		c.addrs = append(c.addrs, a)
	}
	if fresh && c.tried && !c.busy {
		c.next = time.Now() // somebody knows another way to it
	}
}

// hold has targets dialled although nothing is looked for; change is 1 to begin
// and -1 to end.
func (h *hunt) hold(targets []target, change int) {
	h.do(func() {
		for _, t := range targets {
			h.hear(fromUser, t)
			if c := h.known[t.id]; c != nil {
				c.held += change
			}
		}
	})
}

// afresh has everybody who is not in a session dialled again now.
func (h *hunt) afresh() {
	for _, c := range h.known {
		if !c.busy {
			c.next, c.pause = time.Time{}, backoff{}
		}
	}
}

// makeRoom drops the candidate of least use, if it is of less than a new one.
func (h *hunt) makeRoom(from heardFrom) bool {
	var worst *candidate
	for _, c := range h.known {
		if c.busy || c.held > 0 || c.from <= fromLink {
			continue
		}
		if worst == nil || cmp.Or(cmp.Compare(c.tries, worst.tries), cmp.Compare(c.from, worst.from), cmp.Compare(worst.number, c.number)) > 0 {
			worst = c
		}
	}
	if worst == nil || worst.tries == 0 && worst.from < from {
		return false
	}
	delete(h.known, worst.id)
	return true
}

// dialDue starts the dials that are due and returns when the next ones are.
func (h *hunt) dialDue(m mode, now time.Time) (next time.Time) {
	if h.node.gone.Load() { // its return comes back here
		return next
	}
	var due []*candidate
	for _, c := range h.known {
		if c.busy || !(m.looking || c.held > 0) {
			continue
		}
		if c.next.After(now) {
			if next.IsZero() || c.next.Before(next) {
				next = c.next
			}
			continue
		}
		due = append(due, c)
	}
	slices.SortFunc(due, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.tries, b.tries), cmp.Compare(a.from, b.from), cmp.Compare(a.number, b.number))
	})
	for _, c := range due {
		if h.active >= dialsEach {
			break // the end of a dial comes back here
		}
		if m.sessions+h.active >= enough && c.from > fromLink && c.held == 0 {
			continue // so does the end of a session
		}
		h.pursue(c)
	}
	return next
}

// pursue dials a candidate and stays with the session that comes of it.
func (h *hunt) pursue(c *candidate) {
	c.busy, c.dialing, c.tried = true, true, true
	h.active++
	ctx := h.look
	if ctx == nil { // held
		ctx = h.ctx
	}
	t := target{id: c.id, addrs: slices.Clone(c.addrs)}
	h.jobs.Go(func() {
		began := time.Now()
		s := h.node.sessionWith(t.id, h.sw.know.tag)
		var err error
		if s == nil {
			s, err = h.node.connect(ctx, h.sw, t)
		}
		h.do(func() { h.reached(c, s, err) })
		if s == nil {
			return
		}
		select {
		case <-s.done:
		case <-h.ctx.Done():
			return
		}
		cause := context.Cause(s.ctx)
		moved := errors.Is(cause, errMoved)
		if moved {
			_ = s.conn.Close() // or it would be used again
		}
		h.do(func() { h.left(c, time.Since(began), moved || s.cut(cause)) })
	})
}

// reached ends a dial.
func (h *hunt) reached(c *candidate, s *session, err error) {
	c.dialing = false
	h.active--
	c.err = err
	if s != nil {
		c.tries = 0
		return
	}
	c.busy = false
	if h.look == nil && c.held == 0 {
		c.tried = false // given up, not failed
		return
	}
	h.failed++
	h.node.log.Debug("no session", "peer", label(c.id), "err", err)
	c.tries++
	c.next = time.Now().Add(c.pause.next(rand.Float64()))
	if h.node.gate.bans.has(c.id) {
		c.next = time.Now().Add(24 * time.Hour)
	}
	h.tellMissed(c)
	if c.tries >= hopeless && c.from > fromLAN && c.held == 0 {
		delete(h.known, c.id)
	}
}

// left ends a session. A peer whose connection was cut is dialled at once, over
// QUIC as soon as it is believed or seen that TCP is cut; but not again and again.
func (h *hunt) left(c *candidate, after time.Duration, cut bool) {
	c.busy = false
	c.pause.lasted(after)
	if c.cuts++; !cut || after >= cutCounts {
		c.cuts = 0
	}
	if c.next = time.Now(); c.cuts == 0 || c.cuts > redials {
		c.next = c.next.Add(c.pause.next(rand.Float64()))
	}
	if h.node.gate.bans.has(c.id) {
		c.next = time.Now().Add(24 * time.Hour)
	}
}

// tellMissed reports to the engine whom the user may have been told of, and
// whoever is there and cannot be reached.
func (h *hunt) tellMissed(c *candidate) {
	var p *app.Problem
	if noPath := errors.As(c.err, &p) && p.Kind == app.NoPath; !noPath && c.from > fromLink {
		return
	}
	h.node.mu.Lock()
	find := h.sw.find
	h.node.mu.Unlock()
	if find != nil {
		find.missed(c.id, c.err)
	}
}

// show publishes the hunt's outlook where it changed.
func (h *hunt) show() {
	now := outlook{exhausted: h.allTurned() && !h.untried(func(*candidate) bool { return true }), failed: h.failed}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.exhausted == h.view.exhausted && now.failed == h.view.failed {
		return
	}
	var ids []*candidate
	for _, c := range h.known {
		if c.err != nil {
			ids = append(ids, c)
		}
	}
	slices.SortFunc(ids, func(a, b *candidate) int { return cmp.Compare(a.number, b.number) })
	for _, c := range ids {
		now.errs = append(now.errs, peerError{c.id, c.err})
	}
	old := h.view.changed
	h.view = now
	h.view.changed = make(chan struct{})
	close(old)
}

// outlook is the newest one.
func (h *hunt) outlook() outlook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.view
}

// peerError is why there is no session with a peer.
type peerError struct {
	id  peer.ID
	err error
}

func (e peerError) Error() string { return "peer " + label(e.id) + ": " + e.err.Error() }
func (e peerError) Unwrap() error { return e.err }
