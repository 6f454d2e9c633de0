package p2p

import (
	"net"
	"net/netip"
	"slices"

	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// nearness is the cost of a byte from the other end of a connection.
func (n *Node) nearness(remote ma.Multiaddr) app.Nearness { return n.Nearness(ipOf(remote)) }

// Nearness is the cost of a byte from the address ip. An address of the local
// network, or of a link that this computer is on, is next door; one that begins
// like an address of this computer is probably of the same network operator.
func (n *Node) Nearness(ip netip.Addr) app.Nearness {
	ip = ip.Unmap().WithZone("")
	if app.IsLocal(ip) {
		return app.NearLAN
	}
	links := interfacePrefixes()
	if slices.ContainsFunc(links, func(p netip.Prefix) bool { return p.Bits() >= linkBits(p) && p.Contains(ip) }) {
		return app.NearLAN
	}
	own := make([]netip.Addr, 0, 8)
	for _, p := range links {
		own = append(own, p.Addr())
	}
	if n.parts.seen != nil {
		for _, a := range n.parts.seen.Addrs(1) {
			own = append(own, ipOf(a).Unmap())
		}
	}
	if slices.ContainsFunc(own, func(o netip.Addr) bool { return sameOperator(o, ip) }) {
		return app.NearNet
	}
	return app.NearFar
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
