package kad

import (
	"fmt"
	"slices"

	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p-kad-dht/amino"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/app"
)

// overlay is which network the table belongs to.
type overlay struct {
	prefix protocol.ID
	// global is for the public network as everybody knows it: nothing but
	// public addresses is taken from others or told to them. Where a list to
	// begin with was given, the network may be a local one.
	global bool
}

func overlayOf(d app.DHT) overlay {
	o := overlay{prefix: protocol.ID(d.Prefix)}
	if o.prefix == "" {
		o.prefix = dht.DefaultPrefix
	}
	o.global = o.everyones() && len(d.Bootstrap) == 0
	return o
}

// everyones reports whether the network is shared with other programs.
func (o overlay) everyones() bool { return o.prefix == dht.DefaultPrefix }

// proto is the protocol of this network's streams.
func (o overlay) proto() protocol.ID { return o.prefix + "/kad/1.0.0" }

// options is how the library is used. What is left out keeps the library's
// value: buckets of 20, 10 questions at a time, the 3 nearest must answer.
// Those are what a network agrees on, and fewer questions at a time makes each
// dead computer on the way cost everybody's patience; guest bounds the dials
// of all of them together.
//
// Provide is made of the library's parts. The library's own, and its optimistic
// one, report success where all computers of the network were gone and nobody
// was told; we would not try again for 22 hours. The optimistic one also needs
// five look-ups of the last two hours to know how large the network is, which
// a client does not make.
func (o overlay) options(g *guest, serve bool) []dht.Option {
	opts := []dht.Option{
		dht.ProtocolPrefix(o.prefix),
		// The library keeps its periodic refresh off, which for a client is
		// hundreds of dials every ten minutes that nobody asked for. What a walk
		// meets fills the table as well. Who serves refreshes by refresh.
		dht.DisableAutoRefresh(),
		dht.LookupCheckConcurrency(16),
		dht.AddressFilter(o.usable),
		dht.QueryFilter(func(d any, p peer.AddrInfo) bool {
			return slices.ContainsFunc(o.usable(p.Addrs), direct) && (!o.global || dht.PublicQueryFilter(d, p))
		}),
		// guest decides when a server is one; see guest.setOpen.
		dht.Mode(dht.ModeClient),
	}
	if serve {
		opts = append(opts, dht.Mode(dht.ModeServer), dht.OnRequestHook(newAdmission(maxRecords, maxValues).judge))
	}
	if !o.everyones() {
		// Nobody keeps values for anybody here. The public network requires it.
		opts = append(opts, dht.DisableValues())
	}
	if o.global {
		opts = append(opts,
			dht.RoutingTableFilter(dht.PublicRoutingTableFilter),
			// Three computers of one address block, two in a bucket: it takes many
			// blocks to fill the table.
			dht.RoutingTablePeerDiversityFilter(dht.NewRTPeerDiversityFilter(g,
				amino.DefaultMaxPeersPerIPGroupPerCpl, amino.DefaultMaxPeersPerIPGroup)))
	}
	return opts
}

// targets are the computers to begin with: those of list, or the library's.
func (o overlay) targets(list []string, self peer.ID) ([]peer.AddrInfo, error) {
	var addrs []ma.Multiaddr
	for _, s := range list {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%q is not an address to begin the hash table with", s), err)
		}
		addrs = append(addrs, a)
	}
	if o.global {
		addrs = dht.DefaultBootstrapPeers
	}
	var out []peer.AddrInfo
	for _, a := range addrs {
		addr, id := peer.SplitAddr(a)
		if id == "" || addr == nil {
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%q does not end in /p2p/ and a peer ID", a), nil)
		}
		i := slices.IndexFunc(out, func(p peer.AddrInfo) bool { return p.ID == id })
		switch {
		case id == self:
		case i < 0:
			out = append(out, peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{addr}})
		default:
			out[i].Addrs = append(out[i].Addrs, addr)
		}
	}
	return out, nil
}

// maxAddrs is how many addresses of one peer are looked at.
const maxAddrs = 8

// usable are the first of addrs that Grove speaks and that may be told around
// in this network, without the peer's own ID at the end.
func (o overlay) usable(addrs []ma.Multiaddr) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, a := range addrs {
		if last := len(a) - 1; last > 0 && a[last].Protocol().Code == ma.P_P2P {
			a = a[:last]
		}
		if !spoken(a) || o.global && !manet.IsPublicAddr(a) {
			continue
		}
		if out = append(out, a); len(out) == maxAddrs {
			break
		}
	}
	return out
}

// spoken accepts <ip>/tcp/<port> and <ip>/udp/<port>/quic-v1, and either of
// them with a relay behind it.
func spoken(a ma.Multiaddr) bool {
	var codes []int
	for _, c := range a {
		codes = append(codes, c.Protocol().Code)
	}
	if len(codes) == 0 || codes[0] != ma.P_IP4 && codes[0] != ma.P_IP6 {
		return false
	}
	for _, way := range [][]int{{ma.P_TCP}, {ma.P_UDP, ma.P_QUIC_V1}} {
		if rest := codes[1:]; slices.Equal(rest, way) || slices.Equal(rest, append(way, ma.P_P2P, ma.P_CIRCUIT)) {
			return true
		}
	}
	return false
}

// direct reports whether a leads to the computer itself: one that answers
// questions for others is not behind a relay.
func direct(a ma.Multiaddr) bool { return a[len(a)-1].Protocol().Code != ma.P_CIRCUIT }
