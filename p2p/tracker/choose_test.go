package tracker

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// fill puts n peers into one swarm of a new table; place says where number i
// is and whether it is complete.
func fill(t testing.TB, n int, place func(i int) (ip string, complete bool)) (*table, *swarm) {
	t.Helper()
	tab := newTable(Limits{Announces: n + 1, PerAddress: n + 1}.withDefaults(), rand.New(rand.NewPCG(1, 2)))
	now := time.Now()
	for i := range n {
		ip, complete := place(i)
		if _, _, err := tab.put(update{key: testKey, id: peer.ID(fmt.Sprintf("peer %07d", i)), time: 1, complete: complete,
			from: netip.MustParseAddr(ip), addrs: []byte(`"x"`), until: now.Add(time.Hour)}, now); err != nil {
			t.Fatal(err)
		}
	}
	return tab, tab.swarms[testKey]
}

// check finds out whether the parts of a table fit together.
func check(t testing.TB, tab *table) {
	t.Helper()
	parts := map[*part]bool{}
	var last time.Time
	for p := tab.first; p != nil; p = p.next {
		parts[p] = true
		if p.until.Before(last) {
			t.Error("the parts are not in the order of their ends")
		}
		last = p.until
	}
	live := map[block]int{}
	n := 0
	for _, sw := range tab.swarms {
		if len(sw.peers) == 0 || len(sw.peers) != len(sw.complete)+len(sw.partial) {
			t.Errorf("a swarm of %d peers has %d and %d", len(sw.peers), len(sw.complete), len(sw.partial))
		}
		placed := 0
		for _, list := range sw.near {
			placed += len(list)
		}
		inSwarm := 0
		for _, e := range sw.peers {
			if (*sw.side(e))[e.at] != e {
				t.Error("a peer is not in its place")
			}
			for _, p := range e.parts {
				if p == nil {
					continue
				}
				inSwarm++
				if !parts[p] || p.entry != e {
					t.Error("a part that does not end")
				}
				for l := range counted(p.from) {
					live[blockOf(p.from, l)]++
				}
				for l := range levels {
					if sw.near != nil && sw.near[blockOf(p.from, l)][p.at[l]] != p {
						t.Error("a part is not in its place")
					}
				}
			}
		}
		if sw.near != nil && placed != levels*inSwarm {
			t.Errorf("%d parts are in %d places", inSwarm, placed)
		}
		n += inSwarm
	}
	if n != tab.live || n != len(parts) {
		t.Errorf("%d parts, %d counted, %d end", n, tab.live, len(parts))
	}
	for b, src := range tab.sources.at {
		if src.live != live[b] {
			t.Errorf("%d announces of a block that has %d", src.live, live[b])
		}
	}
}

// TestTableHolds drives a table at random and checks it all along.
func TestTableHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tab := newTable(Limits{Announces: 400, PerAddress: 30}.withDefaults(), r)
	now := time.Now()
	for i := range 4000 {
		key := [32]byte{byte(r.IntN(3))}
		id := peer.ID(fmt.Sprintf("peer %03d", r.IntN(250)))
		ip := netip.AddrFrom4([4]byte{9, byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(6))})
		if r.IntN(3) == 0 {
			ip = netip.AddrFrom16([16]byte{0x2a, 1, 0, byte(r.IntN(2)), 0, byte(r.IntN(3)), 0, byte(r.IntN(3))})
		}
		switch r.IntN(10) {
		case 0:
			tab.gone(key, id, now)
		case 1:
			now = now.Add(time.Duration(r.IntN(60)) * time.Second)
			tab.expire(now)
		default:
			_, _, _ = tab.put(update{key: key, id: id, complete: r.IntN(2) == 0, from: ip, addrs: []byte(`"x"`),
				until: now.Add(time.Duration(r.IntN(10)) * time.Minute)}, now)
		}
		if sw := tab.swarms[key]; sw != nil {
			for _, e := range sw.choose(asker{from: ip, id: id}, r) {
				if e.id == id || sw.peers[e.id] != e {
					t.Fatal("chose the asker, or one that is gone")
				}
			}
		}
		if i%50 == 0 {
			check(t, tab)
		}
	}
	tab.expire(now.Add(time.Hour))
	check(t, tab)
	if len(tab.swarms) != 0 {
		t.Error("something is left")
	}
}

