package tracker

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/prometheus/client_golang/prometheus"

	"grove/app"
)

// TestAskAndAnnounce is the whole use of it: two announce, a third asks.
func TestAskAndAnnounce(t *testing.T) {
	s := newServer(t)
	seed, leech := anyone(t, 1, "9.1.1.1"), anyone(t, 2, "2a01:4f8:1:2::3")
	if r := announce(t, s, seed, func(st *statement) { st.Complete = true }); len(r.Providers) != 0 || r.Grove.Swarm != 1 || r.Grove.Complete != 1 {
		t.Errorf("the first was answered %s", r.body)
	}
	r := announce(t, s, leech)
	if !slices.Equal(r.ids(), []string{seed.id.String()}) || r.Grove.Swarm != 2 || r.Grove.Complete != 1 {
		t.Errorf("the second was answered %s", r.body)
	}
	if r.Grove.Again < 27*60 || r.Grove.Again > 30*60 || r.Grove.Life != 40*60 {
		t.Errorf("again after %d s, life %d s", r.Grove.Again, r.Grove.Life)
	}
	r = ask(t, s, "9.9.9.9")
	if len(r.Providers) != 2 || r.Providers[0].Schema != "peer" || r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("the third was answered %s", r.body)
	}
	if cc := r.header.Get("Cache-Control"); !strings.Contains(cc, "private") {
		t.Errorf("a proxy may hand one asker's peers to others: %q", cc)
	}
	for _, p := range r.Providers {
		if p.ID == leech.id.String() && !slices.Equal(p.Addrs, []string{"/ip6/2a01:4f8:1:2::3/tcp/4001"}) {
			t.Errorf("its addresses are %q", p.Addrs)
		}
	}
}

func TestNobody(t *testing.T) {
	r := ask(t, newServer(t), "9.9.9.9")
	if r.body != `{"Providers":[],"Grove":{"Swarm":0,"Complete":0}}` {
		t.Errorf("answered %s", r.body)
	}
}

func TestStreaming(t *testing.T) {
	s := newServer(t)
	for i := range 3 {
		announce(t, s, anyone(t, i, fmt.Sprintf("9.1.1.%d", i+1)))
	}
	req := httptest.NewRequest("GET", "/routing/v1/providers/"+CID(testKey), nil)
	req.Header.Set("Accept", "application/x-ndjson;q=1, application/json")
	r := serve(t, s, req, netip.MustParseAddr("9.9.9.9"))
	if r.header.Get("Content-Type") != "application/x-ndjson" || strings.Count(r.body, "\n") != 3 ||
		!strings.HasPrefix(r.body, `{"Schema":"peer","ID":"12D3KooW`) {
		t.Errorf("answered %q: %s", r.header.Get("Content-Type"), r.body)
	}
}

