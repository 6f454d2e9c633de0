package tracker

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimits: what one address can do, and that it cannot push out others.
func TestLimits(t *testing.T) {
	for name, f := range limitTests {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
}

var limitTests = map[string]func(*testing.T){
	"requests": func(t *testing.T) {
		s := newServer(t)
		ip := netip.MustParseAddr("9.1.1.1")
		get := func() result {
			return serve(t, s, httptest.NewRequest("GET", "/routing/v1/providers/"+CID(testKey), nil), ip)
		}
		for i := range 100 {
			if r := get(); r.status != 200 {
				t.Fatalf("request %d: %d", i, r.status)
			}
		}
		if r := get(); r.status != 429 || r.Error != refusedRate || r.header.Get("Retry-After") != "1" {
			t.Errorf("one more: %d %q", r.status, r.header.Get("Retry-After"))
		}
		ask(t, s, "9.1.1.2") // the neighbour may
		time.Sleep(time.Second)
		for i := range 20 {
			if r := get(); r.status != 200 {
				t.Fatalf("a second later, request %d: %d", i, r.status)
			}
		}
		if r := get(); r.status != 429 {
			t.Errorf("one more: %d", r.status)
		}
		time.Sleep(time.Minute)
		ask(t, s, "9.1.1.2")
		if n := len(s.table.sources.at); n != 1 {
			t.Errorf("%d addresses are remembered", n)
		}
	},
	"one address": func(t *testing.T) {
		s := newServer(t, limit(Limits{PerAddress: 3}))
		for i := range 3 {
			announce(t, s, anyone(t, i, "9.1.1.1"))
		}
		p := anyone(t, 3, "9.1.1.1")
		if r := post(t, s, p.ip, p.seal(t)); r.status != 429 || r.Error != refusedCrowded || r.header.Get("Retry-After") != "600" {
			t.Errorf("the fourth: %d %s", r.status, r.body)
		}
		time.Sleep(time.Second)
		announce(t, s, anyone(t, 0, "9.1.1.1")) // who is there may stay
		announce(t, s, anyone(t, 4, "9.1.1.2"))
		announce(t, s, anyone(t, 0, "9.1.1.1"), func(st *statement) { st.Gone, st.Time = true, st.Time+1 })
		announce(t, s, p)
	},
	"one IPv6 network": func(t *testing.T) {
		s := newServer(t, limit(Limits{PerAddress: 2}))
		n := 0
		for i := range 20 {
			p := anyone(t, i, fmt.Sprintf("2a01:4f8:1:%x::1", i))
			if r := post(t, s, p.ip, p.seal(t)); r.status == 200 {
				n++
			}
		}
		if n != 2*wide48 {
			t.Errorf("%d announces of one /48", n)
		}
		announce(t, s, anyone(t, 50, "2a01:4f8:2::1"))
	},
	"all": func(t *testing.T) {
		s := newServer(t, limit(Limits{Announces: 5}))
		for i := range 5 {
			announce(t, s, anyone(t, i, fmt.Sprintf("9.1.1.%d", i)))
		}
		p := anyone(t, 9, "9.1.2.1")
		if r := post(t, s, p.ip, p.seal(t)); r.status != 503 || r.Error != refusedFull {
			t.Errorf("one too many: %d %s", r.status, r.body)
		}
		time.Sleep(time.Second)
		announce(t, s, anyone(t, 0, "9.1.1.0"))
		if r := ask(t, s, "9.9.9.9"); r.Grove.Swarm != 5 {
			t.Errorf("%s", r.body)
		}
	},
}

func limit(l Limits) func(*ServerConfig) { return func(c *ServerConfig) { c.Limits = l } }
