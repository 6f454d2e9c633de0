package p2p

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/app"
	"grove/p2p/internal/bind"
)

// CheckBind reports whether s can be bound to now: the name of a network
// interface with an address, an address of this computer, or "". The error is
// a NoInterface or BadInput problem that lists the interfaces there are.
func CheckBind(s string) error { return bind.Local(s).Check() }

// WatchBind tells why nothing can be bound to s, or nil, now and when that
// changes, until ctx ends.
func WatchBind(ctx context.Context, s string, tell func(*app.Problem)) {
	gone := false
	bind.Local(s).Watch(ctx, func(_ []netip.Addr, err error) bool {
		if was := gone; was != (err != nil) {
			gone = !was
			tell(app.AsProblem(err))
		}
		return true
	})
}

// boundListen turns listen addresses of all interfaces into those of local.
// One that local does not have is a BadInput problem, local's absence a
// NoInterface one.
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

// follow listens on the bound interface, and hangs up when it goes: what comes
// back is another one, or has other addresses. Without it nobody is dialled.
func (n *Node) follow(local bind.Local, addrs []string) {
	begun := false
	local.Watch(n.ctx, func(_ []netip.Addr, err error) bool {
		if !begun && n.gone.Load() == (err != nil) {
			begun = true
			return true // as New found it
		}
		begun = true
		n.hangUp()
		if n.gone.Store(err != nil); err != nil {
			n.log.Info("the interface that everything goes through is not there", "err", err)
			return true
		}
		here, err := boundListen(local, addrs)
		if err == nil {
			err = listen(n.parts.swarm, here)
		}
		if err != nil {
			n.log.Info("cannot listen on the interface that everything goes through", "err", err)
		}
		n.anew()
		return err == nil
	})
}

// hangUp ends everything that listens and every connection.
func (n *Node) hangUp() {
	sw := n.parts.swarm
	sw.ListenClose(sw.ListenAddresses()...)
	for _, c := range sw.Conns() {
		_ = c.Close() // nothing is said: there is no way
	}
	n.parts.sockets.closeAll()
}

// boundTCP is the TCP transport, from and on local.
type boundTCP struct {
	*tcp.TcpTransport
	up    transport.Upgrader
	local bind.Local
}

func newTCP(up transport.Upgrader, limits network.ResourceManager, local bind.Local) (transport.Transport, error) {
	if local == "" {
		return tcp.NewTCPTransport(up, limits, nil)
	}
	// Dials of an unbound one leave from a listening port, which such dials give
	// up.
	t, err := tcp.NewTCPTransport(up, limits, nil, tcp.WithDialerForAddr(func(ma.Multiaddr) (tcp.ContextDialer, error) {
		return dialerFrom{local}, nil
	}))
	return boundTCP{t, up, local}, err
}

// Listen implements transport.Transport.
func (t boundTCP) Listen(at ma.Multiaddr) (transport.Listener, error) {
	network, address, err := manet.DialArgs(at)
	if err != nil {
		return nil, err
	}
	held := net.ListenConfig{Control: t.local.Hold}
	l, err := held.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	wrapped, err := manet.WrapNetListener(l)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return t.up.UpgradeGatedMaListener(t, t.up.GateMaListener(wrapped)), nil
}

type dialerFrom struct{ local bind.Local }

func (d dialerFrom) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.local.DialContext(ctx, net.Dialer{}, network, address)
}

// quicFrom makes QUIC dial from local: from the socket that listens there, or
// from one opened there. It keeps them in all.
func quicFrom(local bind.Local, all *sockets) []quicreuse.Option {
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
			held := net.ListenConfig{Control: local.Hold}
			conn, err := held.ListenPacket(context.Background(), network, at.String())
			if err == nil {
				all.add(conn)
			}
			return conn, err
		}),
	}
}

// sockets are those of QUIC. libp2p keeps one for half a minute after nobody
// uses it any more, and until then nobody can listen where it did.
type sockets struct {
	mu  sync.Mutex
	all []net.PacketConn // guarded by mu
}

func (s *sockets) add(c net.PacketConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c)
}

func (s *sockets) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		_ = c.Close() // libp2p may have closed it
	}
	s.all = nil
}

type sourceFrom struct{ local bind.Local }

func (s sourceFrom) PreferredSourceIPForDestination(to *net.UDPAddr) (net.IP, error) {
	source, err := s.local.Source(to.AddrPort().Addr())
	return source.AsSlice(), err
}
