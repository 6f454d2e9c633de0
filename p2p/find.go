package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/wire"
)

// Find looks for peers of the package, beginning with those of want, and
// reports every one that proved it knows the package, also those that came by
// themselves because the package is shared here. It goes on until ctx ends,
// which is no error. A typed address that is none is a BadInput problem.
func (n *Node) Find(ctx context.Context, want app.Want, sink app.Sink) error {
	targets, err := parseTargets(want.Peers, want.TypedPeers)
	if err != nil {
		return err
	}
	f := &finder{node: n, sink: sink, layout: want.Package.Layout, sources: map[peer.ID]*source{}}
	sw, err := n.startFind(f, want)
	if err != nil {
		return err
	}
	defer n.wg.Done()
	// It begins because somebody wants it now.
	for _, t := range targets {
		for _, a := range t.addrs {
			n.budget.Forgive(ipOf(a.addr))
		}
	}
	sw.hunt.hearAll(targets)
	select {
	case <-ctx.Done():
	case <-n.ctx.Done():
	}
	n.mu.Lock()
	sw.find = nil
	n.touch(sw)
	n.mu.Unlock()
	f.end()
	return nil
}

// startFind registers f and reports the sessions there are.
func (n *Node) startFind(f *finder, want app.Want) (*swarm, error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, errClosed
	}
	sw := n.swarmOf(knowledgeOf(want.Package.ID, want.Secret))
	if sw.find != nil {
		n.mu.Unlock()
		return nil, errors.New("the package is being looked for already")
	}
	n.wg.Add(1)
	sw.find, sw.layout = f, f.layout
	m := want.Package.Manifest
	sw.help(m.Trackers, m.Relays, want.Peers)
	n.touch(sw)
	var there []*session
	for _, s := range sw.sessions {
		there = append(there, s)
	}
	n.mu.Unlock()
	for _, s := range there {
		f.found(s)
	}
	return sw, nil
}

const (
	backoffFirst = time.Second
	backoffLast  = time.Minute
)

// backoff is the pause between tries: 1 s, doubling to 60 s, up to half of it
// more at random so that a crowd does not come back at once.
type backoff struct{ pause time.Duration }

func (b *backoff) next(random float64) time.Duration {
	b.pause = min(backoffLast, max(backoffFirst, 2*b.pause))
	return b.pause + time.Duration(random*float64(b.pause)/2)
}

// lasted begins anew after a session that was worth having.
func (b *backoff) lasted(d time.Duration) {
	if d >= 10*time.Second {
		b.pause = 0
	}
}

// connect dials t and proves to it, and has it prove, that both know sw.
func (n *Node) connect(ctx context.Context, sw *swarm, t target) (*session, error) {
	conn, err := n.dial(ctx, t)
	if err != nil {
		return nil, err
	}
	return n.shakeHands(ctx, sw, conn, t.id)
}

// shakeHands makes a session of a connection.
func (n *Node) shakeHands(ctx context.Context, sw *swarm, conn network.Conn, id peer.ID) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	st, err := openStream(ctx, conn, ControlProtocol)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = st.Reset() })() // a handshake ends with ctx
	c := newControl(st)
	if err := handshakeDialer(c, sw.know); err != nil {
		_ = st.Reset()
		n.judge(id, err)
		if !errors.Is(err, errRefused) {
			_ = conn.Close() // the next try gets a connection that works
		}
		return nil, err
	}
	s := n.newSession(sw, c, n.id)
	if err := n.admit(s); err != nil {
		s.end(err)
		_ = st.Reset()
		return nil, err
	}
	go s.run()
	return s, nil
}

// handleControl answers a peer that opened a control stream.
func (n *Node) handleControl(st network.Stream) {
	if !n.enter() {
		_ = st.Reset()
		return
	}
	defer n.wg.Done()
	if n.stats.handshakes.Add(1) > maxHandshakes {
		n.stats.handshakes.Add(-1)
		_ = st.Reset()
		return
	}
	c := newControl(st)
	var s *session
	p := st.Conn().RemotePeer()
	if !n.mayCarry(st.Conn()) {
		n.stats.handshakes.Add(-1)
		_ = st.Reset()
		return
	}
	stop := context.AfterFunc(n.ctx, func() { _ = st.Reset() })
	err := handshakeListener(c, n.shared, func(t tag) error {
		n.mu.Lock()
		sw := n.swarms[t]
		n.mu.Unlock()
		if sw == nil {
			return errDone
		}
		s = n.newSession(sw, c, p)
		if err := n.admit(s); err != nil {
			s.end(err)
			s = nil
			return err
		}
		return nil
	})
	stop()
	n.stats.handshakes.Add(-1)
	if s == nil {
		_ = st.Close() // a reset would overtake the refusal
		n.judge(p, err)
		return
	}
	if err != nil {
		s.end(err)
	}
	s.run()
}

