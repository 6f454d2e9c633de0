package lan

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"grove/app"
)

// maxSegments is how many interfaces are used at once: a computer with more
// has them for containers.
const maxSegments = 16

// segment is an interface and this computer's addresses on it that neighbours
// can dial, each with the length of its prefix: IPv4, then unique local, then
// global IPv6. It is not changed once made.
type segment struct {
	name  string
	index int
	own   []netip.Prefix
}

// nic is a network interface as the system has it.
type nic struct {
	name  string
	index int
	flags net.Flags
	addrs []netip.Prefix
}

// nics lists the interfaces there are now.
func nics() ([]nic, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []nic
	for _, itf := range all {
		n := nic{name: itf.Name, index: itf.Index, flags: itf.Flags}
		addrs, err := itf.Addrs()
		if err != nil {
			continue // it has gone since
		}
		for _, a := range addrs {
			if a, ok := a.(*net.IPNet); ok {
				ip, _ := netip.AddrFromSlice(a.IP)
				bits, _ := a.Mask.Size()
				n.addrs = append(n.addrs, netip.PrefixFrom(ip.Unmap(), bits))
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// segmentsOf are the interfaces that bind means (see bind.Local) and that can
// be used: up, with a carrier, able to multicast, not loopback, and with an
// address for neighbours.
func segmentsOf(bind string, all []nic) []segment {
	const want = net.FlagUp | net.FlagRunning | net.FlagMulticast
	only, err := netip.ParseAddr(bind)
	byAddr := err == nil
	only = only.Unmap()
	var out []segment
	for _, n := range all {
		if n.flags&want != want || n.flags&net.FlagLoopback != 0 || bind != "" && !byAddr && n.name != bind {
			continue
		}
		s := segment{name: n.name, index: n.index}
		for _, p := range n.addrs {
			if rank(p.Addr()) < unfit && (!byAddr || p.Addr() == only) {
				s.own = append(s.own, p)
			}
		}
		if len(s.own) > 0 && len(out) < maxSegments {
			slices.SortFunc(s.own, func(a, b netip.Prefix) int {
				if r := rank(a.Addr()) - rank(b.Addr()); r != 0 {
					return r
				}
				return a.Addr().Compare(b.Addr())
			})
			out = append(out, s)
		}
	}
	return out
}

var global6 = netip.MustParsePrefix("2000::/3")

const unfit = 3

// rank orders addresses that neighbours may be told to dial, and is unfit for
// the others. A link-local IPv6 address is unfit: it means nothing without a
// zone, which differs from computer to computer, and peers are dialled without
// one. A global IPv6 address is fit because on a network without IPv4 and
// unique local addresses there may be no other.
func rank(ip netip.Addr) int {
	switch {
	case ip.IsLoopback() || ip.Is4In6() || ip.Is6() && ip.IsLinkLocalUnicast():
		return unfit
	case app.IsLocal(ip) && ip.Is4():
		return 0
	case app.IsLocal(ip):
		return 1
	case global6.Contains(ip):
		return 2
	}
	return unfit
}

// near reports whether ip, of a neighbour, is on the local network: a local
// address, or a global IPv6 one of the /64 that an address here lies in.
func (s segment) near(ip netip.Addr) bool {
	switch r := rank(ip); {
	case r == unfit || ip.Zone() != "":
		return false
	case r < 2:
		return true
	}
	return s.shares64(ip)
}

// onLink reports whether a packet from ip was sent by a neighbour on this
// segment, as far as its source tells (RFC 6762, 11).
func (s segment) onLink(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		return ip.Zone() == s.name || ip.Zone() == strconv.Itoa(s.index)
	}
	return s.shares64(ip) || slices.ContainsFunc(s.own, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// shares64 does not go by the length of an IPv6 prefix, which is 128 where a
// DHCP server gave the address.
func (s segment) shares64(ip netip.Addr) bool {
	return ip.Is6() && slices.ContainsFunc(s.own, func(p netip.Prefix) bool {
		return p.Addr().Is6() && netip.PrefixFrom(p.Addr(), 64).Masked().Contains(ip)
	})
}

// speaks reports whether the segment has an address of the family.
func (s segment) speaks(six bool) bool {
	return slices.ContainsFunc(s.own, func(p netip.Prefix) bool { return p.Addr().Is6() == six })
}

func (s segment) equal(o segment) bool {
	return s.name == o.name && s.index == o.index && slices.Equal(s.own, o.own)
}
