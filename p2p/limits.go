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
	maxConns     = 160
	maxInbound   = 96
	maxPeerConns = 4
	maxMemory    = 192 << 20 // bytes libp2p may reserve for all streams

	// An office, a campus or a carrier's NAT is one address, so libp2p's
	// default of 8 connections an address would lock most of it out. One
	// address still cannot take all inbound places.
	maxPerAddress = 48

	dataStreamsIn  = 8 // a peer, that it opened
	dataStreamsOut = 4 // a peer, that we opened

	maxQueued        = 32               // requests of one session not yet answered in full
	maxParts         = 16               // parts asked for in one session
	handshakeTimeout = 10 * time.Second // dialled to accepted
	writeTimeout     = 60 * time.Second // one chunk of content; 4 KiB/s is the slowest reader served
	maxHandshakes    = 64               // under way at once, inbound
)

// newLimits makes the resource manager. Loopback has no exception: a limit
// that tests cannot meet is not tested.
func newLimits() (network.ResourceManager, error) {
	conf := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: maxConns, ConnsInbound: maxInbound, ConnsOutbound: maxConns,
			Streams: 2048, StreamsInbound: 1024, StreamsOutbound: 1024,
			FD: maxConns + 32, Memory: maxMemory,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: 64, ConnsInbound: 48, ConnsOutbound: 48,
			Streams: 256, StreamsInbound: 128, StreamsOutbound: 128,
			FD: 64, Memory: 48 << 20,
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
			ControlProtocol: {Streams: 1024, StreamsInbound: 768, StreamsOutbound: 768, Memory: maxMemory},
			DataProtocol:    {Streams: 768, StreamsInbound: 512, StreamsOutbound: 512, Memory: maxMemory},
		},
	}
	limiter := rcmgr.NewFixedLimiter(conf.Build(rcmgr.DefaultLimits.Scale(maxMemory, maxConns+32)))
	perAddress := rate.Limit{RPS: 10, Burst: 2 * maxPerAddress}
	perNetwork := rate.Limit{RPS: 20, Burst: 2 * maxInbound}
	return rcmgr.NewResourceManager(limiter,
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithNetworkPrefixLimit([]rcmgr.NetworkPrefixLimit{}, []rcmgr.NetworkPrefixLimit{}),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxPerAddress}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: maxPerAddress}, {PrefixLength: 48, ConnCount: maxInbound}}),
		rcmgr.WithConnRateLimiters(&rate.Limiter{
			SubnetRateLimiter: rate.SubnetLimiter{
				IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: perAddress}},
				IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: perAddress}, {PrefixLength: 48, Limit: perNetwork}},
				GracePeriod:      time.Minute,
			},
		}),
	)
}
