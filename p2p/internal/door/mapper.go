package door

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/p2p/internal/bind"
)

const (
	// askAgain is how long a network in which no router answered is left
	// alone.
	askAgain = 30 * time.Minute
	// lookAgain is how often a Mapper that is on looks at this computer's own
	// addresses and ports, which sends nothing.
	lookAgain = 10 * time.Second
)

// Mapper asks the router to let connections in, while it is switched on: in
// PCP or NAT-PMP, else by UPnP. Whatever comes of it is no error: most routers
// say nothing. It is what go-libp2p calls a NAT manager. Safe for concurrent
// use.
type Mapper struct {
	listen func() []ma.Multiaddr
	log    *slog.Logger
	finder finder
	here   func() string // what tells one network from another
	poke   chan struct{} // the state below has changed
	cancel context.CancelFunc
	runs   sync.WaitGroup

	mu      sync.Mutex
	on      bool               // guarded by mu
	stopAsk context.CancelFunc // guarded by mu; not nil while routers are asked
	again   bool               // guarded by mu; ask though nobody answered lately
	routers []*found           // guarded by mu; replaced, never changed
}

var _ basichost.NATManager = (*Mapper)(nil)

// NewMapper makes one that is off. listen is where this computer listens, and
// is called often. Routers are asked through local alone: then not by UPnP,
// whose sockets are not ours.
func NewMapper(listen func() []ma.Multiaddr, local bind.Local, log *slog.Logger) *Mapper {
	return newMapper(listen, log, realFinder(local), interfaces)
}

func newMapper(listen func() []ma.Multiaddr, log *slog.Logger, f finder, here func() string) *Mapper {
	if log == nil {
		log = discard
	}
	m := &Mapper{listen: listen, log: log, finder: f, here: here, poke: make(chan struct{}, 1)}
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(context.Background())
	m.runs.Go(func() { m.run(ctx) })
	return m
}

// Use switches it on, or off: then what the router forwards is given back and
// nothing more is sent. It does not wait for that.
func (m *Mapper) Use(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = on
	if !on && m.stopAsk != nil {
		m.stopAsk()
	}
	m.wake()
}

// Again asks the router again now, though it did not answer lately, and has
// renewed what it forwards. Nothing happens while it is off.
func (m *Mapper) Again() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.again = true
	m.wake()
}

// HasDiscoveredNAT reports whether a router forwards something.
func (m *Mapper) HasDiscoveredNAT() bool { return len(m.found()) > 0 }

// Routers are the routers that forward something, for people: how they are
// spoken to and, where it is known, their address.
func (m *Mapper) Routers() []string {
	var out []string
	for _, r := range m.found() {
		if !slices.Contains(out, r.how) {
			out = append(out, r.how)
		}
	}
	return out
}

// Mapped are the addresses that a router forwards from.
func (m *Mapper) Mapped() []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, a := range m.listen() {
		if to := m.GetMapping(a); to != nil && !ma.Contains(out, to) {
			out = append(out, to)
		}
	}
	return out
}

// GetMapping is where a router forwards a listen address from, or nil.
func (m *Mapper) GetMapping(addr ma.Multiaddr) ma.Multiaddr {
	w, rest, ok := wantOf(addr)
	if !ok {
		return nil
	}
	for _, r := range m.found() {
		if len(from([]want{w}, r.own)) == 0 {
			continue
		}
		to, ok := r.GetMapping(w.protocol, w.port)
		if !ok {
			continue
		}
		var at net.Addr = net.TCPAddrFromAddrPort(to)
		if w.protocol == "udp" {
			at = net.UDPAddrFromAddrPort(to)
		}
		if out, err := manet.FromNetAddr(at); err == nil {
			return append(out, rest...)
		}
	}
	return nil
}

// Close is Use(false), and waits.
func (m *Mapper) Close() error {
	m.Use(false)
	m.cancel()
	m.runs.Wait()
	return nil
}

func (m *Mapper) wake() {
	select {
	case m.poke <- struct{}{}:
	default:
	}
}

func (m *Mapper) found() []*found {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.routers
}

func (m *Mapper) set(routers []*found) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.routers = routers
}

// run owns the routers.
func (m *Mapper) run(ctx context.Context) {
	var asked time.Time // the last time that routers were looked for
	var where string    // and in which network
	for ctx.Err() == nil {
		m.mu.Lock()
		on, again := m.on, m.again
		m.again = false
		m.mu.Unlock()
		var tick <-chan time.Time
		if on {
			now, here := time.Now(), m.here()
			if again || here != where {
				asked = time.Time{}
			}
			m.tend(ctx, again, here != where)
			if len(m.found()) == 0 && (asked.IsZero() || now.Sub(asked) >= askAgain) {
				asked, where = now, here
				if !m.look(ctx) {
					asked = time.Time{} // it was switched off meanwhile
				}
			}
			tick = time.After(lookAgain)
		} else {
			m.drop(m.found())
		}
		select {
		case <-m.poke:
		case <-tick:
		case <-ctx.Done():
		}
	}
	m.drop(m.found())
}

// look asks for routers, and reports whether it was done to the end.
func (m *Mapper) look(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	if !m.on {
		m.mu.Unlock()
		return false
	}
	m.stopAsk = cancel
	m.mu.Unlock()
	routers := m.finder.find(ctx, m.wants())
	m.mu.Lock()
	m.stopAsk = nil
	m.routers = routers
	m.mu.Unlock()
	for _, r := range routers {
		m.log.Debug("a router forwards ports", "how", r.how, "to", r.own)
	}
	return ctx.Err() == nil
}

// tend has the routers forward what is listened on now, and drops those that
// forward nothing any more, or all of them in another network.
func (m *Mapper) tend(ctx context.Context, again, moved bool) {
	wants := m.wants()
	var stay, leave []*found
	for _, r := range m.found() {
		if g, ok := r.router.(*gateway); ok {
			g.poke() // timers stand still in sleep, leases do not
			if again {
				g.Again()
			}
		}
		if !moved && r.sync(ctx, from(wants, r.own)) {
			stay = append(stay, r)
		} else {
			leave = append(leave, r)
		}
	}
	if len(leave) > 0 {
		m.set(stay)
		m.drop(leave)
	}
}

// drop gives back what routers forward.
func (m *Mapper) drop(routers []*found) {
	if len(routers) == 0 {
		return
	}
	m.set(slices.DeleteFunc(slices.Clone(m.found()), func(r *found) bool { return slices.Contains(routers, r) }))
	var all sync.WaitGroup
	for _, r := range routers {
		all.Go(func() {
			if err := r.Close(); err != nil {
				m.log.Debug("ports were not given back", "how", r.how, "err", err)
			}
		})
	}
	given := make(chan struct{})
	go func() { all.Wait(); close(given) }()
	select {
	case <-given:
	case <-time.After(dropTime):
	}
}

// dropTime is how long is waited for routers to take ports back. UPnP alone
// takes longer, ten seconds at most where the router is gone; by then the
// program may have ended, and what it forwards ends by itself within a minute.
const dropTime = 500 * time.Millisecond

func (m *Mapper) wants() []want {
	var out []want
	for _, a := range m.listen() {
		if w, _, ok := wantOf(a); ok && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
