package p2p

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
)

// farTrip is a round trip that no network operator's own lines need: addresses that
// begin alike are then of one that is everywhere.
const farTrip = 80 * time.Millisecond

// nearness is the cost of a byte from the peer.
func (s *session) nearness() app.Nearness {
	if took, ok := tripOf(s.conn); ok {
		s.pace.shortest(took)
	}
	return s.node.nearBy(ipOf(s.conn.RemoteMultiaddr()), time.Duration(s.pace.least.Load()))
}

// Nearness is the cost of a byte from the address ip, of which no more is known.
func (n *Node) Nearness(ip netip.Addr) app.Nearness { return n.nearBy(ip, 0) }

// nearBy is the cost of a byte from the address ip, there and back to which takes
// trip, or 0. An address of the local network, or of a link that this computer is
// on, is next door. Of others the network map says it, where there is one that knows
// this computer's network; else one that begins like an address of this computer is
// probably of the same network operator.
func (n *Node) nearBy(ip netip.Addr, trip time.Duration) app.Nearness {
	ip = ip.Unmap().WithZone("")
	if app.IsLocal(ip) {
		return app.NearLAN
	}
	now := time.Now()
	at := n.here(now)
	if slices.ContainsFunc(at.links, func(p netip.Prefix) bool { return p.Bits() >= linkBits(p) && p.Contains(ip) }) {
		return app.NearLAN
	}
	if near, ok := mapped(n.netmap.Load(), at.own, ip, now); ok {
		return near
	}
	if trip < farTrip && slices.ContainsFunc(at.own, func(o netip.Addr) bool { return sameOperator(o, ip) }) {
		return app.NearNet
	}
	return app.NearFar
}

// GoBy has the node go by a network map, or by none: nil.
func (n *Node) GoBy(m *pack.Map) { n.netmap.Store(m) }

// mapped is what m says of ip, if it knows one of the own addresses: of the same
// family, if it knows one.
func mapped(m *pack.Map, own []netip.Addr, ip netip.Addr, now time.Time) (near app.Nearness, ok bool) {
	if m == nil || m.Expired(now) {
		return 0, false
	}
	group := ""
	for _, o := range own {
		if g := m.Group(o); g != "" && (group == "" || o.Is4() == ip.Is4()) {
			group = g
		}
	}
	switch cost := m.Cost(group, m.Group(ip)); {
	case group == "":
		return 0, false
	case cost <= pack.NearCost:
		return app.NearNet, true
	case cost < pack.AvoidCost:
		return app.NearFar, true
	}
	return app.NearAvoid, true
}

// here is where this computer is.
type here struct {
	links []netip.Prefix // its addresses with their links
	own   []netip.Addr   // public ones, as others see it too
}

// hereFor is how long an answer is good for: every tick of every transfer asks.
const hereFor = time.Second

// whereabouts remembers it.
type whereabouts struct {
	mu sync.Mutex
	at time.Time // guarded by mu
	is here      // guarded by mu; what it holds is not changed
}

func (n *Node) here(now time.Time) here {
	w := &n.whereabouts
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.at) >= hereFor {
		w.at, w.is = now, n.lookHere()
	}
	return w.is
}

func (n *Node) lookHere() here {
	is := here{links: interfacePrefixes()}
	for _, p := range is.links {
		is.own = append(is.own, p.Addr())
	}
	if n.parts.seen != nil {
		for _, a := range n.parts.seen.Addrs(1) {
			is.own = append(is.own, ipOf(a).Unmap())
		}
	}
	is.own = slices.DeleteFunc(is.own, app.IsLocal)
	return is
}

// sameOperator guesses by the part of an address that operators are given.
func sameOperator(a, b netip.Addr) bool {
	bits := 16
	if a.Is6() {
		bits = 32
	}
	return a.Is4() == b.Is4() && !app.IsLocal(a) && netip.PrefixFrom(a, bits).Contains(b)
}

// linkBits is the least length of a prefix that is taken for one building: an
// IPv6 link, or a network of 1,022 IPv4 addresses. Some operators have whole
// towns on one link.
func linkBits(p netip.Prefix) int {
	if p.Addr().Is6() {
		return 64
	}
	return 22
}

// interfacePrefixes are the addresses of this computer with their links.
func interfacePrefixes() (all []netip.Prefix) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		in, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(in.IP)
		ones, _ := in.Mask.Size()
		if ip = ip.Unmap(); ok && !ip.IsLinkLocalUnicast() && ones <= ip.BitLen() {
			all = append(all, netip.PrefixFrom(ip, ones))
		}
	}
	return all
}
