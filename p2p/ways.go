package p2p

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// ways remembers how connections came about: who got in, who came by way of a
// relay, and whether a direct connection followed. It hears of every
// connection of the host.
type ways struct {
	node *Node

	mu      sync.Mutex
	waiting map[peer.ID][]chan network.Conn // guarded by mu; for a direct connection
	met     map[peer.ID]bool                // guarded by mu; came by way of a relay and is still there: a direct connection followed
	lost    map[peer.ID]time.Time           // guarded by mu; came by way of a relay, left without one
	public  map[way]time.Time               // guarded by mu; somebody outside got in
	punched map[way]time.Time               // guarded by mu; a hole was made
}

// way is a kind of address.
type way struct {
	ip6, tcp bool
}

func wayOf(a ma.Multiaddr) way { return way{ip6: isIP6(a), tcp: isTCP(a)} }

const (
	// missedFor is how long somebody who found no way in is remembered.
	missedFor = 10 * time.Minute
	maxLost   = 200
	// wayFor is how long a way that worked counts: addresses change.
	wayFor = time.Hour
)

func newWays(n *Node) *ways {
	return &ways{node: n, waiting: map[peer.ID][]chan network.Conn{}, met: map[peer.ID]bool{},
		lost: map[peer.ID]time.Time{}, public: map[way]time.Time{}, punched: map[way]time.Time{}}
}

// await yields a direct connection to id, when one is made.
func (w *ways) await(id peer.ID) (conns <-chan network.Conn, stop func()) {
	c := make(chan network.Conn, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[id] = append(w.waiting[id], c)
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		left := slices.DeleteFunc(w.waiting[id], func(o chan network.Conn) bool { return o == c })
		if w.waiting[id] = left; len(left) == 0 {
			delete(w.waiting, id)
		}
	}
}

// notifiee tells ways of connections.
func (w *ways) notifiee() *network.NotifyBundle {
	return &network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { w.connected(c) },
		DisconnectedF: func(_ network.Network, c network.Conn) { w.disconnected(c) },
	}
}

func (w *ways) connected(c network.Conn) {
	id, remote, inbound := c.RemotePeer(), c.RemoteMultiaddr(), c.Stat().Direction == network.DirInbound
	viaRelay := isCircuit(remote)
	helped := w.node.relayedTo(id)
	if !viaRelay {
		w.node.budget.Answered(ipOf(remote))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	direct, met := w.met[id]
	switch {
	case viaRelay:
		if inbound && !met {
			w.met[id] = false
		}
		return
	case met || helped:
		if !direct && !app.IsLocal(ipOf(remote)) {
			w.punched[wayOf(remote)] = now
		}
		if met {
			w.met[id] = true
		}
	case inbound && !app.IsLocal(ipOf(remote)):
		w.public[wayOf(c.LocalMultiaddr())] = now
	}
	delete(w.lost, id)
	for _, wait := range w.waiting[id] {
		select {
		case wait <- c:
		default: // it has one
		}
	}
}

func (w *ways) disconnected(c network.Conn) {
	id := c.RemotePeer()
	if !isCircuit(c.RemoteMultiaddr()) || c.Stat().Direction != network.DirInbound {
		return
	}
	there := w.node.directTo(id) != nil
	w.mu.Lock()
	defer w.mu.Unlock()
	direct, met := w.met[id]
	delete(w.met, id)
	if met && !direct && !there && len(w.lost) < maxLost {
		w.lost[id] = time.Now()
	}
}

// missed is how many came in the last ten minutes and found no way in.
func (w *ways) missed(now time.Time) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, at := range w.lost {
		if now.Sub(at) > missedFor {
			delete(w.lost, id)
			continue
		}
		n++
	}
	return n
}

// recent reports whether somebody outside got in by w of late, and whether a
// hole was made.
func (w *ways) recent(way way, now time.Time) (public, punched bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.public[way]
	public = ok && now.Sub(at) < wayFor
	at, ok = w.punched[way]
	return public, ok && now.Sub(at) < wayFor
}

