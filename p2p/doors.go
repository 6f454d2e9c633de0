package p2p

import (
	"crypto/rand"
	"errors"
	"io"
	"slices"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	blankhost "github.com/libp2p/go-libp2p/p2p/host/blank"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/observedaddrs"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	libswarm "github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	ma "github.com/multiformats/go-multiaddr"
)

func init() {
	// libp2p believes an address that others saw when four of them say the same,
	// which a computer with one relay and one tracker never hears. One is enough
	// here, because no such address is told to anybody before somebody has
	// dialled it (AutoNAT v2), and to punch a hole libp2p takes one as well.
	observedaddrs.ActivationThresh = 1
}

// reachOut adds to opts what finds out how others get in.
func (p *libp2pParts) reachOut(opts *basichost.HostOpts, cfg hostConfig, bus event.Bus, limits network.ResourceManager) error {
	if cfg.gate.reach.LocalOnly {
		return nil // nobody outside is there to be reached by, or to ask
	}
	seen, err := observedaddrs.NewManager(bus, p.swarm)
	if err != nil {
		return err
	}
	seen.Start(p.swarm)
	p.closers = slices.Insert(p.closers, 0, io.Closer(seen))
	p.seen, opts.ObservedAddrsManager = seen, seen

	var dialer host.Host = noDialer{}
	if cfg.server != nil {
		if dialer, err = newDialer(cfg, limits); err != nil {
			return err
		}
	}
	if opts.AutoNATv2, err = autonatv2.New(dialer); err != nil {
		return err
	}
	opts.EnableHolePunching = true
	opts.HolePunchingOptions = []holepunch.Option{
		holepunch.DirectDialTimeout(punchTry),
		holepunch.WithAddrFilter(punchFilter{cfg.gate}),
	}
	return nil
}

// openDoors starts what needs the host: the relay client, and of a server the
// relay.
func (p *libp2pParts) openDoors(up transport.Upgrader, cfg hostConfig) error {
	if err := client.AddTransport(p.host, up); err != nil {
		return err
	}
	if cfg.server == nil {
		// A person's computer tries nobody's addresses.
		p.host.RemoveStreamHandler(autonatv2.DialProtocol)
		return nil
	}
	if cfg.server.Relay == nil {
		return nil
	}
	var opts []relay.Option
	if reg := cfg.server.Registry; reg != nil {
		opts = append(opts, relay.WithMetricsTracer(relay.NewMetricsTracer(relay.WithRegisterer(reg))))
	}
	r, err := relay.New(p.host, append(opts, relay.WithResources(cfg.server.Relay.resources()),
		relay.WithReservationAddressFilter(func(a ma.Multiaddr) bool { return cfg.gate.reach.Check(ipOf(a), false) == nil }))...)
	if err != nil {
		return err
	}
	p.relay = r
	p.closers = slices.Insert(p.closers, 0, io.Closer(r))
	return nil
}

// resources are the limits of a relay.
func (l RelayLimit) resources() relay.Resources {
	r := relay.DefaultResources()
	// Those behind one address are an office or a carrier's customers; those of
	// one network are that many times as many.
	r.MaxReservations, r.MaxReservationsPerIP, r.MaxReservationsPerASN = 1024, 64, 512
	if l.Reservations > 0 {
		r.MaxReservations = l.Reservations
	}
	if l.Data > 0 {
		r.Limit.Data = l.Data
		r.BufferSize = 32 << 10
	}
	if l.Duration > 0 {
		r.Limit.Duration = l.Duration
	}
	return r
}

// punchFilter bounds the addresses that a hole is punched at: those that reach
// allows, no more than of any other peer.
type punchFilter struct{ gate *gate }

var _ holepunch.AddrFilter = punchFilter{}

func (f punchFilter) FilterLocal(_ peer.ID, addrs []ma.Multiaddr) []ma.Multiaddr { return f.few(addrs) }

func (f punchFilter) FilterRemote(_ peer.ID, addrs []ma.Multiaddr) []ma.Multiaddr {
	return f.few(addrs)
}

func (f punchFilter) few(addrs []ma.Multiaddr) []ma.Multiaddr {
	addrs = slices.DeleteFunc(slices.Clone(addrs), func(a ma.Multiaddr) bool {
		return isCircuit(a) || checkShape(a) != nil || f.gate.reach.Check(ipOf(a), false) != nil
	})
	return addrs[:min(len(addrs), maxAddrs)]
}

// noDialer stands where a computer that tries nobody's addresses would need a
// second host.
type noDialer struct{ host.Host }

func (noDialer) Close() error { return nil }

// newDialer makes the host that a server tries others' addresses from: another
// one, under another name, so that no connection there is is taken for an
// answer.
func newDialer(cfg hostConfig, limits network.ResourceManager) (_ host.Host, err error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return nil, err
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return nil, err
	}
	store, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(store.AddPrivKey(id, key), store.AddPubKey(id, key.GetPublic())); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	sw, err := libswarm.NewSwarm(id, store, eventbus.NewBus(), libswarm.WithConnectionGater(cfg.gate),
		libswarm.WithResourceManager(limits), libswarm.WithMultiaddrResolver(noNames{}),
		libswarm.WithDialRanker(libswarm.NoDelayDialRanker), libswarm.WithReadOnlyBlackHoleDetector(),
		libswarm.WithUDPBlackHoleSuccessCounter(nil), libswarm.WithIPv6BlackHoleSuccessCounter(nil))
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	_, quicConns, err := addTransports(sw, hostConfig{key: key, local: cfg.local, gate: cfg.gate}, limits, &cfg.parts.sockets)
	d := &dialer{Host: blankhost.NewBlankHost(sw), closers: []io.Closer{store}}
	if quicConns != nil {
		d.closers = slices.Insert(d.closers, 0, quicConns)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

type dialer struct {
	host.Host
	closers []io.Closer
}

func (d *dialer) Close() error {
	err := d.Host.Close()
	for _, c := range d.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}
