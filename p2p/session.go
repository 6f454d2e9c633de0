package p2p

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/fair"
	"grove/app/pack"
	"grove/p2p/internal/wire"
)

// session is a peer that proved it knows one package, until the control
// stream ends. Both sides are equal in it: each says what it has, and each
// may ask the other for pieces.
type session struct {
	// Immutable.
	node    *Node
	swarm   *swarm
	peer    peer.ID
	conn    network.Conn
	control *control
	dialer  peer.ID // who opened the control stream
	since   time.Time
	clock   *clock
	ctx     context.Context
	cancel  context.CancelCauseFunc
	wake    chan struct{} // the writer looks again at what there is to say
	done    chan struct{} // closed when run has ended

	// Safe for concurrent use.
	theirs   atomic.Pointer[haveMap]    // nil until the first Have
	fetching atomic.Pointer[app.Bitmap] // what the peer fetches from the origin
	open     atomic.Bool                // the peer gives this node a slot
	granted  atomic.Bool                // this node gives the peer a slot
	wanted   atomic.Bool                // the peer wants content
	nudged   atomic.Bool                // the writer is to say something, whatever is known

	place fair.Place // guarded by Node.mu; where the peer was when he came

	// Of the hunt.
	brought   int64     // content so far
	broughtAt time.Time // when that became more

	// Of the goroutine that reads.
	believed      int       // peers heard of since believedSince
	believedSince time.Time // at most a minute ago

	down lanes   // data streams opened here
	up   uploads // data streams the peer opened
	pace pace
}

// haveMap is what a peer said it has. Immutable.
type haveMap struct {
	pieces int // 0: the peer has no description of the package yet
	bits   app.Bitmap
	count  int // of bits
}

