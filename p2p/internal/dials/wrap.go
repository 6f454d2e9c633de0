package dials

import (
	"context"
	"io"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
)

// Wrap is t with every dial under the budget. Whatever else the swarm may ask
// of a transport is passed on; what t does not do is answered as the swarm
// answers for a transport that does not.
//
// The circuit transport needs none: its dials are those of its relay.
func (b *Budget) Wrap(t transport.Transport) transport.Transport { return &wrapped{t, b} }

type wrapped struct {
	transport.Transport
	budget *Budget
}

var (
	_ transport.DialUpdater  = (*wrapped)(nil)
	_ transport.Resolver     = (*wrapped)(nil)
	_ transport.SkipResolver = (*wrapped)(nil)
	_ swarm.OrderedListener  = (*wrapped)(nil)
	_ io.Closer              = (*wrapped)(nil)
)

func (w *wrapped) Dial(ctx context.Context, addr ma.Multiaddr, p peer.ID) (transport.CapableConn, error) {
	return w.budget.dial(ctx, p, addr, func(ctx context.Context) (transport.CapableConn, error) {
		return w.Transport.Dial(ctx, addr, p)
	})
}

func (w *wrapped) DialWithUpdates(ctx context.Context, addr ma.Multiaddr, p peer.ID, updates chan<- transport.DialUpdate) (transport.CapableConn, error) {
	inner, ok := w.Transport.(transport.DialUpdater)
	if !ok {
		return w.Dial(ctx, addr, p)
	}
	return w.budget.dial(ctx, p, addr, func(ctx context.Context) (transport.CapableConn, error) {
		return inner.DialWithUpdates(ctx, addr, p, updates)
	})
}

func (w *wrapped) Resolve(ctx context.Context, addr ma.Multiaddr) ([]ma.Multiaddr, error) {
	if inner, ok := w.Transport.(transport.Resolver); ok {
		return inner.Resolve(ctx, addr)
	}
	return []ma.Multiaddr{addr}, nil
}

func (w *wrapped) SkipResolve(ctx context.Context, addr ma.Multiaddr) bool {
	inner, ok := w.Transport.(transport.SkipResolver)
	return ok && inner.SkipResolve(ctx, addr)
}

func (w *wrapped) ListenOrder() int {
	if inner, ok := w.Transport.(swarm.OrderedListener); ok {
		return inner.ListenOrder()
	}
	return 0
}

// AddCertHashes is what the swarm asks of WebTransport and WebRTC.
func (w *wrapped) AddCertHashes(addr ma.Multiaddr) (ma.Multiaddr, bool) {
	if inner, ok := w.Transport.(interface {
		AddCertHashes(ma.Multiaddr) (ma.Multiaddr, bool)
	}); ok {
		return inner.AddCertHashes(addr)
	}
	return addr, true
}

func (w *wrapped) Close() error {
	if inner, ok := w.Transport.(io.Closer); ok {
		return inner.Close()
	}
	return nil
}

func (w *wrapped) String() string {
	if inner, ok := w.Transport.(interface{ String() string }); ok {
		return inner.String()
	}
	return "transport"
}
