package door

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ma "github.com/multiformats/go-multiaddr"
)

// upnp is what go-libp2p finds.
type upnp struct {
	mu      sync.Mutex
	ports   map[entry]bool // guarded by mu
	refuses bool           // guarded by mu
	closed  bool           // guarded by mu
	silent  time.Duration  // how long it takes to close
}

func (u *upnp) AddMapping(_ context.Context, protocol string, port int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refuses {
		return errors.New("no")
	}
	u.ports[entry{protocol, port}] = true
	return nil
}

func (u *upnp) RemoveMapping(_ context.Context, protocol string, port int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.ports, entry{protocol, port})
	return nil
}

func (u *upnp) GetMapping(protocol string, port int) (netip.AddrPort, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return netip.AddrPortFrom(public, uint16(port+10_000)), u.ports[entry{protocol, port}] && !u.refuses
}

func (u *upnp) Close() error {
	time.Sleep(u.silent)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	clear(u.ports)
	return nil
}

// house is a network that a Mapper is in. All of it is guarded by mu.
type house struct {
	mu     sync.Mutex
	box    *box  // nil: no way out
	upnp   *upnp // nil: nobody answers
	own    netip.Addr
	own6   []netip.Addr
	here   string
	listen []string
	shouts int           // by UPnP
	lasts  time.Duration // of a shout that nobody answers
}

func (h *house) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *house) shouted() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.shouts
}

func (h *house) mapper(t *testing.T) *Mapper {
	t.Helper()
	m := newMapper(func() []ma.Multiaddr {
		h.mu.Lock()
		defer h.mu.Unlock()
		var out []ma.Multiaddr
		for _, a := range h.listen {
			out = append(out, ma.StringCast(a))
		}
		return out
	}, nil, finder{
		wayOut: func(v6 bool) (way, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			switch {
			case h.box == nil, v6 && h.own6 == nil:
				return way{}, errNoWay
			case v6:
				return way{gateway: netip.MustParseAddr("fe80::1%eth0"), own: h.own6}, nil
			}
			return way{gateway: router4, own: []netip.Addr{h.own}}, nil
		},
		dial: func(_ context.Context, own, _ netip.Addr) (net.Conn, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.box.plug(own), nil
		},
		discover: func(ctx context.Context) (router, error) {
			h.mu.Lock()
			h.shouts++
			u, lasts := h.upnp, h.lasts
			h.mu.Unlock()
			if u != nil {
				return u, nil
			}
			select {
			case <-time.After(lasts):
				return nil, errors.New("no NAT found")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}, func() string {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.here
	})
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func newHouse() *house {
	return &house{
		box: &box{pcp: true, public: public, life: 2 * time.Hour}, own: own4, here: "home", lasts: 10 * time.Second,
		listen: []string{"/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/udp/4002/quic-v1", "/ip6/::/tcp/4003", "/p2p-circuit", "/ip4/127.0.0.1/tcp/4004"},
	}
}

func mapped(m *Mapper) string {
	var out []string
	for _, a := range m.Mapped() {
		out = append(out, a.String())
	}
	return strings.Join(out, " ")
}

func TestMapper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.own6 = []netip.Addr{own6, netip.MustParseAddr("2001:db8::8")}
		m := h.mapper(t)
		time.Sleep(time.Hour)
		if got := h.box.take(); got != "" || h.shouted() != 0 || m.HasDiscoveredNAT() {
			t.Fatalf("it was never switched on: %s", got)
		}
		m.Use(true)
		synctest.Wait()
		if got, want := mapped(m), "/ip4/198.51.100.9/tcp/4001 /ip4/198.51.100.9/udp/4002/quic-v1 /ip6/2001:db8::7/tcp/4003"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		if got := fmt.Sprint(m.Routers()); got != "[PCP 192.168.1.1 PCP fe80::1%eth0]" || !m.HasDiscoveredNAT() {
			t.Error(got)
		}
		log := h.box.take()
		if strings.Count(log, "map tcp 4003") != 2 || strings.Count(log, "map ") != 4 {
			t.Errorf("each IPv6 address has a hole, and nothing else: %s", log)
		}
		for _, a := range []string{"/ip4/127.0.0.1/tcp/4004", "/ip4/0.0.0.0/tcp/4003", "/ip6/::/tcp/4001", "/ip4/10.0.0.1/tcp/4001", "/p2p-circuit", "/ip4/0.0.0.0/tcp/0", "/dns4/a.example/tcp/4001"} {
			if to := m.GetMapping(ma.StringCast(a)); to != nil {
				t.Errorf("%s is forwarded from %s", a, to)
			}
		}
		// The ports that are listened on change.
		h.change(func() { h.listen = []string{"/ip4/192.168.1.7/tcp/5000"} })
		time.Sleep(lookAgain)
		synctest.Wait()
		if got, want := mapped(m), "/ip4/198.51.100.9/tcp/5000"; got != want {
			t.Errorf("%s; want %s", got, want)
		}
		if log := h.box.take(); strings.Count(log, "free") != 4 || strings.Count(log, "map tcp 5000") != 1 {
			t.Error(log)
		}
		m.Again()
		synctest.Wait()
		if log := h.box.take(); log != "map tcp 5000 for 2h0m0s, hint 198.51.100.9:5000" {
			t.Errorf("renewed: %s", log)
		}
		m.Use(false)
		synctest.Wait()
		if log := h.box.take(); log != "free tcp 5000" || mapped(m) != "" || m.HasDiscoveredNAT() {
			t.Errorf("switched off: %s, and %s", log, mapped(m))
		}
		m.Again()
		time.Sleep(24 * time.Hour)
		if log := h.box.take(); log != "" || h.shouted() != 0 {
			t.Errorf("it is off: %s, %d shouts", log, h.shouted())
		}
	})
}