// TestRefusals: each reason by itself, with nothing else wrong.
func TestRefusals(t *testing.T) {
	p := anyone(t, 1, "9.1.1.1")
	rsa, _, err := crypto.GenerateRSAKeyPair(2048, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaID, _ := peer.IDFromPrivateKey(rsa)
	sealed := func(change ...func(*statement)) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return p.seal(t, change...) }
	}
	for _, c := range []struct {
		name   string
		body   func(*testing.T) []byte
		status int
		why    refusal
	}{
		{"nothing", func(*testing.T) []byte { return nil }, 400, refusedForm},
		{"no envelope", func(*testing.T) []byte { return []byte("{}") }, 400, refusedForm},
		{"4 KiB and a byte", func(*testing.T) []byte { return make([]byte, maxBody+1) }, 413, refusedSize},
		{"signature", func(t *testing.T) []byte {
			b := p.seal(t)
			b[len(b)-1] ^= 1
			return b
		}, 403, refusedSignature},
		{"changed text", func(t *testing.T) []byte {
			return bytes.Replace(p.seal(t), []byte("9.1.1.1"), []byte("9.1.1.2"), 1)
		}, 403, refusedSignature},
		{"another domain", func(t *testing.T) []byte {
			e, err := record.Seal(otherDomain{p.statement()}, p.key)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := e.Marshal()
			return b
		}, 403, refusedSignature},
		{"another type", func(t *testing.T) []byte {
			e, err := record.Seal(otherCodec{p.statement()}, p.key)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := e.Marshal()
			return b
		}, 400, refusedForm},
		{"RSA", func(t *testing.T) []byte {
			b, err := p.statement(func(st *statement) { st.Peer = rsaID.String() }).seal(rsa)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}, 400, refusedForm},
		{"another peer", sealed(func(st *statement) { st.Peer = anyone(t, 2, "9.1.1.1").id.String() }), 400, refusedForm},
		{"version", sealed(func(st *statement) { st.Version = 2 }), 400, refusedVersion},
		{"key", sealed(func(st *statement) { st.Key = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n" }), 400, refusedForm},
		{"nine addresses", sealed(func(st *statement) { st.Addrs = slices.Repeat(st.Addrs, 9) }), 400, refusedForm},
		{"another tracker", sealed(func(st *statement) { st.To = "https://other.example.org/" }), 421, refusedAudience},
		{"another spelling", sealed(func(st *statement) { st.To = "https://tracker.example.org" }), 421, refusedAudience},
		{"slow clock", sealed(func(st *statement) { st.Time -= 15*60 + 2 }), 409, refusedClock},
		{"fast clock", sealed(func(st *statement) { st.Time += 15*60 + 2 }), 409, refusedClock},
		{"another's address", sealed(func(st *statement) { st.Addrs = []string{"/ip4/9.1.1.2/tcp/4001"} }), 422, refusedAddress},
		{"no address", sealed(func(st *statement) { st.Addrs = nil }), 422, refusedAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := prometheus.NewRegistry()
			s := newServer(t, func(c *ServerConfig) { c.Registry = r })
			got := post(t, s, p.ip, c.body(t))
			if got.status != c.status || got.Error != c.why {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.why)
			}
			if now := time.Now().Unix(); c.why == refusedClock && (got.Time < now-5 || got.Time > now) {
				t.Errorf("the server's time is %d, it said %d", now, got.Time)
			}
			if n := ask(t, s, "9.9.9.9").Grove.Swarm; n != 0 {
				t.Errorf("%d peers are known", n)
			}
			if n := metric(t, r, "grove_tracker_refusals_total"); n != 1 {
				t.Errorf("%v refusals counted", n)
			}
		})
	}
}

type otherDomain struct{ *statement }

func (otherDomain) Domain() string { return "grove-announce-2" }

type otherCodec struct{ *statement }

func (otherCodec) Codec() []byte { return []byte("/grove/other/1") }

func metric(t *testing.T, r *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func TestRequestsThatAreNone(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 400},
		{"GET", "/grove/v1/other", 400},
		{"GET", "/grove/v1/announce", 501},
		{"PUT", "/routing/v1/providers", 501},
		{"PUT", "/routing/v1/providers/" + CID(testKey), 501},
		{"GET", "/routing/v1/peers/x", 501},
		{"GET", "/routing/v1/providers/", 422},
		{"GET", "/routing/v1/providers/QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", 422},
		{"GET", "/routing/v1/providers/" + CID(testKey) + "a", 422},
		{"GET", "/routing/v1/providers/" + strings.ToUpper(CID(testKey)), 422},
		{"OPTIONS", "/routing/v1/providers/" + CID(testKey), 204},
	} {
		r := serve(t, s, httptest.NewRequest(c.method, c.path, nil), netip.MustParseAddr("9.9.9.9"))
		if r.status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, r.status, r.body, c.status)
		}
	}
}

// TestReplay: an announce counts once, and none that is older after it.
func TestReplay(t *testing.T) {
	s := newServer(t)
	p := anyone(t, 1, "9.1.1.1")
	first := p.seal(t)
	if r := post(t, s, p.ip, first); r.status != 200 {
		t.Fatal(r.body)
	}
	now := time.Now().Unix()
	announce(t, s, p, func(st *statement) { st.Time = now + 10 })
	if r := post(t, s, p.ip, first); r.status != 409 || r.Error != refusedOlder || r.Time != now+11 {
		t.Errorf("an older one: %d %s", r.status, r.body)
	}
	if r := post(t, s, p.ip, p.seal(t, func(st *statement) { st.Time = now + 10 })); r.Error != refusedOlder {
		t.Errorf("one of the same second: %d %s", r.status, r.body)
	}
	announce(t, s, p, func(st *statement) { st.Time = now + 11 })
	// Of another key nothing is known.
	announce(t, s, p, func(st *statement) { st.Key = CID([32]byte{1}) })
}

