package p2p

import (
	"net/netip"
	"testing"

	"grove/app"
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