// interfaceAddrs are the addresses of this computer that the node listens on.
func (n *Node) interfaceAddrs() []ma.Multiaddr {
	all, err := n.parts.swarm.InterfaceListenAddresses()
	if err != nil {
		n.log.Warn("listen addresses", "err", err)
		return nil
	}
	return slices.DeleteFunc(all, isCircuit)
}

// mayTell reports whether an address may be told to whoever asks: not one of
// the local network, except in local-only mode, where nobody else is there to
// hear it.
func (n *Node) mayTell(a ma.Multiaddr) bool {
	ip := ipOf(a)
	if isCircuit(a) && ip == (netip.Addr{}) {
		return false // the listener's own, which leads nowhere
	}
	return n.reach.Check(ip, false) == nil
}

// announced is what libp2p's own services say of where this node can be
// reached: addresses of its own, those that the router forwards, those that
// somebody has tried, and by way of relays. What others merely saw is kept for
// punching holes.
func (n *Node) announced(addrs []ma.Multiaddr) []ma.Multiaddr {
	known := n.doors()
	out := slices.DeleteFunc(slices.Clone(addrs), func(a ma.Multiaddr) bool {
		return !n.mayTell(a) || !isCircuit(a) && !slices.ContainsFunc(known, a.Equal)
	})
	return append(out, n.fixed...)
}

// doors are the addresses that others may get in by, as far as is known
// without asking.
func (n *Node) doors() []ma.Multiaddr {
	all := n.interfaceAddrs()
	if n.outreach.mapper != nil {
		all = append(all, n.outreach.mapper.Mapped()...)
	}
	reachable, _ := n.parts.tried()
	return append(all, reachable...)
}

// outward are the addresses that others are told, the best first.
func (n *Node) outward() []ma.Multiaddr {
	_, unreachable := n.parts.tried()
	all := slices.DeleteFunc(n.doors(), func(a ma.Multiaddr) bool {
		return !n.mayTell(a) || slices.ContainsFunc(unreachable, a.Equal)
	})
	all = append(all, n.fixed...)
	sortAddrs(all)
	if !n.reachable() {
		all = append(all, n.outreach.berths.Addrs()...)
	}
	return unique(all)
}

// unique drops what was there before, and keeps the order.
func unique(all []ma.Multiaddr) (out []ma.Multiaddr) {
	for _, a := range all {
		if !slices.ContainsFunc(out, a.Equal) {
			out = append(out, a)
		}
	}
	return out
}

// reachable reports whether everybody gets in without help: it was tried, or
// an operator said so. Those who have IPv4 alone count.
func (n *Node) reachable() bool {
	if len(n.fixed) > 0 {
		return true
	}
	reachable, _ := n.parts.tried()
	has4 := slices.ContainsFunc(n.interfaceAddrs(), func(a ma.Multiaddr) bool { return !isIP6(a) && !ipOf(a).IsLoopback() })
	return slices.ContainsFunc(reachable, func(a ma.Multiaddr) bool { return !isIP6(a) || !has4 })
}

// sortAddrs puts those that reach furthest first, and of those TCP.
func sortAddrs(all []ma.Multiaddr) {
	rank := func(a ma.Multiaddr) (r int) {
		ip := ipOf(a)
		if app.IsLocal(ip) {
			r += 4
		}
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			r += 4
		}
		if !isTCP(a) {
			r += 2
		}
		if isIP6(a) {
			r++
		}
		return r
	}
	slices.SortStableFunc(all, func(a, b ma.Multiaddr) int { return rank(a) - rank(b) })
}

// withID are addresses with the peer ID that they lead to.
func (n *Node) withID(addrs []ma.Multiaddr) []string {
	var out []string
	for _, a := range addrs {
		out = append(out, a.String()+"/p2p/"+n.id.String())
	}
	return out
}
