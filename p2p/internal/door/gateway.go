package door

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

const (
	// A router is one hop away and answers at once: the first wait of RFC 6886
	// 3.1, doubled with each try.
	firstWait  = 250 * time.Millisecond
	probeTries = 3 // 1.75 s until it is clear that nobody answers
	mapTries   = 4
	freeTries  = 2
	// renewSoonest is the least time between renewals (RFC 6887 11.2.1).
	renewSoonest = 4 * time.Second
)

var errNoAnswer = errors.New("the router does not answer")

// gateway is a router that is asked for ports in PCP, or in NAT-PMP where it
// knows only that, from one address of this computer. It renews what it was
// given until Close.
type gateway struct {
	conn   net.Conn // UDP, to the router
	own    netip.Addr
	pmp    bool // immutable after probe
	cancel context.CancelFunc
	wake   chan struct{} // there is a new time to renew
	renews sync.WaitGroup

	// turn is held while something is asked for, and what came of it noted: so
	// no renewal overtakes a port's being given back.
	turn sync.Mutex

	mu       sync.Mutex
	external netip.Addr       // guarded by mu; NAT-PMP: of the router
	leases   map[entry]*lease // guarded by mu
}

// lease is a port that the router forwards.
type lease struct {
	nonce    [12]byte       // immutable
	external netip.AddrPort // not valid: not given yet
	renew    time.Time
	until    time.Time
}

// probe asks whether the router at the other end of conn knows PCP or NAT-PMP.
// conn leaves from own, and is closed where it does not.
func probe(ctx context.Context, conn net.Conn, own netip.Addr) (*gateway, error) {
	g := &gateway{conn: conn, own: own, wake: make(chan struct{}, 1), leases: map[entry]*lease{}}
	var pcp, refused bool
	requests := [][]byte{pcpRequest(pcpAnnounce, pcpHeader, 0, own)}
	if own.Is4() {
		requests = append(requests, []byte{0, pmpExternal})
	}
	err := g.ask(ctx, probeTries, func(b []byte) (bool, error) {
		if len(b) >= pcpHeader && b[0] == pcpVersion && b[1] == answerBit|pcpAnnounce {
			pcp = true
		} else if ip, err := parsePMPExternal(b); err == nil {
			g.external = ip
		} else if noPCP(b) {
			refused = true
		}
		return pcp || refused && len(requests) == 1 || refused && g.external.IsValid(), nil
	}, requests...)
	if !pcp && !g.external.IsValid() {
		_ = conn.Close()
		return nil, cmp.Or(err, errNoAnswer)
	}
	g.pmp = !pcp
	ctx, g.cancel = context.WithCancel(context.Background())
	g.renews.Go(func() { g.keep(ctx) })
	return g, nil
}

// name is how the router is spoken to.
func (g *gateway) name() string {
	if g.pmp {
		return "NAT-PMP"
	}
	return "PCP"
}

// ask sends the requests, and sends them again, until accept is done. Called
// with turn held, once there is a second goroutine.
func (g *gateway) ask(ctx context.Context, tries int, accept func([]byte) (done bool, err error), requests ...[]byte) error {
	defer context.AfterFunc(ctx, func() { _ = g.conn.SetReadDeadline(time.Unix(1, 0)) })()
	wait := firstWait
	b := make([]byte, pcpLongest)
	for range tries {
		for _, r := range requests {
			if _, err := g.conn.Write(r); err != nil {
				return err
			}
		}
		if err := g.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return err
		}
		for {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			n, err := g.conn.Read(b)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return err
			}
			if done, err := accept(b[:n]); done || err != nil {
				return err
			}
		}
		wait *= 2
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errNoAnswer
}

// AddMapping has the router forward a port of its own, the same one if it can,
// until RemoveMapping or Close.
func (g *gateway) AddMapping(ctx context.Context, protocol string, port int) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	e := entry{protocol, port}
	g.mu.Lock()
	l := g.leases[e]
	if l == nil {
		l = &lease{}
		_, _ = rand.Read(l.nonce[:]) // never fails
		g.leases[e] = l
	}
	g.mu.Unlock()
	err := g.lease(ctx, e, l)
	if err != nil {
		g.mu.Lock()
		delete(g.leases, e)
		g.mu.Unlock()
		return err
	}
	g.poke()
	return nil
}

// lease asks for e, or for more time. Called with turn held.
func (g *gateway) lease(ctx context.Context, e entry, l *lease) error {
	if g.pmp {
		if err := g.learnExternal(ctx); err != nil {
			return err
		}
	}
	a, err := g.request(ctx, e, l, leaseTime, mapTries)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pmp {
		a.external = netip.AddrPortFrom(g.external, a.port)
	}
	if ip := a.external.Addr(); a.port == 0 || a.life <= 0 || ip.Is4() != g.own.Is4() || !ip.IsGlobalUnicast() {
		return errors.New("the router gave a port that is none")
	}
	now := time.Now().Round(0) // by the clock on the wall, which goes on in sleep
	l.external, l.until, l.renew = a.external, now.Add(a.life), now.Add(max(renewSoonest, a.life/2))
	return nil
}

func (g *gateway) learnExternal(ctx context.Context) error {
	return g.ask(ctx, mapTries, func(b []byte) (bool, error) {
		ip, err := parsePMPExternal(b)
		if errors.Is(err, errOtherAnswer) {
			return false, nil
		}
		if err == nil {
			g.mu.Lock()
			g.external = ip
			g.mu.Unlock()
		}
		return true, err
	}, []byte{0, pmpExternal})
}

// request sends a request for life and waits for its answer.
func (g *gateway) request(ctx context.Context, e entry, l *lease, life time.Duration, tries int) (a answer, err error) {
	g.mu.Lock()
	before := l.external
	g.mu.Unlock()
	suggested := uint16(e.port)
	if before.IsValid() {
		suggested = before.Port()
	}
	message := pmpMapRequest(e, suggested, life)
	if !g.pmp {
		message = pcpMapRequest(e, l.nonce, before, life, g.own)
	}
	err = g.ask(ctx, tries, func(b []byte) (bool, error) {
		var err error
		if g.pmp {
			a, err = parsePMPMap(b, e)
		} else {
			a, err = parsePCPMap(b, e, l.nonce)
		}
		if errors.Is(err, errOtherAnswer) {
			return false, nil
		}
		return true, err
	}, message)
	return a, err
}

// RemoveMapping gives a port back.
func (g *gateway) RemoveMapping(ctx context.Context, protocol string, port int) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	e := entry{protocol, port}
	g.mu.Lock()
	l := g.leases[e]
	delete(g.leases, e)
	g.mu.Unlock()
	if l == nil {
		return nil
	}
	_, err := g.request(ctx, e, l, 0, freeTries)
	return err
}

// GetMapping is where the router forwards a port from.
func (g *gateway) GetMapping(protocol string, port int) (netip.AddrPort, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.leases[entry{protocol, port}]
	if l == nil || !l.until.After(time.Now()) {
		return netip.AddrPort{}, false
	}
	return l.external, true
}

// Close gives all ports back, which takes a moment where the router does not
// answer, and waits.
func (g *gateway) Close() error {
	g.cancel()
	g.renews.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), dropTime*4/5)
	defer cancel()
	g.mu.Lock()
	var all []entry
	for e := range g.leases {
		all = append(all, e)
	}
	g.mu.Unlock()
	var errs []error
	for _, e := range all {
		errs = append(errs, g.RemoveMapping(ctx, e.protocol, e.port))
	}
	return errors.Join(append(errs, g.conn.Close())...)
}
