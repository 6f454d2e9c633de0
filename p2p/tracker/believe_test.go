package tracker

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"

	"grove/app"
)

func TestBelieve(t *testing.T) {
	p, relay := anyone(t, 1, "9.1.1.1"), anyone(t, 2, "9.2.2.2").id.String()
	circuit := "/ip4/9.2.2.2/tcp/4001/p2p/" + relay + "/p2p-circuit"
	for _, c := range []struct {
		from, addr string
		want       string // "" for refused, "=" for as it is
	}{
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/4001", "="},
		{"9.1.1.1", "/ip4/9.1.1.1/udp/4001/quic-v1", "="},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/443", "="},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/4001/p2p/" + p.id.String(), "/ip4/9.1.1.1/tcp/4001"},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/4001/p2p/" + relay, ""},
		{"9.1.1.1", "/ip4/9.1.1.2/tcp/4001", ""},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/25", ""},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/0", ""},
		{"9.1.1.1", "/ip4/9.1.1.1/udp/4001", ""},
		{"9.1.1.1", "/ip4/9.1.1.1/tcp/4001/ws", ""},
		{"9.1.1.1", "/ip4/9.1.1.1", ""},
		{"9.1.1.1", "/dns4/victim.example.org/tcp/4001", ""},
		{"9.1.1.1", "/ip6/::ffff:9.1.1.1/tcp/4001", ""},
		{"9.1.1.1", "/ip6/2a01:4f8::1/tcp/4001", ""},
		{"9.1.1.1", "", ""},
		{"9.1.1.1", "nonsense\x1b", ""},
		{"2a01:4f8:1:2::3", "/ip6/2a01:4f8:1:2::3/tcp/4001", "="},
		{"2a01:4f8:1:2::3", "/ip6/2a01:4f8:1:2:9::9/udp/4001/quic-v1", "="},
		{"2a01:4f8:1:2::3", "/ip6/2a01:4f8:1:3::3/tcp/4001", ""},
		{"2a01:4f8:1:2::3", "/ip6zone/eth0/ip6/2a01:4f8:1:2::3/tcp/4001", ""},
		{"2a01:4f8:1:2::3", "/ip4/9.1.1.1/tcp/4001", ""},
		// What the tracker's own network sees is not for others.
		{"192.168.1.5", "/ip4/192.168.1.5/tcp/4001", ""},
		{"127.0.0.1", "/ip4/127.0.0.1/tcp/4001", ""},
		{"::1", "/ip6/::1/tcp/4001", ""},
		{"fd00::1", "/ip6/fd00::1/tcp/4001", ""},
		// By way of a relay.
		{"9.1.1.1", circuit, "="},
		{"9.1.1.1", circuit + "/p2p/" + p.id.String(), circuit},
		{"9.1.1.1", "/ip4/9.2.2.2/udp/4001/quic-v1/p2p/" + relay + "/p2p-circuit", "="},
		{"9.1.1.1", circuit + "/p2p/" + relay, ""},
		{"9.1.1.1", "/ip4/192.168.1.5/tcp/4001/p2p/" + relay + "/p2p-circuit", ""},
		{"9.1.1.1", "/ip4/9.2.2.2/tcp/22/p2p/" + relay + "/p2p-circuit", ""},
		{"9.1.1.1", "/dns4/relay.example.org/tcp/4001/p2p/" + relay + "/p2p-circuit", ""},
		{"9.1.1.1", "/ip4/9.2.2.2/tcp/4001/p2p-circuit", ""},
		{"9.1.1.1", "/ip4/9.2.2.2/tcp/4001/p2p/" + p.id.String() + "/p2p-circuit", ""},
		{"9.1.1.1", "/p2p/" + relay + "/p2p-circuit", ""},
		{"9.1.1.1", circuit + "/ip4/9.3.3.3/tcp/4001", ""},
		{"9.1.1.1", circuit + "/p2p/" + relay + "/p2p-circuit", ""},
	} {
		want := []string{c.want}
		if c.want == "=" {
			want[0] = c.addr
		} else if c.want == "" {
			want = nil
		}
		if got := (doubt{}).believe([]string{c.addr}, p.id, netip.MustParseAddr(c.from)); !slices.Equal(got, want) {
			t.Errorf("%s from %s: %q, want %q", c.addr, c.from, got, want)
		}
	}
}

// TestBelieveLocal: in local-only mode it is the other way round.
func TestBelieveLocal(t *testing.T) {
	d := doubt{reach: app.Reach{LocalOnly: true}}
	id := anyone(t, 1, "9.1.1.1").id
	for ip, ok := range map[string]bool{"127.0.0.1": true, "192.168.1.5": true, "fd00::1": true, "::1": true, "9.1.1.1": false, "2a01:4f8::1": false} {
		from := netip.MustParseAddr(ip)
		if got := d.believe([]string{at(from)}, id, from); (len(got) == 1) != ok {
			t.Errorf("%s: %q", ip, got)
		}
	}
}

