package dials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
)

// everything is a transport with all that the swarm may ask for.
type everything struct {
	stub
	updates chan<- transport.DialUpdate
	closed  int
}

func (e *everything) DialWithUpdates(_ context.Context, _ ma.Multiaddr, _ peer.ID, u chan<- transport.DialUpdate) (transport.CapableConn, error) {
	e.updates = u
	return nil, errNobody
}
func (e *everything) Resolve(context.Context, ma.Multiaddr) ([]ma.Multiaddr, error) {
	return nil, errNobody
}
func (e *everything) SkipResolve(context.Context, ma.Multiaddr) bool  { return true }
func (e *everything) ListenOrder() int                                { return 7 }
func (e *everything) AddCertHashes(ma.Multiaddr) (ma.Multiaddr, bool) { return nil, false }
func (e *everything) Close() error                                    { e.closed++; return io.ErrClosedPipe }
func (e *everything) String() string                                  { return "all" }
func (e *everything) CanDial(ma.Multiaddr) bool                       { return true }
func (e *everything) Protocols() []int                                { return []int{1, 2} }
func (e *everything) Proxy() bool                                     { return true }
func (e *everything) Listen(ma.Multiaddr) (transport.Listener, error) { return nil, errNobody }

func TestWhatTheSwarmAsksIsPassedOn(t *testing.T) {
	ctx, addr := t.Context(), tcpAddr("192.0.2.1", 1)
	b := NewBudget(30)
	e := &everything{}
	w := b.Wrap(e)
	updates := make(chan transport.DialUpdate)
	for range 4 {
		_, err := w.(transport.DialUpdater).DialWithUpdates(ctx, addr, "", updates)
		if !errors.Is(err, errNobody) && !errors.Is(err, ErrSpent) {
			t.Error(err)
		}
	}
	if _, err := w.Dial(ctx, addr, ""); !errors.Is(err, ErrSpent) || e.left() != 0 {
		t.Errorf("dials with updates were not counted: %v", err)
	}
	if e.updates != (chan<- transport.DialUpdate)(updates) {
		t.Error("updates are not passed on")
	}
	if _, err := w.(transport.Resolver).Resolve(ctx, addr); err != errNobody {
		t.Error(err)
	}
	_, added := w.(interface {
		AddCertHashes(ma.Multiaddr) (ma.Multiaddr, bool)
	}).AddCertHashes(addr)
	if !w.(transport.SkipResolver).SkipResolve(ctx, addr) || w.(swarm.OrderedListener).ListenOrder() != 7 || added ||
		w.(io.Closer).Close() != io.ErrClosedPipe || e.closed != 1 || fmt.Sprint(w) != "all" ||
		!w.CanDial(addr) || len(w.Protocols()) != 2 || !w.Proxy() {
		t.Error("something is not passed on")
	}

	// One that does nothing of it is as it was without.
	inner := &stub{}
	w = b.Wrap(inner)
	if _, err := w.(transport.DialUpdater).DialWithUpdates(ctx, tcpAddr("192.0.2.2", 1), "", updates); err != errNobody || inner.left() != 1 {
		t.Errorf("%v after %d dials", err, inner.left())
	}
	if got, err := w.(transport.Resolver).Resolve(ctx, addr); err != nil || len(got) != 1 || !got[0].Equal(addr) {
		t.Errorf("%v, %v", got, err)
	}
	if w.(transport.SkipResolver).SkipResolve(ctx, addr) || w.(swarm.OrderedListener).ListenOrder() != 0 || w.(io.Closer).Close() != nil {
		t.Error("a plain transport was given abilities")
	}
	for _, bad := range []string{"/dns4/example.org/tcp/1", "/unix/a"} {
		if _, err := w.Dial(ctx, ma.StringCast(bad), ""); !errors.Is(err, errNoIP) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
