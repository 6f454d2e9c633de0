package p2p

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/marcopolo/simnet"

	"grove/app"
	"grove/app/apptest"
)

// simulation is real nodes on a network in memory and virtual time: QUIC, 20
// ms each way, 20 Mbit/s.
type simulation struct {
	t     *testing.T
	net   *simnet.Simnet
	conns map[string]*simnet.SimConn

	mu     sync.Mutex
	asleep map[string]bool // by IP: nothing arrives from there or goes there
	sent   atomic.Int64    // packets of all, since the start
}

func inSimulation(t *testing.T, f func(s *simulation)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{t: t, conns: map[string]*simnet.SimConn{}, asleep: map[string]bool{}}
		s.net = &simnet.Simnet{Logger: slog.New(slog.DiscardHandler), LatencyFunc: s.latency}
		s.net.Start()
		defer s.net.Close()
		f(s)
	})
}

func (s *simulation) latency(p *simnet.Packet) time.Duration {
	s.sent.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range []net.Addr{p.From, p.To} {
		if s.asleep[a.(*net.UDPAddr).IP.String()] {
			return 1000 * time.Hour // lost
		}
	}
	return 20 * time.Millisecond
}

func (s *simulation) sleep(ip string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asleep[ip] = on
}

// node starts a node at ip; change edits its config.
func (s *simulation) node(ip string, change ...func(*Config)) *Node {
	s.t.Helper()
	link := simnet.NodeBiDiLinkSettings{
		Downlink: simnet.LinkSettings{BitsPerSecond: 20_000_000},
		Uplink:   simnet.LinkSettings{BitsPerSecond: 20_000_000},
	}
	cfg := Config{
		Reach:  app.Reach{LocalOnly: true},
		Listen: []string{"/ip4/" + ip + "/udp/4001/quic-v1"},
		sim: &simulated{source: net.ParseIP(ip), listen: func(at *net.UDPAddr) (net.PacketConn, error) {
			return s.net.NewEndpoint(at, link), nil
		}},
	}
	for _, f := range change {
		f(&cfg)
	}
	n, err := New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func withKey(k crypto.PrivKey) func(*Config) { return func(c *Config) { c.Key = k } }

// within waits for ok, at most for d of virtual time.
func (s *simulation) within(d time.Duration, what string, ok func() bool) {
	s.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > d {
			s.t.Fatalf("%s: not within %v", what, d)
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Logf("%s: after %v", what, time.Since(began).Round(100*time.Millisecond))
}

func simAddr(n *Node, ip string) string { return "/ip4/" + ip + "/udp/4001/quic-v1/p2p/" + n.ID() }

// lacks reports whether n is no source now.
func (r *recorder) lacks(n *Node) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sources[n.ID()] == nil
}

// TestSimSleep: a computer that slept for ten minutes is a source again soon
// after it woke, although nobody told anybody.
func TestSimSleep(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{})
		seed, leech := s.node("10.0.0.1"), s.node("10.0.0.2")
		defer seed.Close()
		defer leech.Close()
		defer serve(t, seed, made.Share()).Stop()
		r, stop := find(t, leech, made, simAddr(seed, "10.0.0.1"))
		defer stop()
		r.source(t, seed.ID())
		s.sleep("10.0.0.1", true)
		s.within(time.Minute, "the sleeper is missed", func() bool { return r.lacks(seed) })
		time.Sleep(10 * time.Minute)
		s.sleep("10.0.0.1", false)
		s.within(2*time.Minute, "the sleeper is back", func() bool { return !r.lacks(seed) })
	})
}

// TestSimNewAddress: who comes back under another address is heard of from
// those it went to.
func TestSimNewAddress(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{})
		key, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		rover, hub, leech := s.node("10.0.0.1", withKey(key), exchanging), s.node("10.0.0.2", exchanging), s.node("10.0.0.3", exchanging)
		defer hub.Close()
		defer leech.Close()
		defer serve(t, hub, emptyShare(made)).Stop()
		v := serve(t, rover, made.Share())
		r, stop := find(t, leech, made, simAddr(rover, "10.0.0.1"), simAddr(hub, "10.0.0.2"))
		defer stop()
		r.source(t, rover.ID())
		v.Stop()
		if err := rover.Close(); err != nil {
			t.Fatal(err)
		}
		s.within(time.Minute, "it is gone", func() bool { return r.lacks(rover) })
		rover = s.node("10.9.9.9", withKey(key), exchanging)
		defer rover.Close()
		defer serve(t, rover, made.Share()).Stop()
		rr, stopRover := find(t, rover, made, simAddr(hub, "10.0.0.2"))
		defer stopRover()
		rr.source(t, hub.ID())
		s.within(2*exchangeEvery, "it is found at its new address", func() bool { return !r.lacks(rover) })
	})
}

// TestSimChurn: peers come and go, each knowing one other; the first one leaves
// for good. Whoever is there is a neighbour of everybody else within a few
// minutes.
func TestSimChurn(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{})
		first := s.node("10.0.0.1", exchanging)
		v := serve(t, first, made.Share())
		type member struct {
			n    *Node
			r    *recorder
			stop func()
		}
		var there []member
		join := func(i int, via string) {
			n := s.node(fmt.Sprintf("10.0.1.%d", i), exchanging)
			share := serve(t, n, emptyShare(made))
			r, stop := find(t, n, made, via)
			there = append(there, member{n, r, func() { stop(); share.Stop(); _ = n.Close() }})
			time.Sleep(20 * time.Second)
		}
		via := simAddr(first, "10.0.0.1")
		for i := 1; i <= 4; i++ {
			join(i, via)
			via = simAddr(there[i-1].n, fmt.Sprintf("10.0.1.%d", i))
		}
		v.Stop()
		_ = first.Close()
		there[0].stop()
		there = there[1:]
		for i := 5; i <= 7; i++ {
			join(i, via)
			via = simAddr(there[len(there)-1].n, fmt.Sprintf("10.0.1.%d", i))
		}
		s.within(4*time.Minute, "everybody knows everybody", func() bool {
			for _, m := range there {
				m.r.mu.Lock()
				known := len(m.r.sources)
				m.r.mu.Unlock()
				if known < len(there)-1 {
					return false
				}
			}
			return true
		})
		for _, m := range there {
			m.stop()
		}
	})
}

// TestSimIdle: a minute after the last share ended there is no connection, and
// no packet is sent any more.
func TestSimIdle(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{})
		seed, leech := s.node("10.0.0.1", exchanging), s.node("10.0.0.2", exchanging)
		defer seed.Close()
		defer leech.Close()
		v := serve(t, seed, made.Share())
		r, stop := find(t, leech, made, simAddr(seed, "10.0.0.1"))
		r.source(t, seed.ID())
		stop()
		v.Stop()
		time.Sleep(time.Minute)
		if c := seed.Stats().Conns + leech.Stats().Conns; c != 0 {
			t.Errorf("%d connections a minute later", c)
		}
		before := s.sent.Load()
		time.Sleep(10 * time.Minute)
		if n := s.sent.Load() - before; n != 0 {
			t.Errorf("%d packets in ten idle minutes", n)
		}
	})
}
