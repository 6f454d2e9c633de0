package kad

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
)

const (
	maxDials    = 16              // under way at once, of all walks
	dialTimeout = 5 * time.Second // with the handshake and who it is
	maxServed   = 256             // questions' streams at once
)

// guest is the host as the library sees it. The library dials whom it likes,
// protects connections for good, leaves streams open when it is closed, and
// decides by an event of AutoNAT v1 whether it is a server; a guest may not.
type guest struct {
	host.Host
	net   overlay
	dials chan struct{} // holds a value for each dial under way
	noted func()        // called for each dial

	mu      sync.Mutex
	left    bool                  // guarded by mu
	using   sync.WaitGroup        // calls and streams under way; added to with mu held and left false
	known   map[peer.ID]struct{}  // guarded by mu; those in the table
	dialled map[peer.ID]int       // guarded by mu; whose connections are there for the table, and dials under way
	open    bool                  // guarded by mu; others' questions are answered
	handler network.StreamHandler // guarded by mu; the library's
	served  int                   // guarded by mu; streams being answered
	changed chan struct{}         // guarded by mu; closed and replaced when known or open change
}

func newGuest(h host.Host, net overlay, noted func()) *guest {
	return &guest{
		Host:    h,
		net:     net,
		noted:   noted,
		dials:   make(chan struct{}, maxDials),
		known:   map[peer.ID]struct{}{},
		dialled: map[peer.ID]int{},
		changed: make(chan struct{}),
	}
}

// enter reports whether the table still has a place here; using.Done follows.
func (g *guest) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.left {
		g.using.Add(1)
	}
	return !g.left
}

// Connect dials under the budget of the walk it is for, and of all of them.
func (g *guest) Connect(ctx context.Context, to peer.AddrInfo) error {
	if g.Network().Connectedness(to.ID) == network.Connected {
		return nil
	}
	if !g.enter() {
		return errClosed
	}
	defer g.using.Done()
	if err := spend(ctx); err != nil {
		return err
	}
	select {
	case g.dials <- struct{}{}:
		defer func() { <-g.dials }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	g.dialling(to.ID, 1)
	defer g.dialling(to.ID, -1) // there may be a connection also where there was an error
	return g.Host.Connect(ctx, to)
}

func (g *guest) dialling(id peer.ID, by int) {
	g.mu.Lock()
	g.dialled[id] += by
	g.mu.Unlock()
	g.noted()
}

// NewStream opens a stream that bounds what is answered on it.
func (g *guest) NewStream(ctx context.Context, to peer.ID, protos ...protocol.ID) (network.Stream, error) {
	if err := g.Connect(ctx, peer.AddrInfo{ID: to}); err != nil {
		return nil, err
	}
	if !g.enter() {
		return nil, errClosed
	}
	defer g.using.Done()
	st, err := g.Host.NewStream(network.WithNoDial(ctx, "dialled by Connect"), to, protos...)
	if err != nil {
		return nil, err
	}
	return &question{Stream: st}, nil
}

// SetStreamHandler keeps the library's handler for when others may ask.
func (g *guest) SetStreamHandler(_ protocol.ID, handler network.StreamHandler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handler = handler
}

// setOpen lets others ask, or no longer. That the table is a server is told to
// everybody who is connected, by identify.
func (g *guest) setOpen(open bool) {
	g.mu.Lock()
	was := g.open
	g.open = open
	g.notify()
	g.mu.Unlock()
	switch {
	case open && !was:
		g.Host.SetStreamHandler(g.net.proto(), g.serve)
	case !open && was:
		g.Host.RemoveStreamHandler(g.net.proto())
		g.resetStreams(network.DirInbound)
	}
}

func (g *guest) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// serve answers one stream.
func (g *guest) serve(st network.Stream) {
	g.mu.Lock()
	handler := g.handler
	if !g.open || handler == nil || g.served >= maxServed {
		g.mu.Unlock()
		_ = st.Reset()
		return
	}
	g.served++
	g.using.Add(1) // open, so left is false
	g.mu.Unlock()
	handler(st)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.served--
	g.using.Done()
}

// await waits until ok says so, which is called with mu held.
func (g *guest) await(ctx context.Context, ok func() bool) error {
	for {
		g.mu.Lock()
		done, changed := ok(), g.changed
		g.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// empty and some are for await.
func (g *guest) empty() bool { return len(g.known) == 0 }
func (g *guest) some() bool  { return len(g.known) > 0 }

// notify is called with mu held.
func (g *guest) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// leave ends everything that the library left open, and waits for it.
func (g *guest) leave() {
	g.setOpen(false)
	g.mu.Lock()
	g.left = true
	g.mu.Unlock()
	g.resetStreams(network.DirInbound)
	g.resetStreams(network.DirOutbound)
	g.using.Wait()
	g.letGo()
}

// resetStreams ends the network's streams of one direction.
func (g *guest) resetStreams(dir network.Direction) {
	for _, c := range g.Network().Conns() {
		for _, st := range c.GetStreams() {
			if st.Protocol() == g.net.proto() && st.Stat().Direction == dir {
				_ = st.Reset()
			}
		}
	}
}

// letGo closes the connections that are there for the table alone, and returns
// how many of them others are using just now.
func (g *guest) letGo() (busy int) {
	g.mu.Lock()
	dialled := maps.Clone(g.dialled)
	g.mu.Unlock()
	for id, dials := range dialled {
		protected := g.Host.ConnManager().IsProtected(id, "") // somebody else keeps it, and lets it go
		if dials > 0 || !protected && g.inUse(id) {
			busy++
			continue
		}
		g.mu.Lock()
		delete(g.dialled, id)
		g.mu.Unlock()
		if !protected {
			_ = g.Network().ClosePeer(id) // it may have gone by itself
		}
	}
	return busy
}

// inUse reports whether there is a stream of others: neither of the table's
// own questions, nor of what every connection has by itself.
func (g *guest) inUse(id peer.ID) bool {
	for _, c := range g.Network().ConnsToPeer(id) {
		for _, st := range c.GetStreams() {
			inbound := st.Stat().Direction == network.DirInbound
			switch st.Protocol() {
			case identify.ID, identify.IDPush:
			case "": // being opened; by the other side it is mostly identify
				if !inbound {
					return true
				}
			case g.net.proto():
				if inbound && g.isOpen() {
					return true
				}
			default:
				return true
			}
		}
	}
	return false
}

// held is how many connections are there for the table.
func (g *guest) held() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.dialled {
		if g.Network().Connectedness(id) != network.NotConnected {
			n++
		}
	}
	return n
}