// TestHalfNearHalfRandom: in a swarm of 10,000 in 100 providers, half of the
// answer is near and the other half from everywhere, both kinds in it.
func TestHalfNearHalfRandom(t *testing.T) {
	_, sw := fill(t, 10_000, func(i int) (string, bool) {
		return fmt.Sprintf("%d.%d.%d.%d", 11+i%100, 5, i/100%20, 1+i/2000), i/100%10 == 3
	})
	r := rand.New(rand.NewPCG(5, 6))
	const rounds = 500
	from := netip.MustParseAddr("17.5.3.200")
	seen := map[*entry]int{}
	providers := map[block]int{}
	complete := 0
	for range rounds {
		got := sw.choose(asker{from: from}, r)
		if len(got) < MaxPeers-2 {
			t.Fatalf("%d peers", len(got))
		}
		for i, e := range got[:MaxPeers/2] {
			want := 2
			if i < 5 { // that is how many are in the neighbourhood
				want = 1
			}
			if d := e.distance(from); d != want {
				t.Fatalf("number %d is at distance %d, want %d", i, d, want)
			}
			seen[e]++
		}
		for _, e := range got[MaxPeers/2:] {
			providers[blockOf(e.parts[0].from, 2)]++
			if e.complete {
				complete++
			}
		}
		unique := map[*entry]bool{}
		for _, e := range got {
			unique[e] = true
		}
		if len(unique) != len(got) {
			t.Fatal("one was told twice")
		}
	}
	// 100 peers of the provider: 5 of them always, the other 95 in turn.
	if len(seen) != 100 {
		t.Errorf("%d of the 100 near peers were told", len(seen))
	}
	for e, n := range seen {
		if mean := rounds * 20 / 95; e.distance(from) == 2 && (n < mean/2 || n > mean*2) {
			t.Errorf("a near peer was told %d times of %d, others %d times", n, rounds, mean)
		}
	}
	if len(providers) < 97 {
		t.Errorf("the random half came from %d of 100 providers", len(providers))
	}
	for b, n := range providers {
		if mean := rounds * 25 / 100; n < mean/3 || n > mean*3 {
			t.Errorf("%d peers of %v, %d would be even", n, b, mean)
		}
	}
	if share := float64(complete) / (rounds * 25); share < 0.4 || share > 0.6 {
		t.Errorf("%.2f of the random half is complete", share)
	}
}

// TestHousehold: the same address before the neighbourhood.
func TestHousehold(t *testing.T) {
	_, sw := fill(t, 1000, func(i int) (string, bool) {
		if i < 10 {
			return "9.1.1.1", false
		}
		return fmt.Sprintf("9.1.%d.%d", i%3+1, i%200+2), true
	})
	got := sw.choose(asker{from: netip.MustParseAddr("9.1.1.1"), id: "peer 0000003"}, rand.New(rand.NewPCG(1, 1)))
	for i, e := range got {
		if home := e.distance(netip.MustParseAddr("9.1.1.1")) == 0; i < 9 && !home {
			t.Errorf("number %d is from elsewhere", i)
		}
		if e.id == "peer 0000003" {
			t.Error("the asker was told of itself")
		}
	}
}

// TestSmallSwarm: all of it, the near ones first, and who has everything is
// told of the others first.
func TestSmallSwarm(t *testing.T) {
	for _, n := range []int{1, 30, 51, 100, 101} {
		_, sw := fill(t, n, func(i int) (string, bool) {
			if i == 0 {
				return "2a01:4f8:1:2::1", true
			}
			return fmt.Sprintf("9.1.1.%d", i), i%2 == 0
		})
		got := sw.choose(asker{from: netip.MustParseAddr("2a01:4f8:1:2::99")}, rand.New(rand.NewPCG(1, 1)))
		if len(got) != min(n, MaxPeers) || got[0].id != "peer 0000000" {
			t.Errorf("of %d, %d were told, first %s", n, len(got), got[0].id)
		}
	}
	_, sw := fill(t, 80, func(i int) (string, bool) { return fmt.Sprintf("9.%d.1.1", i), i < 40 })
	got := sw.choose(asker{from: netip.MustParseAddr("8.8.8.8"), complete: true}, rand.New(rand.NewPCG(1, 1)))
	for i, e := range got {
		if e.complete != (i >= 40) {
			t.Errorf("number %d: complete %v", i, e.complete)
		}
	}
}

func BenchmarkChoose(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		_, sw := fill(b, n, func(i int) (string, bool) {
			return fmt.Sprintf("%d.%d.%d.%d", 11+i%100, i/100%16, i/1600%16, 1+i/25600), i%3 == 0
		})
		r := rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				sw.choose(asker{from: netip.MustParseAddr("50.3.1.1")}, r)
			}
		})
	}
}