// shared returns what is known under a tag, if it is being shared.
func (n *Node) shared(t tag) (knowledge, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if sw := n.swarms[t]; sw != nil && sw.share != nil {
		return sw.know, true
	}
	return knowledge{}, false
}

// finder reports the sessions of one package to the engine.
type finder struct {
	node   *Node
	sink   app.Sink
	layout *pack.Layout

	mu      sync.Mutex          // held while the sink is called, which keeps its order
	sources map[peer.ID]*source // guarded by mu
	ended   bool                // guarded by mu
}

// found reports a session, or that it changed.
func (f *finder) found(s *session) {
	h := s.theirs.Load()
	if h == nil || h.pieces == 0 {
		return // it has not said what it has
	}
	if h.pieces != f.layout.Pieces() {
		s.end(fmt.Errorf("%w: have map of %d pieces for %d", errBroken, h.pieces, f.layout.Pieces()))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.sources[s.peer]
	switch {
	case f.ended || s.ctx.Err() != nil:
	case old != nil && old.s == s:
		f.sink.Changed(old)
	default:
		if old != nil {
			f.sink.Gone(old.info.ID, nil)
		}
		src := &source{s: s, layout: f.layout, info: app.SourceInfo{
			ID: s.peer.String(), Kind: app.KindPeer, Label: label(s.peer),
		}}
		f.sources[s.peer] = src
		f.sink.Found(src)
	}
}

// gone reports that a session ended.
func (f *finder) gone(s *session, cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if src := f.sources[s.peer]; src != nil && src.s == s {
		delete(f.sources, s.peer)
		if errors.Is(cause, errDone) {
			cause = nil
		}
		f.sink.Gone(src.info.ID, s.problem(cause))
	}
}

// missed reports that somebody could not be reached.
func (f *finder) missed(id peer.ID, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended && f.sources[id] == nil {
		f.sink.Missed(id.String(), err)
	}
}

func (f *finder) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	for p, src := range f.sources {
		delete(f.sources, p)
		f.sink.Gone(src.info.ID, nil)
	}
}

// source is a peer as the engine sees it.
type source struct {
	s      *session
	info   app.SourceInfo
	layout *pack.Layout
}

var _ app.Source = (*source)(nil)

// Info is who the peer is. How near follows the addresses that others see this
// computer at, and the network map.
func (src *source) Info() app.SourceInfo {
	info := src.info
	info.Near = src.s.nearness()
	return info
}

// Have is what the peer said it has.
func (src *source) Have() app.Bitmap { return src.s.theirs.Load().bits }

// Fetching is what the peer said it is fetching from the origin.
func (src *source) Fetching() app.Bitmap {
	if set := src.s.fetching.Load(); set != nil {
		return *set
	}
	return app.NewBitmap(src.layout.Pieces())
}

// Window grows with the measured rate and round trip; 0 without a slot.
func (src *source) Window() int64 {
	if !src.s.open.Load() || src.s.ctx.Err() != nil {
		return 0
	}
	w, _ := src.s.pace.measure(time.Now(), roundTrip(src.s.conn))
	return w
}

// Open asks for run on one of the session's data streams.
func (src *source) Open(ctx context.Context, run app.Run) (io.ReadCloser, error) {
	s := src.s
	if run.First < 0 || run.Count < 1 || run.End() > src.layout.Pieces() {
		return nil, app.NewProblem(app.Internal, "run "+run.String(), nil)
	}
	if s.ctx.Err() != nil {
		return nil, s.problem(errors.Join(errors.New("the session has ended"), context.Cause(s.ctx)))
	}
	have := src.Have()
	for i := run.First; i < run.End(); i++ {
		if !have.Has(i) {
			return nil, app.NewProblem(app.SourceGone, src.info.Label, fmt.Errorf("it has no piece %d", i))
		}
	}
	if !s.open.Load() {
		return nil, app.NewProblem(app.SourceBusy, src.info.Label, nil)
	}
	return s.request(ctx, wire.Request{Op: wire.OpPieces, First: uint32(run.First), Count: uint32(run.Count)},
		src.layout.RunBytes(run.First, run.Count), 0)
}
