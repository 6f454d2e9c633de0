package dials

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started once in a process by libp2p's dependencies, for good.
		goleak.IgnoreTopFunction("github.com/libp2p/go-libp2p/core/peerstore.init.0.func1"),
	)
}

var errNobody = errors.New("connection refused")

// stub is a transport whose dials end as told.
type stub struct {
	transport.Transport
	mu    sync.Mutex
	dials int                             // guarded by mu
	end   func(ctx context.Context) error // nil: refused at once
}

func (s *stub) Dial(ctx context.Context, _ ma.Multiaddr, _ peer.ID) (transport.CapableConn, error) {
	s.mu.Lock()
	s.dials++
	end := s.end
	s.mu.Unlock()
	if end == nil {
		return nil, errNobody
	}
	return nil, end(ctx)
}

func (s *stub) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

func (s *stub) ends(how func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end = how
}

func sink(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func answers(context.Context) error  { return nil }

func tcpAddr(ip string, port int) ma.Multiaddr {
	a := netip.MustParseAddr(ip)
	if a.Is4() {
		return ma.StringCast(fmt.Sprintf("/ip4/%s/tcp/%d", a, port))
	}
	return ma.StringCast(fmt.Sprintf("/ip6/%s/tcp/%d", a, port))
}

func quicAddr(ip string, port int) ma.Multiaddr {
	return ma.StringCast(strings.Replace(tcpAddr(ip, port).String(), "/tcp/", "/udp/", 1) + "/quic-v1")
}

func punching(ctx context.Context) context.Context {
	return network.WithSimultaneousConnect(ctx, true, "test")
}

// step is dials of one address, and what becomes of them.
type step struct {
	at    time.Duration // since the beginning
	addr  string        // an IP address; "quic " or "punch " before it
	n     int           // dials, each of another port; 0 is 1
	opens bool          // they are answered
	do    func(*Budget) // instead of dials
	fails bool          // the last of them is spent
	next  time.Duration // since the beginning, where it fails
}

func TestScenarios(t *testing.T) {
	const ip, other = "203.0.113.9", "203.0.113.10"
	fill := func(format string, first, n int, lane string) []step {
		var out []step
		for i := range n {
			out = append(out, step{addr: lane + fmt.Sprintf(format, first+i), n: 3})
		}
		return out
	}
	for name, steps := range map[string][]step{
		"three dials an hour, whatever the port": {
			{addr: ip, n: 3}, {addr: ip, fails: true, next: time.Hour},
			{at: 59*time.Minute + 59*time.Second, addr: ip, fails: true, next: time.Hour},
			{at: time.Hour, addr: ip, n: 3},
			{at: time.Hour, addr: ip, fails: true, next: 2 * time.Hour},
		},
		"the hour slides": {
			{addr: ip}, {at: 10 * time.Minute, addr: ip}, {at: 50 * time.Minute, addr: ip},
			{at: 55 * time.Minute, addr: ip, fails: true, next: time.Hour},
			{at: time.Hour, addr: ip},
			{at: 65 * time.Minute, addr: ip, fails: true, next: 70 * time.Minute},
		},
		"QUIC is counted apart": {
			{addr: ip, n: 3}, {addr: "quic " + ip, n: 3},
			{addr: ip, fails: true, next: time.Hour}, {addr: "quic " + ip, fails: true, next: time.Hour},
		},
		"an address that answered is free for a day": {
			{addr: ip, n: 2}, {addr: ip, opens: true}, {addr: ip, n: 100}, {addr: "quic " + ip, n: 100},
			{at: 23 * time.Hour, addr: ip, n: 100},
			{at: 24 * time.Hour, addr: ip, n: 3},
			{at: 24 * time.Hour, addr: ip, fails: true, next: 25 * time.Hour},
		},
		"each answer counts anew": {
			{addr: ip, opens: true}, {at: 23 * time.Hour, addr: ip, opens: true}, {at: 46 * time.Hour, addr: ip, n: 100},
		},
		"who comes in has answered": {
			{addr: ip, n: 3},
			{do: func(b *Budget) { b.Answered(netip.MustParseAddr("::ffff:" + ip)) }},
			{addr: ip, n: 100}, {addr: "quic " + ip, n: 100},
		},
		"a punch is not eaten by dials, nor dials by a punch": {
			{addr: ip, n: 3}, {addr: "punch " + ip, n: 3}, {addr: "punch quic " + ip, n: 3},
			{addr: "punch " + ip, fails: true, next: time.Hour},
			{addr: "punch quic " + ip, fails: true, next: time.Hour},
			{addr: "quic " + ip, n: 3},
		},
		"a punch does not follow dials of the network around": append(fill("203.0.113.%d", 20, 8, ""),
			step{addr: ip, fails: true, next: time.Hour}, step{addr: "punch " + ip, n: 3}),
		"an IPv4 network of 256": append(fill("203.0.113.%d", 20, 8, ""),
			step{addr: ip, fails: true, next: time.Hour},
			step{addr: "quic " + ip}, step{addr: "203.0.112.255"},
			step{at: time.Hour, addr: ip}),
		"what was answered is not counted around": append(fill("203.0.113.%d", 20, 7, ""),
			step{addr: other, n: 2}, step{addr: other, opens: true}, step{addr: other, n: 100},
			step{addr: ip, n: 3}, step{addr: ip, fails: true, next: time.Hour},
			step{addr: "203.0.113.99", fails: true, next: time.Hour}),
		"an IPv6 household": append(fill("2001:470:1:1::%d", 1, 4, ""),
			step{addr: "2001:470:1:1:ffff::1", fails: true, next: time.Hour},
			step{addr: "quic 2001:470:1:1:ffff::1"}, step{addr: "2001:470:1:2::1"}),
		"an IPv6 site": append(fill("2001:470:1:%d::1", 1, 16, ""),
			step{addr: "2001:470:1:ff::1", fails: true, next: time.Hour}, step{addr: "2001:470:2::1"}),
		"one IPv4 address under three names": {
			{addr: ip}, {addr: "64:ff9b::203.0.113.9"}, {addr: "2002:cb00:7109::1"},
			{addr: "64:ff9b::203.0.113.9", fails: true, next: time.Hour}, {addr: ip, fails: true, next: time.Hour},
		},
		"forgiven": {
			{addr: ip, n: 3}, {addr: other, n: 3},
			{do: func(b *Budget) { b.Forgive(netip.MustParseAddr(ip)) }},
			{addr: ip, n: 3}, {addr: ip, fails: true, next: time.Hour}, {addr: other, fails: true, next: time.Hour},
		},
		"forgiven takes back what the network around counted": append(fill("203.0.113.%d", 20, 8, ""),
			step{do: func(b *Budget) { b.Forgive(netip.MustParseAddr("203.0.113.20")) }},
			step{addr: ip, n: 3}, step{addr: ip, fails: true, next: time.Hour}),
		"all forgiven, and who answered is remembered": append(fill("203.0.113.%d", 20, 8, ""),
			step{addr: "198.51.100.1", opens: true},
			step{do: (*Budget).ForgiveAll},
			step{addr: "198.51.100.1", n: 100},
			step{addr: ip, n: 3}, step{addr: ip, fails: true, next: time.Hour}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, steps) })
		})
	}
}

