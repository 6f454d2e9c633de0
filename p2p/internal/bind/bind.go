// Package bind holds connections to one network interface, or to one address
// of this computer.
package bind

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"grove/app"
)

// Local is where connections leave this computer from: the name of a network
// interface, or an IP address; "" is anywhere. An interface is asked for its
// addresses at each use, so that one that is gone is used no more, and
// nothing takes its place.
type Local string

// Check returns nil if connections can be made from l now, else a BadInput
// problem that says what there is instead.
func (l Local) Check() error {
	if l == "" {
		return nil
	}
	ip, isIP := l.ip()
	if !isIP {
		_, err := l.Addrs()
		return err
	}
	if !usable(ip) {
		return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not an address that others can be reached from", string(l)), nil)
	}
	// The system alone knows: of 127.0.0.0/8, one address is listed.
	probe, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip.AsSlice()})
	if err != nil {
		return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not an address of this computer; there are %s", string(l), there()), err)
	}
	return probe.Close()
}

// Addrs are the addresses that l has now, IPv4 first; nil for anywhere. None
// is a BadInput problem.
func (l Local) Addrs() ([]netip.Addr, error) {
	if l == "" {
		return nil, nil
	}
	if ip, ok := l.ip(); ok {
		return []netip.Addr{ip}, nil
	}
	itf, err := net.InterfaceByName(string(l))
	if err != nil {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("There is no network interface or address %q on this computer; there are %s", string(l), there()), err)
	}
	addrs, err := addrsOf(itf)
	if err == nil && len(addrs) == 0 {
		err = errors.New("it is down or has no IP address")
	}
	if err != nil {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("The network interface %q has no address now; there are %s", string(l), there()), err)
	}
	return addrs, nil
}

// Source is the address of l that a connection to the given one leaves from.
// l is not anywhere.
func (l Local) Source(to netip.Addr) (netip.Addr, error) {
	addrs, err := l.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() == to.Unmap().Is4() })
	if i < 0 {
		return netip.Addr{}, fmt.Errorf("%s has no address to reach %s from", l, to)
	}
	return addrs[i], nil
}

// DialContext is d.DialContext from l. The name in address, if it is one, is
// looked up as the system does.
func (l Local) DialContext(ctx context.Context, d net.Dialer, network, address string) (net.Conn, error) {
	if l == "" {
		return d.DialContext(ctx, network, address)
	}
	addrs, err := l.Addrs()
	if err != nil {
		return nil, err
	}
	// One address of each family, IPv4 first: an interface with an IPv6
	// address often leads nowhere by it.
	var failed []error
	for i, a := range addrs {
		if i > 0 && a.Is4() == addrs[i-1].Is4() {
			continue
		}
		d.LocalAddr = &net.TCPAddr{IP: a.AsSlice()}
		conn, err := d.DialContext(ctx, network, address)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func (l Local) ip() (netip.Addr, bool) {
	ip, err := netip.ParseAddr(string(l))
	return ip.Unmap(), err == nil
}

// usable leaves out what no connection can be made from. A link-local IPv6
// address reaches its own link only, and peers are dialled without a zone.
func usable(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() || ip.IsLoopback() || ip.Is4() && ip.IsLinkLocalUnicast()
}

// addrsOf are the usable addresses of an interface that is up: IPv4, then
// global IPv6, then IPv6 of the local network.
func addrsOf(itf *net.Interface) ([]netip.Addr, error) {
	if itf.Flags&net.FlagUp == 0 {
		return nil, nil
	}
	nets, err := itf.Addrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, n := range nets {
		if n, ok := n.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && usable(ip.Unmap()) {
				out = append(out, ip.Unmap())
			}
		}
	}
	rank := func(ip netip.Addr) int {
		switch {
		case ip.Is4():
			return 0
		case !ip.IsPrivate():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return rank(a) - rank(b) })
	return out, nil
}

// there names the interfaces that can be chosen, each with an address.
func there() string {
	all, err := net.Interfaces()
	if err != nil {
		return "none that can be listed"
	}
	var out []string
	for _, itf := range all {
		if addrs, err := addrsOf(&itf); err == nil && len(addrs) > 0 {
			out = append(out, fmt.Sprintf("%s (%s)", itf.Name, addrs[0]))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
