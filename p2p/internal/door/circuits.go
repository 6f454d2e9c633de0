package door

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// perRelay is how many addresses of one relay are told to others: one by TCP
// and one by QUIC, where there are.
const perRelay = 2

// circuits are the addresses by way of the relay: those it was reached by,
// those we were given, and those it says it has, in this order. Local ones
// count only where there are no public ones, and never by the relay's word.
func circuits(relay peer.AddrInfo, conns []network.Conn, said []ma.Multiaddr) []ma.Multiaddr {
	var all []ma.Multiaddr
	for _, c := range conns {
		if c.Stat().Direction == network.DirOutbound { // otherwise the port is not one it listens on
			all = append(all, c.RemoteMultiaddr())
		}
	}
	all = append(all, relay.Addrs...)
	for _, a := range said {
		if manet.IsPublicAddr(a) {
			all = append(all, a)
		}
	}
	var plain []ma.Multiaddr
	for _, a := range all {
		if a, ok := direct(a, relay.ID); ok && !ma.Contains(plain, a) {
			plain = append(plain, a)
		}
	}
	if slices.ContainsFunc(plain, manet.IsPublicAddr) {
		plain = slices.DeleteFunc(plain, func(a ma.Multiaddr) bool { return !manet.IsPublicAddr(a) })
	}
	// The first of each transport goes first.
	var picked []ma.Multiaddr
	for _, code := range []int{ma.P_TCP, ma.P_UDP} {
		if i := slices.IndexFunc(plain, func(a ma.Multiaddr) bool { return has(a, code) }); i >= 0 {
			picked = append(picked, plain[i])
			plain = slices.Delete(plain, i, i+1)
		}
	}
	picked = append(picked, plain...)
	picked = picked[:min(len(picked), perRelay)]
	tail := ma.StringCast("/p2p/" + relay.ID.String() + "/p2p-circuit")
	for i, a := range picked {
		picked[i] = a.Encapsulate(tail)
	}
	return picked
}

// direct is a without a peer ID at its end, if it is an address by TCP or QUIC
// and not itself by way of a relay or of another peer.
func direct(a ma.Multiaddr, relay peer.ID) (ma.Multiaddr, bool) {
	if a, id := peer.SplitAddr(a); id == "" || id == relay {
		ok := a != nil && !has(a, ma.P_CIRCUIT) && !has(a, ma.P_P2P) &&
			(len(a) == 2 && has(a, ma.P_TCP) || len(a) == 3 && has(a, ma.P_UDP) && has(a, ma.P_QUIC_V1))
		return a, ok
	}
	return nil, false
}

func has(a ma.Multiaddr, code int) bool {
	_, err := a.ValueForProtocol(code)
	return err == nil
}