func play(t *testing.T, steps []step) {
	began := time.Now()
	b := NewBudget(30)
	inner := &stub{}
	w := b.Wrap(inner)
	for i, s := range steps {
		time.Sleep(s.at - time.Since(began))
		if s.do != nil {
			s.do(b)
			continue
		}
		inner.ends(nil)
		if s.opens {
			inner.ends(answers)
		}
		ctx := t.Context()
		text, punch := strings.CutPrefix(s.addr, "punch ")
		if punch {
			ctx = punching(ctx)
		}
		ip, quic := strings.CutPrefix(text, "quic ")
		var err error
		for n := range max(1, s.n) {
			addr := tcpAddr(ip, 1000+n)
			if quic {
				addr = quicAddr(ip, 1000+n)
			}
			before := inner.left()
			_, err = w.Dial(ctx, addr, "")
			if s.fails {
				if !errors.Is(err, ErrSpent) || inner.left() != before {
					t.Fatalf("step %d: dial %d of %s: %v", i, n, addr, err)
				}
				break
			}
			if errors.Is(err, ErrSpent) || inner.left() != before+1 {
				t.Fatalf("step %d: dial %d of %s: %v", i, n, addr, err)
			}
		}
		var spent *SpentError
		if errors.As(err, &spent) && spent.Next.Sub(began) != s.next {
			t.Errorf("step %d: next is after %v; want %v", i, spent.Next.Sub(began), s.next)
		}
	}
}

func TestWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(30)
		w := b.Wrap(&stub{})
		var last error
		for i := range 33 {
			_, last = w.Dial(t.Context(), tcpAddr(fmt.Sprintf("203.0.113.%d", i/4), 1), "")
			if i == 3 {
				want := "203.0.113.0 did not answer 3 dials by TCP within the hour; the next dial is possible at " + time.Now().Add(time.Hour).Format(time.TimeOnly)
				if last.Error() != want {
					t.Errorf("%q\nwant %q", last, want)
				}
			}
		}
		if want := "203.0.113.8 was not dialled: nobody in its network 203.0.113.0/24 answered 24 dials by TCP within the hour; "; !strings.HasPrefix(last.Error(), want) {
			t.Errorf("%q\nwant %q", last, want)
		}
	})
}

func TestExempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1)
		inner := &stub{}
		w := b.Wrap(inner)
		ip := netip.MustParseAddr("127.0.0.1")
		first, second := b.Exempt(ip), b.Exempt(ip)
		dial := func() error { _, err := w.Dial(t.Context(), tcpAddr("127.0.0.1", 1), ""); return err }
		for range 50 {
			if err := dial(); errors.Is(err, ErrSpent) {
				t.Fatal(err)
			}
		}
		first()
		first() // counts once
		if err := dial(); errors.Is(err, ErrSpent) {
			t.Fatal("released while another holds it exempt")
		}
		// It waits for no place, and ends when its own ctx does.
		inner.ends(sink)
		var busy sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		busy.Go(func() { _, _ = w.Dial(ctx, tcpAddr("192.0.2.1", 1), "") })
		synctest.Wait()
		began := time.Now()
		short, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		_, err := w.Dial(short, tcpAddr("127.0.0.1", 1), "")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		cancel()
		busy.Wait()
		second()
		inner.ends(nil)
		for range 3 {
			if err := dial(); errors.Is(err, ErrSpent) {
				t.Fatal("exempt dials were counted")
			}
		}
		if err := dial(); !errors.Is(err, ErrSpent) {
			t.Errorf("still exempt: %v", err)
		}
		if len(b.exempt) != 0 {
			t.Errorf("%v left", b.exempt)
		}
	})
}

func TestHowLongADialLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(30)
		w := b.Wrap(&stub{end: sink})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := w.Dial(ctx, tcpAddr("192.0.2.1", 1), ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != slowest {
			t.Errorf("an address that never answered: %v after %v", err, time.Since(began))
		}
		b.Answered(netip.MustParseAddr("192.0.2.1"))
		began = time.Now()
		if _, err := w.Dial(ctx, tcpAddr("192.0.2.1", 1), ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute-slowest {
			t.Errorf("one that did: %v after %v", err, time.Since(began))
		}
	})
}

// TestPlaces dials 100 packet sinks at once.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(30)
		inner := &stub{end: sink}
		w := b.Wrap(inner)
		var dials sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		var mu sync.Mutex
		errs := map[string]int{}
		for i := range 100 {
			dials.Go(func() {
				_, err := w.Dial(ctx, tcpAddr(fmt.Sprintf("198.51.%d.1", i), 1), "")
				mu.Lock()
				errs[fmt.Sprint(err)]++
				mu.Unlock()
			})
		}
		for _, want := range []int{30, 60} {
			synctest.Wait()
			if n := inner.left(); n != want {
				t.Errorf("%d dials left; want %d", n, want)
			}
			time.Sleep(slowest)
		}
		dials.Wait()
		if inner.left() != 60 || len(errs) != 1 || errs[context.DeadlineExceeded.Error()] != 100 {
			t.Errorf("%d dials left; %v", inner.left(), errs)
		}
		// Those that waited in vain were not counted.
		inner.ends(nil)
		left := 0
		for i := range 100 {
			for range 3 {
				if _, err := w.Dial(t.Context(), tcpAddr(fmt.Sprintf("198.51.%d.1", i), 1), ""); !errors.Is(err, ErrSpent) {
					left++
				}
			}
		}
		if left != 300-60 {
			t.Errorf("%d more dials left; want 240", left)
		}
	})
}

// TestMemory fills the book, and finds nothing forgotten to make room.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(30)
		w := b.Wrap(&stub{})
		dial := func(ip netip.Addr) error { _, err := w.Dial(t.Context(), tcpAddr(ip.String(), 1), ""); return err }
		nth := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{byte(1 + i>>8), byte(i), 1, 1}) }
		victim := netip.MustParseAddr("203.0.113.9")
		for range 3 {
			_ = dial(victim)
		}
		time.Sleep(time.Minute)
		for i := range maxAddresses {
			err := dial(nth(i))
			if (i == maxAddresses-1) != errors.Is(err, ErrSpent) {
				t.Fatalf("address %d: %v", i, err)
			}
		}
		if err := dial(victim); !errors.Is(err, ErrSpent) {
			t.Errorf("a crowd washed it out: %v", err)
		}
		for i := range 3 * maxAddresses {
			b.Answered(netip.AddrFrom4([4]byte{100, byte(i >> 16), byte(i >> 8), byte(i)}))
		}
		if n := b.book.answered.len(); n != maxAddresses {
			t.Errorf("%d that answered are remembered", n)
		}
		time.Sleep(59 * time.Minute)
		if err := dial(victim); errors.Is(err, ErrSpent) {
			t.Errorf("after an hour: %v", err)
		}
		time.Sleep(time.Hour)
		_ = dial(nth(0))
		if s, n := b.book.silent.len(), len(b.book.blocks); s != 1 || n != 1 {
			t.Errorf("%d addresses and %d networks are left; want 1 and 1", s, n)
		}
	})
}
