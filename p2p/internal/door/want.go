package door

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// want is a port that this computer listens on.
type want struct {
	ip netip.Addr
	entry
}

// from are the ports of wants that are open at own.
func from(wants []want, own netip.Addr) []entry {
	var out []entry
	for _, w := range wants {
		if w.ip.Is4() == own.Is4() && (w.ip.IsUnspecified() || w.ip == own) && !slices.Contains(out, w.entry) {
			out = append(out, w.entry)
		}
	}
	return out
}

// wantOf reads a listen address: the port, and what follows it. Not ok is one
// that no router has to do with.
func wantOf(a ma.Multiaddr) (w want, rest ma.Multiaddr, ok bool) {
	if len(a) < 2 {
		return w, nil, false
	}
	raw, err := manet.ToIP(a)
	if err != nil {
		return w, nil, false
	}
	ip, _ := netip.AddrFromSlice(raw)
	w.ip = ip.Unmap()
	if a[0].Protocol().Code == ma.P_IP6 && ip.IsUnspecified() {
		w.ip = netip.IPv6Unspecified()
	}
	switch a[1].Protocol().Code {
	case ma.P_TCP:
		w.protocol = "tcp"
	case ma.P_UDP:
		w.protocol = "udp"
	default:
		return w, nil, false
	}
	if w.port, err = strconv.Atoi(a[1].Value()); err != nil || w.port == 0 {
		return w, nil, false
	}
	return w, a[2:], w.ip.IsUnspecified() || w.ip.IsGlobalUnicast()
}

// interfaces are the addresses of this computer.
func interfaces() string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	var out []string
	for _, a := range addrs {
		out = append(out, a.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