func TestGone(t *testing.T) {
	s := newServer(t)
	p, q := anyone(t, 1, "9.1.1.1"), anyone(t, 2, "9.1.1.2")
	now := time.Now().Unix()
	announce(t, s, p, func(st *statement) { st.Time = now })
	p6 := p
	p6.ip = netip.MustParseAddr("2a01:4f8:1:2::3")
	announce(t, s, p6, func(st *statement) { st.Time = now + 1 })
	announce(t, s, q)
	old := p.seal(t, func(st *statement) { st.Gone, st.Addrs, st.Time = true, nil, now })
	if r := post(t, s, p.ip, old); r.Error != refusedOlder {
		t.Errorf("an older farewell: %s", r.body)
	}
	if r := post(t, s, q.ip, p.seal(t, func(st *statement) { st.Gone, st.Addrs, st.Time = true, nil, now+2 })); r.status != 200 || len(r.Providers) != 0 {
		t.Errorf("farewell: %d %s", r.status, r.body)
	}
	if got := ask(t, s, "9.9.9.9").ids(); !slices.Equal(got, []string{q.id.String()}) {
		t.Errorf("still there: %q", got)
	}
}

// TestFamiliesMerge: one peer, announced over both, is one peer with the
// addresses of both, and either ends by itself.
func TestFamiliesMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		p4 := anyone(t, 1, "9.1.1.1")
		p6 := p4
		p6.ip = netip.MustParseAddr("2a01:4f8:1:2::3")
		announce(t, s, p4)
		time.Sleep(20 * time.Minute)
		announce(t, s, p6)
		want := func(addrs ...string) {
			t.Helper()
			r := ask(t, s, "9.9.9.9")
			if len(r.Providers) != min(len(addrs), 1) || len(addrs) > 0 && !slices.Equal(r.Providers[0].Addrs, addrs) {
				t.Errorf("%s, want %q", r.body, addrs)
			}
		}
		want(at(p4.ip), at(p6.ip))
		time.Sleep(20*time.Minute - time.Second)
		want(at(p4.ip), at(p6.ip))
		time.Sleep(time.Second)
		want(at(p6.ip))
		time.Sleep(20 * time.Minute)
		want()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.table.live != 0 || len(s.table.swarms) != 0 || s.table.first != nil || s.table.last != nil {
			t.Errorf("something is left: %d live, %d swarms", s.table.live, len(s.table.swarms))
		}
	})
}

// TestMany is for the race detector: announces, asks and farewells at once, and
// afterwards the counts fit.
func TestMany(t *testing.T) {
	s := newServer(t, func(c *ServerConfig) { c.Book = new(memory) })
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 50 {
				p := anyone(t, g*1000+i, fmt.Sprintf("9.%d.1.%d", g, i))
				post(t, s, p.ip, p.seal(t))
				ask(t, s, p.ip.String())
				if i%2 == 0 {
					announce(t, s, p, func(st *statement) { st.Gone, st.Time = true, st.Time+1 })
				}
			}
		})
	}
	wg.Wait()
	if r := ask(t, s, "9.9.9.9"); r.Grove.Swarm != 100 || len(r.Providers) != MaxPeers {
		t.Errorf("%d peers, %d told", r.Grove.Swarm, len(r.Providers))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	check(t, s.table)
}

func TestServerConfig(t *testing.T) {
	for _, c := range []ServerConfig{
		{},
		{Bases: []string{"tracker.example.org"}},
		{Bases: []string{"https://a:b@tracker.example.org/"}},
		{Bases: []string{testBase}, ProxyHeader: "X-Real-Ip"},
	} {
		if _, err := NewServer(c); app.AsProblem(err) == nil || app.AsProblem(err).Kind != app.BadInput {
			t.Errorf("%+v: %v", c, err)
		}
	}
	r := prometheus.NewRegistry()
	for range 2 { // the second finds room in the registry
		s, err := NewServer(ServerConfig{Bases: []string{"HTTPS://Tracker.Example.Org:443"}, Registry: r})
		if err != nil {
			t.Fatal(err)
		}
		announce(t, s, anyone(t, 1, "9.1.1.1"))
		if metric(t, r, "grove_tracker_live_announces") != 1 || metric(t, r, "grove_tracker_keys") != 1 || metric(t, r, "grove_tracker_announces_total") != 1 {
			t.Error("the metrics do not tell")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Gather(); err != nil {
		t.Error(err)
	}
}

var _ http.Handler = (*Server)(nil)
