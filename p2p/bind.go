package p2p

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/internal/bind"
)

// CheckBind reports whether s can be bound to now: the name of a network
// interface with an address, an address of this computer, or "". The error is
// a BadInput problem that lists the interfaces there are.
func CheckBind(s string) error { return bind.Local(s).Check() }

// boundListen turns listen addresses of all interfaces into those of local.
// One that local does not have is a BadInput problem.
func boundListen(local bind.Local, listen []string) ([]string, error) {
	if local == "" {
		return listen, nil
	}
	have, err := local.Addrs()
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, s := range listen {
		a, err := ma.NewMultiaddr(s)
		if err != nil || checkShape(a) != nil {
			out = append(out, s) // listen says what is wrong with it
			continue
		}
		switch ip := ipOf(a); {
		case ip.IsUnspecified():
			for _, own := range have {
				if own.Is4() == ip.Is4() {
					out = append(out, withIP(a, own).String())
				}
			}
		case slices.Contains(have, ip):
			out = append(out, s)
		default:
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("The listen address %q is not one of %s", s, local), nil)
		}
	}
	if len(out) == 0 && len(listen) > 0 {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%s has no address of the kind to listen on", local), nil)
	}
	return out, nil
}

// canLeave reports whether local has an address of ip's family to leave from.
func canLeave(local bind.Local, ip netip.Addr) bool {
	if local == "" {
		return true
	}
	_, err := local.Source(ip)
	return err == nil
}

// tcpFrom makes the TCP transport dial from local. Dials of an unbound one
// leave from a listening port, which such dials give up.
func tcpFrom(local bind.Local) []tcp.Option {
	if local == "" {
		return nil
	}
	return []tcp.Option{tcp.WithDialerForAddr(func(ma.Multiaddr) (tcp.ContextDialer, error) {
		return dialerFrom{local}, nil
	})}
}

type dialerFrom struct{ local bind.Local }

func (d dialerFrom) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.local.DialContext(ctx, net.Dialer{}, network, address)
}

// quicFrom makes QUIC dial from local: from the socket that listens there, or
// from one opened there.
func quicFrom(local bind.Local) []quicreuse.Option {
	if local == "" {
		return nil
	}
	return []quicreuse.Option{
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return sourceFrom{local}, nil }),
		quicreuse.OverrideListenUDP(func(network string, at *net.UDPAddr) (net.PacketConn, error) {
			if ip := at.AddrPort().Addr().Unmap(); ip.IsUnspecified() {
				source, err := local.Source(ip)
				if err != nil {
					return nil, err
				}
				at = &net.UDPAddr{IP: source.AsSlice(), Port: at.Port}
			}
			return net.ListenUDP(network, at)
		}),
	}
}

type sourceFrom struct{ local bind.Local }

func (s sourceFrom) PreferredSourceIPForDestination(to *net.UDPAddr) (net.IP, error) {
	source, err := s.local.Source(to.AddrPort().Addr())
	return source.AsSlice(), err
}
