package p2p

import (
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"
)

// Limits against peers. The first block is kept by libp2p's resource manager,
// the second by this package.
const (
	maxPeerConns = 4

	dataStreamsIn  = 8 // a peer, that it opened
	dataStreamsOut = 4 // a peer, that we opened

	maxQueued        = 32               // requests of one session not yet answered in full
	maxParts         = 16               // parts asked for in one session
	handshakeTimeout = 10 * time.Second // dialled to accepted
	writeTimeout     = 60 * time.Second // one chunk of content; 4 KiB/s is the slowest reader served
	maxHandshakes    = 64               // under way at once, inbound
)

// size is how much a node takes on.
type size struct {
	conns, inbound int
	memory         int64 // bytes libp2p may reserve for all streams
	// An office, a campus or a carrier's NAT is one address, so libp2p's
	// default of 8 connections an address would lock most of it out. One
	// address still cannot take all inbound places.
	perAddress int
	perSecond  float64 // new connections from one address
	// The connection manager closes idle connections down to low when there are
	// more than high in all, those younger than grace left out.
	low, high int
	grace     time.Duration
}

// desktop is the size of a person's computer. Home routers lose their wits at
// some thousand connections; 160 with their dials leave room for everything
// else behind the same one, and are five times the neighbours that a download
// looks for (enough). Idle ones belong to the hash table and to strangers: 24
// do, as in Kubo's profile for small machines.
var desktop = size{conns: 160, inbound: 96, memory: 192 << 20, perAddress: 48, perSecond: 10,
	low: 24, high: 48, grace: 20 * time.Second}

// sizeOf is the size of a server: 54 to 74 KiB a connection (NETWORK 6), so
// 4,096 of them are 300 MB. Most of it are relay reservations and the hash
// table's, which are idle by nature, so the connection manager leaves nine in
// ten alone.
func sizeOf(s *Server) size {
	if s == nil {
		return desktop
	}
	n := s.Conns
	if n <= 0 {
		n = 4096
	}
	return size{conns: n, inbound: n * 7 / 8, memory: max(desktop.memory, int64(n)<<18), perAddress: max(64, n/16), perSecond: 50,
		low: n * 8 / 10, high: n * 9 / 10, grace: time.Minute}
}

// newLimits makes the resource manager. Loopback has no exception: a limit
// that tests cannot meet is not tested.
func newLimits(s size) (network.ResourceManager, error) {
	few := max(64, s.conns/8) // handshakes under way
	conf := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: rcmgr.LimitVal(s.conns), ConnsInbound: rcmgr.LimitVal(s.inbound), ConnsOutbound: rcmgr.LimitVal(s.conns),
			Streams: rcmgr.LimitVal(13 * s.conns), StreamsInbound: rcmgr.LimitVal(7 * s.conns), StreamsOutbound: rcmgr.LimitVal(7 * s.conns),
			FD: rcmgr.LimitVal(s.conns + 32), Memory: rcmgr.LimitVal64(s.memory),
		},
		Transient: rcmgr.ResourceLimits{
			Conns: rcmgr.LimitVal(few), ConnsInbound: rcmgr.LimitVal(few * 3 / 4), ConnsOutbound: rcmgr.LimitVal(few * 3 / 4),
			Streams: rcmgr.LimitVal(4 * few), StreamsInbound: rcmgr.LimitVal(2 * few), StreamsOutbound: rcmgr.LimitVal(2 * few),
			FD: rcmgr.LimitVal(few), Memory: rcmgr.LimitVal64(s.memory / 4),
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: maxPeerConns, ConnsInbound: maxPeerConns, ConnsOutbound: maxPeerConns,
			Streams: 128, StreamsInbound: 64, StreamsOutbound: 64,
			FD: maxPeerConns, Memory: 48 << 20,
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			ControlProtocol: {Streams: 64, StreamsInbound: 32, StreamsOutbound: 32, Memory: 16 << 20},
			DataProtocol:    {Streams: dataStreamsIn + dataStreamsOut, StreamsInbound: dataStreamsIn, StreamsOutbound: dataStreamsOut, Memory: 48 << 20},
		},
		Protocol: map[protocol.ID]rcmgr.ResourceLimits{
			ControlProtocol: {Streams: rcmgr.LimitVal(6 * s.conns), StreamsInbound: rcmgr.LimitVal(5 * s.conns), StreamsOutbound: rcmgr.LimitVal(5 * s.conns), Memory: rcmgr.LimitVal64(s.memory)},
			DataProtocol:    {Streams: rcmgr.LimitVal(5 * s.conns), StreamsInbound: rcmgr.LimitVal(3 * s.conns), StreamsOutbound: rcmgr.LimitVal(3 * s.conns), Memory: rcmgr.LimitVal64(s.memory)},
		},
	}
	limiter := rcmgr.NewFixedLimiter(conf.Build(rcmgr.DefaultLimits.Scale(s.memory, s.conns+32)))
	perAddress := rate.Limit{RPS: s.perSecond, Burst: 2 * s.perAddress}
	perNetwork := rate.Limit{RPS: 2 * s.perSecond, Burst: 2 * s.inbound}
	return rcmgr.NewResourceManager(limiter,
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithNetworkPrefixLimit([]rcmgr.NetworkPrefixLimit{}, []rcmgr.NetworkPrefixLimit{}),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: s.perAddress}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: s.perAddress}, {PrefixLength: 48, ConnCount: s.inbound}}),
		rcmgr.WithConnRateLimiters(&rate.Limiter{
			SubnetRateLimiter: rate.SubnetLimiter{
				IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: perAddress}},
				IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: perAddress}, {PrefixLength: 48, Limit: perNetwork}},
				GracePeriod:      time.Minute,
			},
		}),
	)
}
