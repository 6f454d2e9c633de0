package lan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	maxAddrs   = 8          // of one peer, announced or accepted
	maxStrings = 32         // of one TXT record that are looked at
	dnsaddr    = "dnsaddr=" // as libp2p's own mDNS has it
)

// announced are the addresses that neighbours on seg are told, of those where
// this computer listens: the ones of seg, IPv4 first, and all of one IP
// address before the next.
func announced(listen []ma.Multiaddr, seg segment) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, own := range seg.own {
		for _, a := range listen {
			ip, ok := dialable(a)
			if ok && ip.IsUnspecified() && ip.Is4() == own.Addr().Is4() {
				a, ip = withIP(a, own.Addr()), own.Addr()
			}
			if ok && ip == own.Addr() && len(out) < maxAddrs && !slices.ContainsFunc(out, a.Equal) {
				out = append(out, a)
			}
		}
	}
	return out
}

// accepted reads the strings of a TXT record that was heard on seg: a peer and
// those of its addresses that are on the local network. false is none, or
// this computer. A record is of one peer, the first that counts.
func accepted(txt []string, seg segment, self peer.ID) (peer.AddrInfo, bool) {
	var out peer.AddrInfo
	for _, s := range txt[:min(len(txt), maxStrings)] {
		s, ok := strings.CutPrefix(s, dnsaddr)
		if !ok {
			continue
		}
		whole, err := ma.NewMultiaddr(s)
		if err != nil {
			continue
		}
		addr, id := peer.SplitAddr(whole)
		ip, ok := dialable(addr)
		if id == "" || id == self || !ok || !seg.near(ip) || out.ID != "" && out.ID != id {
			continue
		}
		out.ID = id
		if len(out.Addrs) < maxAddrs && !slices.ContainsFunc(out.Addrs, addr.Equal) {
			out.Addrs = append(out.Addrs, addr)
		}
	}
	return out, out.ID != ""
}

// dialable returns the IP address of <ip>/tcp/<port> or
// <ip>/udp/<port>/quic-v1, and false for any other shape.
func dialable(addr ma.Multiaddr) (netip.Addr, bool) {
	var codes []int
	for _, c := range addr {
		codes = append(codes, c.Protocol().Code)
	}
	if len(codes) == 0 || codes[0] != ma.P_IP4 && codes[0] != ma.P_IP6 {
		return netip.Addr{}, false
	}
	if !slices.Equal(codes[1:], []int{ma.P_TCP}) && !slices.Equal(codes[1:], []int{ma.P_UDP, ma.P_QUIC_V1}) {
		return netip.Addr{}, false
	}
	ip, ok := netip.AddrFromSlice(addr[0].RawValue())
	return ip, ok && portOf(addr) != 0
}

// portOf is the port of an address that has the shape dialable wants.
func portOf(addr ma.Multiaddr) uint16 {
	raw := addr[1].RawValue()
	return uint16(raw[0])<<8 | uint16(raw[1])
}

// withIP puts ip in the place of the first part of addr.
func withIP(addr ma.Multiaddr, ip netip.Addr) ma.Multiaddr {
	first, err := manet.FromIP(ip.AsSlice())
	if err != nil {
		return addr // not reached: ip is valid
	}
	return append(slices.Clone(first), addr[1:]...)
}
