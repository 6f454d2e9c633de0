package p2p

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// How long a TCP dial may take before QUIC is tried beside it. A QUIC
// connection costs four times the CPU of a TCP one for the same bytes, so it
// has to wait for more than one lost packet. libp2p dials on at once when all
// dials so far have failed.
const (
	quicAfterNear = 300 * time.Millisecond
	quicAfterFar  = 1500 * time.Millisecond
	// tcp4After lets IPv6 go first where a peer has both.
	tcp4After = 50 * time.Millisecond
)

// rankDials orders the addresses of one peer: TCP first, QUIC second, IPv6
// before IPv4 among equals.
func rankDials(addrs []ma.Multiaddr) []network.AddrDelay {
	tcp6 := slices.ContainsFunc(addrs, func(a ma.Multiaddr) bool { return isTCP(a) && isIP6(a) })
	tcp := slices.ContainsFunc(addrs, isTCP)
	out := make([]network.AddrDelay, 0, len(addrs))
	for _, a := range addrs {
		var delay time.Duration
		switch near := !manet.IsPublicAddr(a); {
		case !isTCP(a) && tcp && near:
			delay = quicAfterNear
		case !isTCP(a) && tcp:
			delay = quicAfterFar
		}
		if !isIP6(a) && tcp6 {
			delay += tcp4After
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
