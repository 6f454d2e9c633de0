package p2p

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/internal/bind"
)

// resolver turns the addresses of a target into IP addresses that reach
// allows. libp2p itself is never given a name to look up.
type resolver struct {
	reach  app.Reach
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	texts  func(ctx context.Context, name string) ([]string, error)
}

func newResolver(reach app.Reach, local bind.Local) *resolver {
	r := &resolver{reach: reach}
	names := &net.Resolver{PreferGo: true}
	if reach.LocalOnly {
		// A local name must not be asked of a server elsewhere.
		names.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return nil, err
			}
			if err := reach.Check(at.Addr(), false); err != nil {
				return nil, err
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
	}
	// Nothing is asked while the interface is not there; the answers would be of
	// no use.
	r.lookup = func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		if _, err := local.Addrs(); err != nil {
			return nil, err
		}
		return names.LookupNetIP(ctx, network, host)
	}
	r.texts = func(ctx context.Context, name string) ([]string, error) {
		if _, err := local.Addrs(); err != nil {
			return nil, err
		}
		return names.LookupTXT(ctx, name)
	}
	return r
}

// resolve returns the allowed addresses of t, and why others were left out.
func (r *resolver) resolve(ctx context.Context, t target) ([]typedAddr, error) {
	var out []typedAddr
	var refused []error
	for _, a := range t.addrs {
		host, family := hostOf(a.addr)
		ips, err := r.hostIPs(ctx, host, family, a.local())
		if err != nil {
			refused = append(refused, err)
			continue
		}
		for _, ip := range ips {
			if err := r.reach.Check(ip, a.local()); err != nil {
				refused = append(refused, err)
			} else if len(out) < maxAddrs {
				out = append(out, typedAddr{withIP(a.addr, ip), a.typed, a.near})
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.Join(refused...)
	}
	return out, nil
}

func (r *resolver) hostIPs(ctx context.Context, host, family string, typed bool) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if err := r.reach.CheckHost(host, typed); err != nil {
		return nil, err
	}
	if name := strings.TrimSuffix(strings.ToLower(host), "."); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	ips, err := r.lookup(ctx, family, host)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, err
}

// all turns an address that begins with a name into those that it stands for
// and that reach allows: of a dnsaddr, what its TXT records say, once more.
func (r *resolver) all(ctx context.Context, a ma.Multiaddr) ([]ma.Multiaddr, error) {
	return r.unfold(ctx, a, 2)
}

func (r *resolver) unfold(ctx context.Context, a ma.Multiaddr, depth int) ([]ma.Multiaddr, error) {
	if len(a) == 0 {
		return nil, errors.New("an empty address")
	}
	if a[0].Protocol().Code != ma.P_DNSADDR {
		addr, id := peer.SplitAddr(a)
		if addr == nil || checkShape(addr) != nil {
			return nil, fmt.Errorf("%s is not the address of a peer", a)
		}
		found, err := r.resolve(ctx, target{id: id, addrs: []typedAddr{{addr: addr}}})
		var out []ma.Multiaddr
		for _, f := range found {
			out = append(out, f.addr.Encapsulate(ma.StringCast("/p2p/"+id.String())))
		}
		return out, err
	}
	host := a[0].Value()
	if err := r.reach.CheckHost(host, false); err != nil || depth == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s is not looked up", a))
	}
	texts, err := r.texts(ctx, "_dnsaddr."+host)
	if err != nil {
		return nil, err
	}
	_, id := peer.SplitAddr(a)
	var out []ma.Multiaddr
	for _, t := range texts[:min(len(texts), maxTexts)] {
		named, ok := strings.CutPrefix(t, "dnsaddr=")
		if !ok {
			continue
		}
		next, err := ma.NewMultiaddr(named)
		if err != nil {
			continue
		}
		if _, is := peer.SplitAddr(next); id != "" && is != id {
			continue
		}
		more, err := r.unfold(ctx, next, depth-1)
		if err == nil {
			out = append(out, more...)
		}
	}
	return out[:min(len(out), maxTexts)], nil
}

// maxTexts bounds what one name stands for.
const maxTexts = 64

// hostOf returns the first part of addr, and what LookupNetIP calls its
// family.
func hostOf(addr ma.Multiaddr) (host, family string) {
	switch first := addr[0]; first.Protocol().Code {
	case ma.P_DNS4:
		return first.Value(), "ip4"
	case ma.P_DNS6:
		return first.Value(), "ip6"
	default:
		return first.Value(), "ip"
	}
}

// withIP puts ip in the place of the first part of addr.
func withIP(addr ma.Multiaddr, ip netip.Addr) ma.Multiaddr {
	proto := "ip6"
	if ip = ip.WithZone(""); ip.Is4() {
		proto = "ip4"
	}
	first, err := ma.NewComponent(proto, ip.String())
	if err != nil {
		return addr // not reached: every netip.Addr without a zone has this form
	}
	return append(ma.Multiaddr{*first}, addr[1:]...)
}
