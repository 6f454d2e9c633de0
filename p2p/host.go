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
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	libswarm "github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	libtls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
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
	swarm   *libswarm.Swarm
	closers []io.Closer
}

func (p *libp2pParts) Close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (p *libp2pParts) protect(id peer.ID, why string)   { p.host.ConnManager().Protect(id, why) }
func (p *libp2pParts) unprotect(id peer.ID, why string) { p.host.ConnManager().Unprotect(id, why) }

func (p *libp2pParts) closePeer(id peer.ID) {
	_ = p.swarm.ClosePeer(id) // it may have gone by itself
}

// hostConfig is what varies between nodes.
type hostConfig struct {
	key       crypto.PrivKey
	listen    []string
	local     bind.Local
	gate      *gate
	localOnly bool
	limits    network.ResourceManager // nil: newLimits
}

func newHost(cfg hostConfig) (_ *libp2pParts, err error) {
	parts := &libp2pParts{}
	defer func() {
		if err != nil {
			_ = parts.Close() // the error that led here says more
		}
	}()
	id, err := peer.IDFromPrivateKey(cfg.key)
	if err != nil {
		return nil, err
	}
	limits := cfg.limits
	if limits == nil {
		if limits, err = newLimits(); err != nil {
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
		libswarm.WithDialRanker(rankDials),
		libswarm.WithDialTimeout(handshakeTimeout),
		libswarm.WithDialTimeoutLocal(handshakeTimeout/2),
		libswarm.WithUDPBlackHoleSuccessCounter(nil),
		libswarm.WithIPv6BlackHoleSuccessCounter(nil))
	if err != nil {
		return nil, err
	}
	parts.closers = slices.Insert(parts.closers, 0, io.Closer(parts.swarm))
	quicConns, err := addTransports(parts.swarm, cfg, limits)
	if quicConns != nil {
		parts.closers = slices.Insert(parts.closers, 1, io.Closer(quicConns))
	}
	if err != nil {
		return nil, err
	}
	// connmgr trims idle connections only; those with a session are protected.
	conns, err := connmgr.NewConnManager(maxInbound, maxConns-16, connmgr.WithGracePeriod(time.Minute))
	if err != nil {
		return nil, err
	}
	h, err := basichost.NewHost(parts.swarm, &basichost.HostOpts{
		EventBus:     bus,
		ConnManager:  conns,
		UserAgent:    "grove",
		AddrsFactory: announced(cfg.localOnly),
	})
	if err != nil {
		_ = conns.Close()
		return nil, err
	}
	// The host closes the connection manager, the swarm and its services.
	parts.host, parts.closers[0] = h, h
	h.Start()
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

// announced is what identify tells other peers about where this node listens:
// nothing of the local network, except in local-only mode, where nobody else
// is there to hear it.
func announced(localOnly bool) func([]ma.Multiaddr) []ma.Multiaddr {
	return func(addrs []ma.Multiaddr) []ma.Multiaddr {
		if localOnly {
			return addrs
		}
		return slices.DeleteFunc(slices.Clone(addrs), func(a ma.Multiaddr) bool { return !manet.IsPublicAddr(a) })
	}
}

func addTransports(sw *libswarm.Swarm, cfg hostConfig, limits network.ResourceManager) (io.Closer, error) {
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: newMuxer()}}
	tls, err := libtls.New(libtls.ID, cfg.key, muxers)
	if err != nil {
		return nil, err
	}
	up, err := upgrader.New([]sec.SecureTransport{corkTransport{tls}}, muxers, nil, limits, cfg.gate,
		upgrader.WithAcceptTimeout(handshakeTimeout))
	if err != nil {
		return nil, err
	}
	overTCP, err := tcp.NewTCPTransport(up, limits, nil, tcpFrom(cfg.local)...)
	if err != nil {
		return nil, err
	}
	quicConns, err := newQUICConns(cfg.key, limits, quicFrom(cfg.local)...)
	if err != nil {
		return nil, err
	}
	overQUIC, err := libquic.NewTransport(cfg.key, quicConns, nil, cfg.gate, limits)
	if err != nil {
		return quicConns, err
	}
	for _, t := range []transport.Transport{overTCP, overQUIC} {
		if err := sw.AddTransport(t); err != nil {
			return quicConns, err
		}
	}
	return quicConns, nil
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
