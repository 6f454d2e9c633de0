// Package dials holds a computer back from dialling what others merely say is
// there: so that a hostile tracker or hash table cannot make it a weapon
// against somebody else.
//
// An address, here, is an IP address and a transport (TCP or QUIC), whatever
// the port and the peer ID: whoever invents peers can invent those. One that
// never answered gets few dials an hour, and so does the network around it.
// Ordinary dials and those that punch a hole are counted apart, so that a
// punch is not eaten by the failed dials before it.
package dials

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	// period is what the numbers below are counted over, a window that slides.
	period = time.Hour
	// perAddress lets a lost packet, and then a peer that was asleep, be made
	// up for, and is far below what anybody at the other end could notice.
	perAddress = 3
	// slowest is how long a dial of an address that never answered may take:
	// a handshake around the world over a bad line takes under two seconds,
	// and a place is not held longer for a packet sink.
	slowest = 5 * time.Second
	// remembered is how long an answer counts: home addresses are given to
	// somebody else after a day or more.
	remembered = 24 * time.Hour
	// maxAddresses bounds the memory (about 5 MB). Nothing that still counts
	// is forgotten to make room: a crowd of invented addresses would wash out
	// the one that is aimed at.
	maxAddresses = 10_000
)

// around are the networks counted beside the address itself, by what their
// dials together may be in a period. A dial that was answered is not counted.
var around = []struct{ v4, v6, most int }{
	// A /24 is the smallest network that is routed, and often one victim: eight
	// of its addresses can be tried to the end. A campus or a provider of
	// servers in one /24 has peers that answer, and those are free.
	{v4: 24, most: 24},
	// A /64 is one household or one server: whoever is there can have any
	// address in it, and a computer has a few at a time.
	{v6: 64, most: 12},
	// A /48 is one site, or at most 256 households of a provider.
	{v6: 48, most: 48},
}

// lane is a transport and a purpose; each has an allowance of its own.
type lane int

const (
	overTCP lane = iota
	overQUIC
	punchTCP
	punchQUIC
	lanes
)

func (l lane) String() string {
	return [...]string{"by TCP", "by QUIC", "through a hole by TCP", "through a hole by QUIC"}[l]
}

// Budget counts dials, over all transports of a host. Safe for concurrent use.
type Budget struct {
	// Watch is told of each dial that leaves, those that punch a hole left out,
	// and what it returns how the dial ended. Nil is told nothing. It is set before
	// the first dial.
	Watch func(peer.ID, ma.Multiaddr) (ended func(error))

	places chan struct{} // one token for each dial under way

	mu     sync.Mutex
	exempt map[netip.Addr]int // guarded by mu; how many hold it exempt
	book   book               // guarded by mu
}

// NewBudget makes one; most is how many dials may be under way at once, those
// of exempt addresses not counted.
func NewBudget(most int) *Budget {
	return &Budget{places: make(chan struct{}, most), exempt: map[netip.Addr]int{}, book: newBook()}
}

// Answered says that a secured connection with ip was made, by either side.
// For 24 hours its addresses are not counted. Dials under the budget that
// succeed say so themselves.
func (b *Budget) Answered(ip netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.book.answer(canonical(ip), time.Now())
}

// Exempt leaves dials of ip alone until release is called, once for each call
// of Exempt: the user typed it, so nobody else aims at it.
func (b *Budget) Exempt(ip netip.Addr) (release func()) {
	ip = canonical(ip)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.exempt[ip]++
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.exempt[ip]--; b.exempt[ip] == 0 {
			delete(b.exempt, ip)
		}
	})
}

// Forgive forgets the dials of ip: the user wants it tried now.
func (b *Budget) Forgive(ip netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.book.forget(canonical(ip))
}

// ForgiveAll forgets all dials, and not who answered. It is for what happens
// at this computer only: the user wants everything tried now, or the network
// has come back and the dials so far reached nobody.
func (b *Budget) ForgiveAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.book.forgetAll()
}

// dial runs leave, with a shorter ctx where needed, if addr may be dialled now.
func (b *Budget) dial(ctx context.Context, p peer.ID, addr ma.Multiaddr, leave func(context.Context) (transport.CapableConn, error)) (transport.CapableConn, error) {
	ip, l, err := split(ctx, addr)
	if err != nil {
		return nil, err
	}
	do := func(ctx context.Context) (transport.CapableConn, error) {
		if b.Watch == nil || l >= punchTCP {
			return leave(ctx)
		}
		ended := b.Watch(p, addr)
		conn, err := leave(ctx)
		if told := ctx.Err(); err != nil && told != nil {
			ended(told) // the transport may say it in its own words
		} else {
			ended(err)
		}
		return conn, err
	}
	if b.isExempt(ip) {
		conn, err := do(ctx)
		if err == nil {
			b.Answered(ip)
		}
		return conn, err
	}
	// Asked before the wait for a place, so that what is spent fails at once,
	// and counted after it, when the dial leaves.
	b.mu.Lock()
	_, err = b.book.check(ip, l, time.Now())
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case b.places <- struct{}{}:
		defer func() { <-b.places }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err // nothing has left
	}
	b.mu.Lock()
	known, err := b.book.charge(ip, l, time.Now())
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, slowest)
		defer cancel()
	}
	conn, err := do(ctx)
	if err == nil {
		b.Answered(ip)
	}
	return conn, err
}

func (b *Budget) isExempt(ip netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.exempt[ip] > 0
}

var errNoIP = errors.New("only IP addresses are dialled")

// split is the IP address of addr and the lane that a dial of it under ctx is
// counted in.
func split(ctx context.Context, addr ma.Multiaddr) (netip.Addr, lane, error) {
	raw, err := manet.ToIP(addr)
	if err != nil {
		return netip.Addr{}, 0, errors.Join(errNoIP, err)
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.Addr{}, 0, errNoIP
	}
	l := overTCP
	if _, err := addr.ValueForProtocol(ma.P_UDP); err == nil {
		l = overQUIC
	}
	if punch, _, _ := network.GetSimultaneousConnect(ctx); punch {
		l += punchTCP - overTCP
	}
	return canonical(ip), l, nil
}

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

// canonical is the address that packets to ip end up at: without a zone, and
// for one behind a gateway from IPv6 to IPv4 the IPv4 address inside.
// Otherwise a host could be dialled under several names, and all of IPv4 would
// share one /64 in a network that has IPv6 only.
func canonical(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() {
		return ip
	}
	raw := ip.As16()
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(raw[12:16]))
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(raw[2:6]))
	}
	return ip
}