// TestMapperNobody is a network without a router that answers.
func TestMapperNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.box = &box{silent: true}
		m := h.mapper(t)
		want := func(n int, when string) {
			t.Helper()
			synctest.Wait()
			if got := h.shouted(); got != n {
				t.Errorf("%s: %d shouts; want %d", when, got, n)
			}
		}
		m.Use(true)
		time.Sleep(29 * time.Minute)
		want(1, "in half an hour")
		m.Use(false)
		m.Use(true)
		want(1, "off and on again")
		time.Sleep(2 * time.Minute)
		want(2, "after half an hour")
		time.Sleep(2 * time.Hour)
		want(6, "after two hours more")
		h.change(func() { h.here = "away" })
		time.Sleep(lookAgain + 2*time.Second)
		want(7, "in another network")
		time.Sleep(time.Minute)
		m.Again()
		time.Sleep(2 * time.Second)
		want(8, "asked for by the user")
		// Switched off while it asks, it did not hear the end of it.
		time.Sleep(time.Minute)
		m.Again()
		time.Sleep(5 * time.Second)
		began := time.Now()
		m.Use(false)
		synctest.Wait()
		m.Use(true)
		time.Sleep(2 * time.Second)
		want(10, "off while it asked")
		if err := m.Close(); err != nil || time.Since(began) > 3*time.Second {
			t.Errorf("%v; closed after %v", err, time.Since(began))
		}
	})
}

// TestMapperUPnP falls back to what go-libp2p finds, for IPv4 ports alone.
func TestMapperUPnP(t *testing.T) {
	for name, change := range map[string]func(*box){
		"where nobody speaks PCP": func(b *box) { b.pcp, b.silent = false, true },
		"where PCP says no":       func(b *box) { b.refuse = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				change(h.box)
				u := &upnp{ports: map[entry]bool{}}
				h.upnp = u
				m := h.mapper(t)
				m.Use(true)
				time.Sleep(2 * time.Second)
				if got, want := mapped(m), "/ip4/198.51.100.9/tcp/14001 /ip4/198.51.100.9/udp/14002/quic-v1"; got != want || !slices.Equal(m.Routers(), []string{"UPnP"}) {
					t.Errorf("%s; want %s; %v", got, want, m.Routers())
				}
				// It forwards nothing any more: it is let go, and asked again later.
				u.mu.Lock()
				u.refuses = true
				u.mu.Unlock()
				time.Sleep(lookAgain)
				synctest.Wait()
				if !u.closed || m.HasDiscoveredNAT() {
					t.Error("a router that is of no use is kept")
				}
				u.mu.Lock()
				u.refuses, u.closed = false, false
				u.mu.Unlock()
				time.Sleep(askAgain)
				if !m.HasDiscoveredNAT() || h.shouted() != 2 {
					t.Errorf("it is not asked again: %d", h.shouted())
				}
				m.Use(false)
				synctest.Wait()
				if !u.closed || mapped(m) != "" {
					t.Error("it goes on, switched off")
				}
			})
		})
	}
}

// TestNothingToMap is where a router is not to be asked at all.
func TestNothingToMap(t *testing.T) {
	for name, change := range map[string]func(*house){
		"a public address":              func(h *house) { h.own = netip.MustParseAddr("198.51.100.7") },
		"no way out":                    func(h *house) { h.box = nil },
		"a tunnel on its own":           func(h *house) { h.listen = []string{"/ip4/10.8.0.2/tcp/1"} },
		"IPv6 ports in an IPv4 network": func(h *house) { h.listen = []string{"/ip6/::/tcp/1"} },
		"an IPv6 firewall without PCP": func(h *house) {
			h.own6, h.listen, h.box.silent = []netip.Addr{own6}, []string{"/ip6/::/tcp/1"}, true
			h.box.pcp = false
		},
		"loopback": func(h *house) { h.listen = []string{"/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1"} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				b := h.box
				change(h)
				m := h.mapper(t)
				m.Use(true)
				time.Sleep(time.Hour)
				if got := b.take(); got != "" || h.shouted() != 0 {
					t.Errorf("%d shouts, and %s", h.shouted(), got)
				}
			})
		})
	}
}

// TestMapperMoves takes the computer to another network: what the old one
// forwarded is not said of the new one.
func TestMapperMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		m := h.mapper(t)
		m.Use(true)
		synctest.Wait()
		old := h.box
		h.change(func() {
			h.here, h.own = "away", netip.MustParseAddr("10.0.0.5")
			h.box = &box{pmp: true, public: netip.MustParseAddr("203.0.113.5"), life: time.Hour}
		})
		old.set(func() { old.mute = true })
		time.Sleep(2 * lookAgain)
		if got, want := mapped(m), "/ip4/203.0.113.5/tcp/4001 /ip4/203.0.113.5/udp/4002/quic-v1"; got != want {
			t.Errorf("%s; want %s", got, want)
		}
		if got := m.Routers(); !slices.Equal(got, []string{"NAT-PMP 192.168.1.1"}) {
			t.Error(got)
		}
	})
}

// TestRouterThatIsGoneIsNotWaitedFor: UPnP takes ten seconds to give up.
func TestRouterThatIsGoneIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{upnp: &upnp{ports: map[entry]bool{}, silent: 10 * time.Second}, box: &box{mute: true}, own: own4, listen: []string{"/ip4/0.0.0.0/tcp/1"}}
		m := h.mapper(t)
		m.Use(true)
		time.Sleep(time.Minute)
		if len(m.Routers()) != 1 {
			t.Fatalf("%v forwards", m.Routers())
		}
		began := time.Now()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != dropTime {
			t.Errorf("it took %s", took)
		}
		time.Sleep(h.upnp.silent) // it ends by itself
	})
}
