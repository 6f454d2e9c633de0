package door

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"

	libnat "github.com/libp2p/go-libp2p/p2p/net/nat"
	"github.com/libp2p/go-netroute"

	"grove/app"
	"grove/p2p/internal/bind"
)

// router forwards ports of its own to this computer. A gateway is one, and so
// is what go-libp2p finds.
type router interface {
	AddMapping(ctx context.Context, protocol string, port int) error
	RemoveMapping(ctx context.Context, protocol string, port int) error
	GetMapping(protocol string, port int) (netip.AddrPort, bool)
	Close() error
}

// way is how packets leave for the Internet.
type way struct {
	gateway netip.Addr   // with a zone where it is of the link alone
	own     []netip.Addr // of this computer, that others may see packets come from
}

var errNoWay = errors.New("no router leads to the Internet")

// Any address that is not special will do: nothing is sent to it.
var outside4, outside6 = net.IPv4(192, 0, 2, 1), net.ParseIP("2600::1")

// wayOut asks the system where packets for the Internet go.
func wayOut(v6 bool) (way, error) {
	table, err := netroute.New()
	if err != nil {
		return way{}, err
	}
	to := outside4
	if v6 {
		to = outside6
	}
	itf, gw, src, err := table.Route(to)
	if err != nil {
		return way{}, err
	}
	gateway, ok := netip.AddrFromSlice(gw)
	if gateway = gateway.Unmap(); !ok || gateway.IsUnspecified() || itf == nil {
		return way{}, errNoWay // a tunnel, or none
	}
	if gateway.IsLinkLocalUnicast() && v6 {
		gateway = gateway.WithZone(itf.Name)
	}
	w := way{gateway: gateway}
	if !v6 {
		if own, ok := netip.AddrFromSlice(src); ok {
			w.own = append(w.own, own.Unmap())
		}
		return w, nil
	}
	// A computer has several IPv6 addresses, and a firewall lets each in by
	// itself.
	addrs, err := itf.Addrs()
	if err != nil {
		return way{}, err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && global6.Contains(ip) && len(w.own) < maxOwn6 {
				w.own = append(w.own, ip)
			}
		}
	}
	return w, nil
}

const maxOwn6 = 4

var (
	global6 = netip.MustParsePrefix("2000::/3")
	carrier = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
)

// behind reports whether an address of this computer is one that a router
// stands before: an IPv4 address that is public needs none.
func behind(own netip.Addr) bool {
	return own.Is6() || app.IsLocal(own) && !own.IsLoopback() || carrier.Contains(own)
}

// found is a router, for one address of this computer.
type found struct {
	router
	own     netip.Addr
	how     string // for people
	entries map[entry]bool
}

// finder looks for routers. Its parts are replaced in tests.
type finder struct {
	wayOut   func(v6 bool) (way, error)
	dial     func(ctx context.Context, own, gateway netip.Addr) (net.Conn, error)
	discover func(ctx context.Context) (router, error) // by UPnP; IPv4; nil: not at all
}

func realFinder(local bind.Local) finder {
	f := finder{wayOut: wayOut, dial: func(ctx context.Context, own, gateway netip.Addr) (net.Conn, error) {
		d := net.Dialer{Control: local.Hold, LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(own, 0))}
		return d.DialContext(ctx, "udp", netip.AddrPortFrom(gateway, routerPort).String())
	}}
	if local == "" {
		f.discover = func(ctx context.Context) (router, error) {
			ctx, cancel := context.WithTimeout(ctx, libnat.DiscoveryTimeout)
			defer cancel()
			return libnat.DiscoverNAT(ctx)
		}
	}
	return f
}

// find returns the routers that forward one of wants. PCP and NAT-PMP are
// asked first: one question to one computer, where UPnP shouts into the local
// network. go-libp2p speaks NAT-PMP too, but not on Linux (go-netroute v0.4.0
// refuses its question for the gateway), and there a port once asked for is
// never given back.
func (f finder) find(ctx context.Context, wants []want) []*found {
	var asks sync.WaitGroup
	out := make([]*found, 1+maxOwn6) // the order of addresses, not of answers
	n := 0
	for _, v6 := range []bool{false, true} {
		w, err := f.wayOut(v6)
		if err != nil {
			continue
		}
		for _, own := range w.own {
			if entries := from(wants, own); len(entries) > 0 && behind(own) && n < len(out) {
				at := &out[n]
				n++
				asks.Go(func() { *at = f.ask(ctx, own, w.gateway, entries) })
			}
		}
	}
	asks.Wait()
	return slices.DeleteFunc(out, func(r *found) bool { return r == nil })
}

// ask is one address and the router before it.
func (f finder) ask(ctx context.Context, own, gateway netip.Addr, entries []entry) *found {
	if conn, err := f.dial(ctx, own, gateway); err == nil {
		if g, err := probe(ctx, conn, own); err == nil {
			r := &found{router: g, own: own, how: g.name() + " " + gateway.String(), entries: map[entry]bool{}}
			if r.sync(ctx, entries) {
				return r
			}
			_ = g.Close() // what is not given need not be given back
		}
	}
	if own.Is6() || f.discover == nil || ctx.Err() != nil {
		return nil
	}
	nat, err := f.discover(ctx)
	if err != nil {
		return nil
	}
	r := &found{router: nat, own: own, how: "UPnP", entries: map[entry]bool{}}
	if r.sync(ctx, entries) {
		return r
	}
	_ = nat.Close()
	return nil
}

// sync has the router forward exactly these ports, as far as it can, and
// reports whether it forwards any.
func (r *found) sync(ctx context.Context, entries []entry) bool {
	for e := range r.entries {
		if !slices.Contains(entries, e) {
			_ = r.RemoveMapping(ctx, e.protocol, e.port) // it is given for a time only
			delete(r.entries, e)
		}
	}
	some := false
	for _, e := range entries {
		if !r.entries[e] {
			_ = r.AddMapping(ctx, e.protocol, e.port) // GetMapping knows
			r.entries[e] = true
		}
		_, ok := r.GetMapping(e.protocol, e.port)
		some = some || ok
	}
	return some
}
