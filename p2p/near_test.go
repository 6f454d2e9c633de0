package p2p

import (
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/app/pack"
)

func TestSameOperator(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"44.10.1.2", "44.10.200.9", true},
		{"44.10.1.2", "44.20.1.2", false},
		{"192.168.1.2", "192.168.9.9", false}, // says nothing about operators
		{"2a05:d000:1::2", "2a05:d000:9::2", true},
		{"2a05:d000:1::2", "2a05:d001:1::2", false},
		{"44.10.1.2", "2a05:d000:1::2", false},
	} {
		if got := sameOperator(netip.MustParseAddr(c.a), netip.MustParseAddr(c.b)); got != c.want {
			t.Errorf("%s and %s: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestNearness(t *testing.T) {
	n := newNode(t)
	for addr, want := range map[string]app.Nearness{
		"127.0.0.1":       app.NearLAN,
		"::ffff:10.1.2.3": app.NearLAN,
		"203.0.113.9":     app.NearFar,
	} {
		if got := n.Nearness(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is %d, want %d", addr, got, want)
		}
	}
}

// TestFarTrip: who is far away by his round trip is not near, whatever his address
// begins with; only the shortest one says so.
func TestFarTrip(t *testing.T) {
	n := newNode(t)
	n.whereabouts.at = time.Now().Add(time.Hour)
	n.whereabouts.is = here{own: []netip.Addr{netip.MustParseAddr("44.10.1.2")}}
	const ms = time.Millisecond
	for _, c := range []struct {
		ip    string
		trips []time.Duration
		want  app.Nearness
	}{
		{"44.10.9.9", nil, app.NearNet},
		{"44.10.9.9", []time.Duration{300 * ms, 79 * ms, 200 * ms}, app.NearNet},
		{"44.10.9.9", []time.Duration{300 * ms, 80 * ms}, app.NearFar},
		{"44.20.9.9", []time.Duration{ms}, app.NearFar},
		{"10.1.2.3", []time.Duration{300 * ms}, app.NearLAN},
	} {
		var p pace
		for _, took := range c.trips {
			p.shortest(took)
		}
		if got := n.nearBy(netip.MustParseAddr(c.ip), time.Duration(p.least.Load())); got != c.want {
			t.Errorf("%s after %v: %v, want %v", c.ip, c.trips, got, c.want)
		}
	}
}

// TestMapped: a network map says how near others are to whoever it knows, until
// it expires.
func TestMapped(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	m := openMap(t, pack.Map{Created: now, Expires: now.Add(time.Hour), Seq: 1, Name: "test", Default: 50,
		Groups: map[string][]netip.Prefix{
			"north": {netip.MustParsePrefix("44.10.0.0/16"), netip.MustParsePrefix("2a05:d000::/32")},
			"south": {netip.MustParsePrefix("44.20.0.0/16")}, "cdn": {netip.MustParsePrefix("44.10.9.0/24")}},
		Costs: map[string]map[string]int{"north": {"north": 11, "south": 100, "cdn": 10}, "south": {"south": 99}}})
	own := func(all ...string) (out []netip.Addr) {
		for _, a := range all {
			out = append(out, netip.MustParseAddr(a))
		}
		return out
	}
	for _, c := range []struct {
		own  []netip.Addr
		ip   string
		want app.Nearness // 0: it says nothing
	}{
		{own("44.10.1.1"), "44.10.2.2", app.NearFar},
		{own("44.10.1.1"), "44.20.2.2", app.NearAvoid},
		{own("44.10.1.1"), "44.10.9.2", app.NearNet},
		{own("44.10.1.1"), "44.30.9.2", app.NearFar},
		{own("44.20.1.1"), "44.20.9.2", app.NearFar},
		{own("44.30.1.1"), "44.20.9.2", 0},
		{nil, "44.20.9.2", 0},
		{own("44.30.1.1", "2a05:d000::1"), "44.20.9.2", app.NearAvoid},
		{own("44.20.1.1", "2a05:d000::1"), "44.20.9.2", app.NearFar}, // of the same family
		{own("2a05:d000::1", "44.20.1.1"), "44.20.9.2", app.NearFar},
	} {
		if got, ok := mapped(m, c.own, netip.MustParseAddr(c.ip), now); got != c.want || ok != (c.want != 0) {
			t.Errorf("to %v from %s: %d, %v, want %d", c.own, c.ip, got, ok, c.want)
		}
	}
	if _, ok := mapped(m, own("44.10.1.1"), own("44.20.2.2")[0], now.Add(time.Hour)); ok {
		t.Error("an expired map is obeyed")
	}
	if _, ok := mapped(nil, own("44.10.1.1"), own("44.20.2.2")[0], now); ok {
		t.Error("no map says something")
	}
}

func openMap(t *testing.T, m pack.Map) *pack.Map {
	t.Helper()
	key, err := pack.NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Publisher = key.Public()
	b, err := pack.SignMap(m, key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pack.OpenMap(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// placed is a connection of which only its other end is known.
type placed struct {
	network.Conn // nil: a method that is not below panics
	at           ma.Multiaddr
}

func (p placed) RemoteMultiaddr() ma.Multiaddr { return p.at }
func (placed) As(any) bool                     { return false }

// TestComes: only what comes over the line, and just now, tells how the line is.
func TestComes(t *testing.T) {
	n := newNode(t)
	for at, want := range map[string]bool{"/ip4/203.0.113.9/tcp/1": true, "/ip4/192.168.1.9/tcp/1": false, "/ip4/127.0.0.1/tcp/1": false} {
		s := &session{node: n, conn: placed{at: ma.StringCast(at)}}
		if s.comes(time.Now()) {
			t.Errorf("%s: nothing has come", at)
		}
		s.pace.count(1)
		if got := s.comes(time.Now()); got != want {
			t.Errorf("%s: %v", at, got)
		}
		if s.comes(time.Now().Add(2 * quiet)) {
			t.Errorf("%s: it is long ago", at)
		}
	}
}
