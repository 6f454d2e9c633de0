package p2p

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/observedaddrs"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	libswarm "github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	libtls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"

	"grove/p2p/internal/bind"
	"grove/p2p/internal/wire"
)

// The node is put together from libp2p's parts and not by libp2p.New, which
// links every transport there is (two hundred more packages, WebRTC and
// WebSocket among them) and starts services nobody asked for.

// libp2pParts is what a node is made of, in the order it is closed.
type libp2pParts struct {
	host    host.Host
	basic   atomic.Pointer[basichost.BasicHost] // host, as its own kind
	swarm   *libswarm.Swarm
	relay   *relay.Relay           // nil: none
	sockets sockets                // of a bound node
	seen    *observedaddrs.Manager // nil: none
	closers []io.Closer
}

// Close closes the connections first. In libp2p's own order identify waits for
// answers on them, behind all that is under way.
func (p *libp2pParts) Close() error {
	var errs []error
	if p.swarm != nil {
		errs = append(errs, p.swarm.Close())
	}
	for _, c := range p.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// tried are the addresses that other computers tried to dial, by how it went.
// libp2p's services ask while the host is still being made.
func (p *libp2pParts) tried() (reachable, unreachable []ma.Multiaddr) {
	if h := p.basic.Load(); h != nil {
		reachable, unreachable, _ = h.ConfirmedAddrs()
	}
	return reachable, unreachable
}

func (p *libp2pParts) protect(id peer.ID, why string)   { p.host.ConnManager().Protect(id, why) }
func (p *libp2pParts) unprotect(id peer.ID, why string) { p.host.ConnManager().Unprotect(id, why) }

// protected reports whether anything keeps the connection to id.
func (p *libp2pParts) protected(id peer.ID) bool { return p.host.ConnManager().IsProtected(id, "") }

func (p *libp2pParts) closePeer(id peer.ID) {
	_ = p.swarm.ClosePeer(id) // it may have gone by itself
}

// hostConfig is what varies between nodes.
type hostConfig struct {
	key    crypto.PrivKey
	listen []string
	local  bind.Local
	gate   *gate
	limits network.ResourceManager // nil: newLimits
	server *Server                 // nil: a person's computer

	parts     *libp2pParts                                  // is filled in; nil: made
	wrap      func(transport.Transport) transport.Transport // nil: as it is
	rank      network.DialRanker                            // nil: TCP first
	announced basichost.AddrsFactory                        // nil: every address
	mapper    basichost.NATManager                          // nil: none
	meet      *network.NotifyBundle                         // hears of connections from the first on; nil: nobody does
	sim       *simulated                                    // nil: the real network
	// reach lets others find a way in: relays, holes, and computers that try the
	// addresses. Without it the host only listens.
	reach bool
}

func newHost(cfg hostConfig) (_ *libp2pParts, err error) {
	parts := cfg.parts
	if parts == nil {
		parts = &libp2pParts{}
		cfg.parts = parts
	}
	defer func() {
		if err != nil {
			_ = parts.Close() // the error that led here says more
		}
	}()
	id, err := peer.IDFromPrivateKey(cfg.key)
	if err != nil {
		return nil, err
	}
	if cfg.rank == nil {
		cfg.rank = func(addrs []ma.Multiaddr) []network.AddrDelay { return rankDials(addrs, true) }
	}
	limits := cfg.limits
	if limits == nil {
		if limits, err = newLimits(sizeOf(cfg.server)); err != nil {
			return nil, err
		}
	}
	parts.closers = append(parts.closers, limits)
	store, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, err
	}
	parts.closers = append(parts.closers, store)
	if err := errors.Join(store.AddPrivKey(id, cfg.key), store.AddPubKey(id, cfg.key.GetPublic())); err != nil {
		return nil, err
	}
	bus := eventbus.NewBus()
	parts.swarm, err = libswarm.NewSwarm(id, store, bus,
		libswarm.WithConnectionGater(cfg.gate),
		libswarm.WithResourceManager(limits),
		libswarm.WithMultiaddrResolver(noNames{}),
		libswarm.WithDialRanker(cfg.rank),
		libswarm.WithDialTimeout(handshakeTimeout),
		libswarm.WithDialTimeoutLocal(handshakeTimeout/2),
		libswarm.WithUDPBlackHoleSuccessCounter(nil),
		libswarm.WithIPv6BlackHoleSuccessCounter(nil))
	if err != nil {
		return nil, err
	}
	parts.closers = slices.Insert(parts.closers, 0, io.Closer(parts.swarm))
	if cfg.meet != nil {
		parts.swarm.Notify(cfg.meet)
	}
	up, quicConns, err := addTransports(parts.swarm, cfg, limits, &parts.sockets)
	if quicConns != nil {
		parts.closers = slices.Insert(parts.closers, 1, io.Closer(quicConns))
	}
	if err != nil {
		return nil, err
	}
	opts := &basichost.HostOpts{EventBus: bus, UserAgent: "grove", AddrsFactory: cfg.announced}
	if cfg.mapper != nil {
		opts.NATManager = func(network.Network) basichost.NATManager { return cfg.mapper }
	}
	if cfg.reach {
		if err := parts.reachOut(opts, cfg, bus, limits); err != nil {
			return nil, err
		}
	}
	size := sizeOf(cfg.server)
	// It trims idle connections only; those with a session are protected.
	if opts.ConnManager, err = connmgr.NewConnManager(size.low, size.high, connmgr.WithGracePeriod(size.grace)); err != nil {
		return nil, err
	}
	h, err := basichost.NewHost(parts.swarm, opts)
	if err != nil {
		_ = opts.ConnManager.Close()
		return nil, err
	}
	// The host closes the connection manager, the swarm and its services.
	i := slices.Index(parts.closers, io.Closer(parts.swarm))
	parts.host, parts.closers[i] = h, h
	parts.basic.Store(h)
	h.Start()
	if cfg.reach {
		if err := parts.openDoors(up, cfg); err != nil {
			return nil, err
		}
	}
	return parts, listen(parts.swarm, cfg.listen)
}

