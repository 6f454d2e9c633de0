package kad

import (
	"fmt"
	"testing"

	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

func TestUsable(t *testing.T) {
	const id = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
	for addr, want := range map[string]struct{ own, global string }{
		"/ip4/8.8.8.8/tcp/1":                            {"/ip4/8.8.8.8/tcp/1", "/ip4/8.8.8.8/tcp/1"},
		"/ip4/8.8.8.8/tcp/1/p2p/" + id:                  {"/ip4/8.8.8.8/tcp/1", "/ip4/8.8.8.8/tcp/1"},
		"/ip4/10.1.2.3/udp/1/quic-v1":                   {"/ip4/10.1.2.3/udp/1/quic-v1", ""},
		"/ip6/2001:4860::1/udp/1/quic-v1":               {"/ip6/2001:4860::1/udp/1/quic-v1", "/ip6/2001:4860::1/udp/1/quic-v1"},
		"/ip4/8.8.8.8/tcp/1/p2p/" + id + "/p2p-circuit": {"/ip4/8.8.8.8/tcp/1/p2p/" + id + "/p2p-circuit", "/ip4/8.8.8.8/tcp/1/p2p/" + id + "/p2p-circuit"},
		"/dns4/a.example/tcp/1":                         {},
		"/ip4/8.8.8.8/tcp/1/ws":                         {},
		"/ip4/8.8.8.8/udp/1/quic-v1/webtransport":       {},
		"/ip4/8.8.8.8/udp/1":                            {},
		"/ip4/8.8.8.8":                                  {},
		"/p2p/" + id + "/p2p-circuit":                   {},
		"/p2p/" + id:                                    {},
		"/unix/a":                                       {},
	} {
		a := ma.StringCast(addr)
		for _, c := range []struct {
			d    app.DHT
			want string
		}{{app.DHT{Prefix: "/x"}, want.own}, {app.DHT{}, want.global}} {
			got := overlayOf(c.d).usable([]ma.Multiaddr{a})
			if (c.want == "") != (len(got) == 0) || len(got) == 1 && got[0].String() != c.want {
				t.Errorf("%s in %+v: %v, want %q", addr, c.d, got, c.want)
			}
		}
	}
	var many []ma.Multiaddr
	for i := range 100 {
		many = append(many, ma.StringCast(fmt.Sprintf("/ip4/8.8.8.8/tcp/%d", i+1)))
	}
	if got := overlayOf(app.DHT{}).usable(many); len(got) != maxAddrs {
		t.Errorf("%d addresses of one peer", len(got))
	}
}

func TestOverlays(t *testing.T) {
	for _, c := range []struct {
		d                 app.DHT
		proto             string
		everyones, global bool
	}{
		{app.DHT{}, "/ipfs/kad/1.0.0", true, true},
		{app.DHT{Prefix: "/ipfs"}, "/ipfs/kad/1.0.0", true, true},
		{app.DHT{Bootstrap: []string{"/a"}}, "/ipfs/kad/1.0.0", true, false},
		{app.DHT{Prefix: "/x", Bootstrap: []string{"/a"}}, "/x/kad/1.0.0", false, false},
	} {
		o := overlayOf(c.d)
		if string(o.proto()) != c.proto || o.everyones() != c.everyones || o.global != c.global {
			t.Errorf("%+v is %+v", c.d, o)
		}
	}
}
