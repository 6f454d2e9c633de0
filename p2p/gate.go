package p2p

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	libcontrol "github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/internal/bind"
)

// gate is asked by libp2p before each dial, with the address itself, and at
// each inbound connection. It is the last word on where packets go.
type gate struct {
	reach   app.Reach
	local   bind.Local
	permits *permits
	bans    *bans
}

var _ connmgr.ConnectionGater = (*gate)(nil)

func (g *gate) InterceptPeerDial(p peer.ID) bool { return !g.bans.has(p) }

func (g *gate) InterceptAddrDial(p peer.ID, a ma.Multiaddr) bool {
	if checkShape(a) != nil {
		return false
	}
	ip := ipOf(a)
	return canLeave(g.local, ip) && g.reach.Check(ip, g.permits.has(p, ip)) == nil // of a relay, where it leads by way of one
}

func (g *gate) InterceptAccept(c network.ConnMultiaddrs) bool {
	return !g.reach.LocalOnly || g.reach.Check(ipOf(c.RemoteMultiaddr()), false) == nil
}

func (g *gate) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	return !g.bans.has(p)
}

func (g *gate) InterceptUpgraded(network.Conn) (bool, libcontrol.DisconnectReason) { return true, 0 }

// noNames stands where libp2p would look up names: p2p resolves them itself,
// under app.Reach.
type noNames struct{}

var errNames = errors.New("names are resolved before dialling")

func (noNames) ResolveDNSAddr(context.Context, peer.ID, ma.Multiaddr, int, int) ([]ma.Multiaddr, error) {
	return nil, errNames
}

func (noNames) ResolveDNSComponent(context.Context, ma.Multiaddr, int) ([]ma.Multiaddr, error) {
	return nil, errNames
}

const (
	maxBans = 5_000
	// Small offences are what ordinary races look like, until there are many
	// of them in a short time.
	maxStrikes   = 16
	strikesCount = time.Minute // a strike is forgotten this long after the last one
)

// bans remembers peers that broke the protocol or sent wrong bytes, while the
// program runs. The least recently met are forgotten first.
type bans struct {
	mu    sync.Mutex
	order *list.List                // guarded by mu; of *offence, most recent first
	of    map[peer.ID]*list.Element // guarded by mu
}

type offence struct {
	id      peer.ID
	strikes int
	last    time.Time // of the strikes
	banned  bool
}

func newBans() *bans { return &bans{order: list.New(), of: map[peer.ID]*list.Element{}} }

func (b *bans) has(id peer.ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.of[id]
	if !ok || !e.Value.(*offence).banned {
		return false
	}
	b.order.MoveToFront(e)
	return true
}

// ban remembers id until the program ends or 5,000 others came after it.
func (b *bans) ban(id peer.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entry(id).banned = true
}

// strike counts a small offence and reports whether it was one too many.
func (b *bans) strike(id peer.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.entry(id)
	if now.Sub(o.last) > strikesCount {
		o.strikes = 0
	}
	o.strikes, o.last = o.strikes+1, now
	if o.strikes >= maxStrikes {
		o.banned = true
	}
	return o.banned
}

// entry is called with mu held.
func (b *bans) entry(id peer.ID) *offence {
	if e, ok := b.of[id]; ok {
		b.order.MoveToFront(e)
		return e.Value.(*offence)
	}
	if b.order.Len() >= maxBans {
		last := b.order.Back()
		delete(b.of, b.order.Remove(last).(*offence).id)
	}
	o := &offence{id: id}
	b.of[id] = b.order.PushFront(o)
	return o
}
