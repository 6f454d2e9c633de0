package p2p

import (
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// How long a TCP dial may take before QUIC is tried beside it. A QUIC
// connection costs four times the CPU of a TCP one for the same bytes, so it
// has to wait for more than one lost packet. libp2p dials on at once when all
// dials so far have failed. Where TCP is cut it waits as long for QUIC.
const (
	secondAfterNear = 300 * time.Millisecond
	secondAfterFar  = 1500 * time.Millisecond
	// ip4After lets IPv6 go first where a peer has both.
	ip4After = 50 * time.Millisecond
)

// rank is rankDials for what is known of this network.
func (n *Node) rank(addrs []ma.Multiaddr) []network.AddrDelay {
	var tcp []netip.AddrPort
	for _, a := range addrs {
		if isTCP(a) {
			tcp = append(tcp, placeOf(a))
		}
	}
	return rankDials(addrs, !n.interference.quicFirst(time.Now(), tcp...))
}

// rankDials orders the addresses of one peer: TCP first and QUIC second, or the
// other way round where TCP is cut, and IPv6 before IPv4 among equals.
func rankDials(addrs []ma.Multiaddr, tcpFirst bool) []network.AddrDelay {
	first := func(a ma.Multiaddr) bool { return isTCP(a) == tcpFirst }
	first6 := slices.ContainsFunc(addrs, func(a ma.Multiaddr) bool { return first(a) && isIP6(a) })
	both := slices.ContainsFunc(addrs, first)
	out := make([]network.AddrDelay, 0, len(addrs))
	for _, a := range addrs {
		var delay time.Duration
		switch near := !manet.IsPublicAddr(a); {
		case !first(a) && both && near:
			delay = secondAfterNear
		case !first(a) && both:
			delay = secondAfterFar
		}
		if !isIP6(a) && first6 {
			delay += ip4After
		}
		out = append(out, network.AddrDelay{Addr: a, Delay: delay})
	}
	slices.SortStableFunc(out, func(a, b network.AddrDelay) int { return int(a.Delay - b.Delay) })
	return out
}

func hasProtocol(a ma.Multiaddr, code int) bool {
	_, err := a.ValueForProtocol(code)
	return err == nil
}

func isTCP(a ma.Multiaddr) bool { return hasProtocol(a, ma.P_TCP) }
func isIP6(a ma.Multiaddr) bool { return hasProtocol(a, ma.P_IP6) }