func (n *Node) newSession(sw *swarm, c *control, dialer peer.ID) *session {
	s := &session{
		node: n, swarm: sw, control: c, dialer: dialer,
		conn: c.stream.Conn(), peer: c.stream.Conn().RemotePeer(), since: time.Now(),
		clock: newClock(), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.down.room = make(chan struct{}, maxQueued)
	s.ctx, s.cancel = context.WithCancelCause(n.ctx)
	return s
}

// protection is the name under which the connection manager leaves the
// connection alone.
func (s *session) protection() string { return "grove/" + string(s.swarm.know.tag[:8]) }

// end makes run return. The first cause counts. It never blocks.
func (s *session) end(cause error) { s.cancel(cause) }

// poke makes the writer look again. It never blocks.
func (s *session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run is the session's life, after admit. It returns when everything the
// session started has ended.
func (s *session) run() {
	defer s.node.wg.Done()
	defer close(s.done)
	stop := context.AfterFunc(s.ctx, func() { _ = s.control.stream.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	ended := s.opened()
	var writer sync.WaitGroup
	writer.Go(func() { s.end(s.write()) })
	s.end(s.read())
	writer.Wait()
	cause := context.Cause(s.ctx)
	ended(cause)
	s.node.log.Debug("session ended", "peer", label(s.peer), "cause", cause)
	_ = s.control.stream.Close() // not Reset, which would overtake the bye
	s.node.mu.Lock()
	s.node.drop(s)
	find := s.swarm.find
	s.node.mu.Unlock()
	s.down.close(cause)
	s.up.close()
	if find != nil {
		find.gone(s, cause)
	}
	s.node.judge(s.peer, cause)
}

// errBye: the peer said that it ends the session.
var errBye = errors.New("the peer ended the session")

// controlRate is how many control messages a second are read from one peer;
// an honest one sends ten. The rest waits in the stream.
const controlRate, controlBurst = 40, 200

// read handles the peer's messages until the stream or the session ends.
func (s *session) read() error {
	pace, stamps := rate.NewLimiter(controlRate, controlBurst), rate.NewLimiter(stampRate, stampBurst)
	for {
		m, err := s.control.r.Next()
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		if err != nil {
			return broken(err)
		}
		if s.heardTime(m, time.Now()) && stamps.Allow() {
			continue
		}
		if err := s.handle(m); err != nil {
			return err
		}
		if err := pace.Wait(s.ctx); err != nil {
			return context.Cause(s.ctx)
		}
	}
}

// heardTime handles what is about the time, and reports whether m is.
func (s *session) heardTime(m *wire.Control, now time.Time) bool {
	switch m := m.Message.(type) {
	case *wire.Control_Stamp:
		s.clock.asked(m.Stamp, now)
	case *wire.Control_Seen:
		if w, ok := s.clock.answered(m.Seen, now); ok {
			s.waited(w)
		}
	default:
		return false
	}
	return true
}

func (s *session) handle(m *wire.Control) error {
	switch m := m.Message.(type) {
	case *wire.Control_Have:
		return s.setHave(m.Have)
	case *wire.Control_HaveMore:
		return s.changeHave(m.HaveMore.Runs, app.Bitmap.Set)
	case *wire.Control_HaveLess:
		return s.changeHave(m.HaveLess.Runs, app.Bitmap.Clear)
	case *wire.Control_Fetching:
		return s.setFetching(m.Fetching.Runs)
	case *wire.Control_Slot:
		if s.open.Swap(m.Slot.Open) != m.Slot.Open {
			s.tell()
		}
	case *wire.Control_Interest:
		s.wanted.Store(m.Interest.Wanted)
		s.node.mu.Lock()
		s.node.askSlot(s)
		s.node.mu.Unlock()
	case *wire.Control_Peers:
		s.heardPeers(m.Peers)
	case *wire.Control_Stamp, *wire.Control_Seen: // heardTime has it
	case *wire.Control_Bye:
		return fmt.Errorf("%w (%d)", errBye, m.Bye.Reason)
	default:
		return fmt.Errorf("%w: %T after the handshake", errBroken, m)
	}
	return nil
}

func (s *session) setHave(m *wire.Have) error {
	pieces := int(m.Pieces)
	if m.Pieces > pack.MaxPieces || m.All && len(m.Bitmap) > 0 || pieces == 0 && (m.All || len(m.Bitmap) > 0) {
		return fmt.Errorf("%w: have map of %d pieces", errBroken, m.Pieces)
	}
	if old := s.theirs.Load(); old != nil && old.pieces != 0 && old.pieces != pieces {
		return fmt.Errorf("%w: the package had %d pieces and now %d", errBroken, old.pieces, pieces)
	}
	var bits app.Bitmap
	var err error
	switch {
	case m.All:
		bits = app.FullBitmap(pieces)
	case len(m.Bitmap) == 0:
		bits = app.NewBitmap(pieces)
	default:
		if bits, err = app.ParseBitmap(pieces, m.Bitmap); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
	}
	return s.putHave(&haveMap{pieces, bits, bits.Count()})
}

func (s *session) changeHave(runs []uint32, change func(app.Bitmap, int)) error {
	old := s.theirs.Load()
	if old == nil {
		return fmt.Errorf("%w: a change before the have map", errBroken)
	}
	bits := old.bits.Clone()
	err := wire.EachRun(runs, old.pieces, func(first, end int) {
		for i := first; i < end; i++ {
			change(bits, i)
		}
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return s.putHave(&haveMap{old.pieces, bits, bits.Count()})
}

// putHave publishes a have map. A peer that knows the package knows how many
// pieces it has.
func (s *session) putHave(h *haveMap) error {
	s.node.mu.Lock()
	layout := s.swarm.layout
	s.node.mu.Unlock()
	if layout != nil && h.pieces != 0 && h.pieces != layout.Pieces() {
		return fmt.Errorf("%w: have map of %d pieces for %d", errBroken, h.pieces, layout.Pieces())
	}
	s.theirs.Store(h)
	s.tell()
	return nil
}

func (s *session) setFetching(runs []uint32) error {
	h := s.theirs.Load()
	if h == nil {
		return fmt.Errorf("%w: fetching before the have map", errBroken)
	}
	set := app.NewBitmap(h.pieces)
	if err := wire.EachRun(runs, h.pieces, func(first, end int) {
		for i := first; i < end; i++ {
			set.Set(i)
		}
	}); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	s.fetching.Store(&set)
	s.tell()
	return nil
}

// tell lets the engine know that the source is there, or changed.
func (s *session) tell() {
	s.node.mu.Lock()
	find := s.swarm.find
	s.node.mu.Unlock()
	if find != nil && s.ctx.Err() == nil {
		find.found(s)
	}
}

// problem is what the engine is told about a session that ended by cause.
func (s *session) problem(cause error) error {
	var p *app.Problem
	switch {
	case cause == nil:
		return nil
	case errors.As(cause, &p):
		return cause
	case errors.Is(cause, errBroken):
		return app.NewProblem(app.SourceFault, label(s.peer), cause)
	default:
		return app.NewProblem(app.SourceGone, label(s.peer), cause)
	}
}