func listen(sw *libswarm.Swarm, addrs []string) error {
	var all []ma.Multiaddr
	for _, s := range addrs {
		a, err := ma.NewMultiaddr(s)
		if err == nil {
			err = checkShape(a)
		}
		if err != nil {
			return fmt.Errorf("listen address %q: %w", s, err)
		}
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil
	}
	return sw.Listen(all...) // succeeds when one of them does
}

// addTransports gives sw its transports, and all the sockets they open. What it
// returns is closed, and used by transports of others, also where the error is not
// nil.
func addTransports(sw *libswarm.Swarm, cfg hostConfig, limits network.ResourceManager, all *sockets) (transport.Upgrader, io.Closer, error) {
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: lineMuxer{newMuxer()}}}
	tls, err := libtls.New(libtls.ID, cfg.key, muxers)
	if err != nil {
		return nil, nil, err
	}
	up, err := upgrader.New([]sec.SecureTransport{corkTransport{tls}}, muxers, nil, limits, cfg.gate,
		upgrader.WithAcceptTimeout(handshakeTimeout))
	if err != nil {
		return nil, nil, err
	}
	if cfg.sim != nil {
		quicConns, err := newQUICConns(cfg.key, limits, cfg.sim.options()...)
		if err != nil {
			return nil, nil, err
		}
		overQUIC, err := libquic.NewTransport(cfg.key, quicConns, nil, cfg.gate, limits)
		if err == nil {
			err = sw.AddTransport(overQUIC)
		}
		return up, quicConns, err
	}
	overTCP, err := newTCP(up, limits, cfg.local)
	if err != nil {
		return nil, nil, err
	}
	quicConns, err := newQUICConns(cfg.key, limits, quicFrom(cfg.local, all)...)
	if err != nil {
		return nil, nil, err
	}
	overQUIC, err := libquic.NewTransport(cfg.key, quicConns, nil, cfg.gate, limits)
	if err != nil {
		return up, quicConns, err
	}
	for _, t := range []transport.Transport{overTCP, overQUIC} {
		if cfg.wrap != nil {
			t = cfg.wrap(t)
		}
		if err := sw.AddTransport(t); err != nil {
			return up, quicConns, err
		}
	}
	return up, quicConns, nil
}

// simulated is a network in memory, which keeps virtual time. It has QUIC only.
type simulated struct {
	listen func(*net.UDPAddr) (net.PacketConn, error)
	source net.IP // of this node
}

func (s *simulated) options() []quicreuse.Option {
	return []quicreuse.Option{
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return s, nil }),
		quicreuse.OverrideListenUDP(func(_ string, at *net.UDPAddr) (net.PacketConn, error) { return s.listen(at) }),
	}
}

func (s *simulated) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) {
	return s.source, nil
}

// newMuxer is libp2p's yamux with windows that let two streams fill a fast
// line from the first second, a ceiling on what an unread stream may hold, and
// frames that leave in one segment.
func newMuxer() *yamux.Transport {
	conf := *yamux.DefaultTransport.Config()
	conf.InitialStreamWindowSize = 1 << 20
	conf.MaxStreamWindowSize = 8 << 20
	conf.MaxMessageSize = wire.FrameSize
	conf.MaxIncomingStreams = 256
	conf.LogOutput = io.Discard
	return (*yamux.Transport)(&conf)
}

// newQUICConns does what libp2p's own constructor does: connections are
// counted before their handshake, and addresses verified under load.
func newQUICConns(key crypto.PrivKey, limits network.ResourceManager, more ...quicreuse.Option) (*quicreuse.ConnManager, error) {
	raw, err := key.Raw()
	if err != nil {
		return nil, err
	}
	var reset quic.StatelessResetKey
	var token quic.TokenGeneratorKey
	for info, out := range map[string][]byte{
		"libp2p quic stateless reset key": reset[:],
		"libp2p quic token generator key": token[:],
	} {
		b, err := hkdf.Key(sha256.New, raw, nil, info, len(out))
		if err != nil {
			return nil, err
		}
		copy(out, b)
	}
	return quicreuse.NewConnManager(reset, token, append(more,
		quicreuse.ConnContext(func(ctx context.Context, client *quic.ClientInfo) (context.Context, error) {
			addr, err := quicreuse.ToQuicMultiaddr(client.RemoteAddr, quic.Version1)
			if err != nil {
				addr = nil // the resource manager judges it as unknown
			}
			scope, err := limits.OpenConnection(network.DirInbound, false, addr)
			if err != nil {
				return ctx, err
			}
			ctx = network.WithConnManagementScope(ctx, scope)
			context.AfterFunc(ctx, scope.Done)
			return ctx, nil
		}),
		quicreuse.VerifySourceAddress(func(addr net.Addr) bool { return limits.VerifySourceAddress(addr) }))...)
}
