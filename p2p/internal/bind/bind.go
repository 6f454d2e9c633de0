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
	"syscall"

	"grove/app"
)

// Local is where connections leave this computer from: the name of a network
// interface, or an IP address; "" is anywhere. An interface is asked for its
// addresses at each use, so that one that is gone is used no more, and
// nothing takes its place. Sockets are held to the interface by the system:
// a source address alone does not keep packets from leaving by another one.
type Local string

// Check returns nil if connections can be made from l now, else a problem that
// says what there is instead: NoInterface where l may come, BadInput where it
// is an address that no computer has.
func (l Local) Check() error {
	if ip, isIP := l.ip(); isIP && !usable(ip) {
		return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not an address that others can be reached from", string(l)), nil)
	}
	_, err := l.Addrs()
	return err
}

// Addrs are the addresses that l has now, IPv4 first; nil for anywhere. None
// is a NoInterface problem.
func (l Local) Addrs() ([]netip.Addr, error) {
	if l == "" {
		return nil, nil
	}
	_, addrs, err := l.find()
	if err != nil {
		return nil, app.NewProblem(app.NoInterface, string(l), fmt.Errorf("%w; there are %s", err, there()))
	}
	return addrs, nil
}

// find is the interface of l, and its addresses. There is no interface for
// addresses of the loopback network that are not listed.
func (l Local) find() (*net.Interface, []netip.Addr, error) {
	ip, isIP := l.ip()
	if !isIP {
		itf, err := net.InterfaceByName(string(l))
		if err != nil {
			return nil, nil, err
		}
		addrs, err := addrsOf(itf)
		if err == nil && len(addrs) == 0 {
			err = errors.New("it is down or has no IP address")
		}
		return itf, addrs, err
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, nil, err
	}
	for _, itf := range all {
		if addrs, err := addrsOf(&itf); err == nil && slices.Contains(addrs, ip) {
			return &itf, []netip.Addr{ip}, nil
		}
	}
	if !ip.IsLoopback() {
		return nil, nil, errors.New("it is not an address of this computer")
	}
	// The system alone knows: of 127.0.0.0/8, one address is listed.
	probe, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip.AsSlice()})
	if err != nil {
		return nil, nil, err
	}
	return nil, []netip.Addr{ip}, probe.Close()
}

// Hold keeps a socket that is to listen on address, or to connect to it, to the
// interface of l. It is the Control of a dialer or a listener. What stays on
// this computer leaves by none.
func (l Local) Hold(_, address string, socket syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if l == "" || err == nil && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	if err != nil {
		return err
	}
	itf, _, err := l.find()
	if err != nil || itf == nil {
		return err
	}
	var failed error
	err = socket.Control(func(fd uintptr) { failed = hold(fd, itf, at.Addr().Unmap().Is6()) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("this system does not hold connections to %s: %w", itf.Name, err)
	}
	return nil
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

// DialContext is d.DialContext from l, without d.Control. The name in address, if
// it is one, is looked up as the system does.
func (l Local) DialContext(ctx context.Context, d net.Dialer, network, address string) (net.Conn, error) {
	if l == "" {
		return d.DialContext(ctx, network, address)
	}
	addrs, err := l.Addrs()
	if err != nil {
		return nil, err
	}
	control := d.ControlContext
	d.ControlContext = func(ctx context.Context, network, address string, socket syscall.RawConn) error {
		if control != nil {
			if err := control(ctx, network, address, socket); err != nil {
				return err
			}
		}
		return l.Hold(network, address, socket)
	}
	// One address of each family, IPv4 first: an interface with an IPv6
	// address often leads nowhere by it.
	var failed []error
	for i, a := range addrs {
		if i > 0 && a.Is4() == addrs[i-1].Is4() {
			continue
		}
		d.LocalAddr = &net.TCPAddr{IP: a.AsSlice()}
		if strings.HasPrefix(network, "udp") {
			d.LocalAddr = &net.UDPAddr{IP: a.AsSlice()}
		}
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