func TestBelieveRelays(t *testing.T) {
	p := anyone(t, 1, "9.1.1.1")
	var addrs []string
	for i := range 4 {
		addrs = append(addrs, fmt.Sprintf("/ip4/9.2.2.%d/tcp/4001/p2p/%s/p2p-circuit", i, anyone(t, 10+i, "9.2.2.2").id))
	}
	if got := (doubt{}).believe(append(addrs, at(p.ip), at(p.ip)), p.id, p.ip); !slices.Equal(got, []string{addrs[0], addrs[1], at(p.ip)}) {
		t.Errorf("of four relays and one address twice: %q", got)
	}
	d := doubt{relays: []netip.Addr{netip.MustParseAddr("9.2.2.3")}}
	if got := d.believe(addrs, p.id, p.ip); !slices.Equal(got, addrs[3:]) {
		t.Errorf("where only one relay may be: %q", got)
	}
	if got := (doubt{relays: []netip.Addr{}}).believe(addrs, p.id, p.ip); got != nil {
		t.Errorf("where no relay may be: %q", got)
	}
}

func TestOrigin(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		remote, header string
		lines          []string
		want           string // "" for not to be seen
	}{
		{"9.1.1.1:5", "", nil, "9.1.1.1"},
		{"[::ffff:9.1.1.1]:5", "", nil, "9.1.1.1"},
		{"[fe80::1%eth0]:5", "", nil, "fe80::1"},
		{"", "", nil, ""},
		// Who is no proxy says what he likes.
		{"9.1.1.1:5", "X-Forwarded-For", []string{"8.8.8.8"}, "9.1.1.1"},
		{"11.0.0.1:5", "X-Forwarded-For", []string{"8.8.8.8"}, "11.0.0.1"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"8.8.8.8"}, "8.8.8.8"},
		{"[::ffff:127.0.0.1]:5", "X-Forwarded-For", []string{"8.8.8.8:77"}, "8.8.8.8"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"2a01:4f8::1"}, "2a01:4f8::1"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"[2a01:4f8::1]:88"}, "2a01:4f8::1"},
		{"[fd00::1]:5", "X-Forwarded-For", []string{"8.8.8.8"}, "8.8.8.8"},
		// Only what the proxies themselves have added counts.
		{"127.0.0.1:5", "X-Forwarded-For", []string{"8.8.8.8, 9.1.1.1"}, "9.1.1.1"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"8.8.8.8", "9.1.1.1, 10.1.1.1"}, "9.1.1.1"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"garbage, 9.1.1.1"}, "9.1.1.1"},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"9.1.1.1, garbage"}, ""},
		{"127.0.0.1:5", "X-Forwarded-For", []string{"9.1.1.1, unknown, 10.1.1.1"}, ""},
		{"127.0.0.1:5", "X-Forwarded-For", nil, "127.0.0.1"},
		{"127.0.0.1:5", "Forwarded", []string{"for=8.8.8.8;proto=https;by=1.2.3.4"}, "8.8.8.8"},
		{"127.0.0.1:5", "Forwarded", []string{`for=8.8.8.8, proto=http; For="[2a01:4f8::1]:4711"`}, "2a01:4f8::1"},
		{"127.0.0.1:5", "Forwarded", []string{"for=8.8.8.8, for=_hidden"}, ""},
		{"127.0.0.1:5", "Forwarded", []string{"for=8.8.8.8, by=9.9.9.9"}, ""},
	} {
		header := c.header
		if header == "" {
			header = "X-Forwarded-For"
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, l := range c.lines {
			r.Header.Add(header, l)
		}
		got, err := proxies{trusted, header}.origin(r)
		if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
			t.Errorf("%s, %s %q: %v, %v; want %q", c.remote, c.header, c.lines, got, err, c.want)
		}
	}
	// The header that is not the chosen one is the asker's own.
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:5"
	r.Header.Set("Forwarded", "for=8.8.8.8")
	r.Header.Set("X-Forwarded-For", "9.1.1.1")
	if got, err := (proxies{trusted, "X-Forwarded-For"}).origin(r); err != nil || got.String() != "9.1.1.1" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestBehindProxy: an announce is judged by where it came from in truth.
func TestBehindProxy(t *testing.T) {
	s := newServer(t, func(c *ServerConfig) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	p := anyone(t, 1, "9.1.1.1")
	for _, c := range []struct {
		remote, header string
		status         int
	}{
		{"127.0.0.1", "9.1.1.2", 422}, {"9.1.1.2", "9.1.1.1", 422}, {"127.0.0.1", "what", 400}, {"127.0.0.1", "9.1.1.1", 200},
	} {
		req := httptest.NewRequest("POST", "/grove/v1/announce", bytesReader(p.seal(t)))
		req.Header.Set("X-Forwarded-For", c.header)
		if r := serve(t, s, req, netip.MustParseAddr(c.remote)); r.status != c.status {
			t.Errorf("%+v: %d %s", c, r.status, r.body)
		}
	}
}
