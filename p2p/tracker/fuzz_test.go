package tracker

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// FuzzSealed: whatever is posted is refused or was signed by the peer it
// names, and the server goes on.
func FuzzSealed(f *testing.F) {
	p := anyone(f, 1, "9.1.1.1")
	f.Add(p.seal(f))
	f.Add(p.seal(f, func(st *statement) { st.Gone, st.Addrs = true, nil }))
	f.Add([]byte{})
	s := newServer(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		st, err := open(b)
		if err == nil && (st.id.String() != st.Peer || st.Version != announceVersion || len(st.Addrs) > MaxAddrs || CID(st.key) != st.Key && !strings.HasPrefix(st.Key, "b")) {
			t.Errorf("%x was read as %+v", b, st)
		}
		if r := post(t, s, netip.MustParseAddr("9.1.1.1"), b); r.status != 200 && r.Error == "" {
			t.Errorf("%x: %d %s", b, r.status, r.body)
		}
	})
}

// FuzzStatement: whatever a peer signs, what the tracker tells of it is JSON
// with addresses at the peer's own address or by way of a relay.
func FuzzStatement(f *testing.F) {
	p := anyone(f, 1, "9.1.1.1")
	for _, change := range []func(*statement){
		func(*statement) {},
		func(st *statement) {
			st.Addrs = []string{at(p.ip) + "/p2p/" + st.Peer, "/ip4/9.1.1.2/tcp/4001/p2p/" + anyone(f, 2, "9.1.1.1").id.String() + "/p2p-circuit"}
		},
		func(st *statement) {
			st.Addrs = []string{`/unix/a"b\u0000`, "/ip4/9.1.1.1/tcp/4001", "/ip6/::1/udp/1/quic-v1"}
		},
	} {
		b, _ := json.Marshal(p.statement(change))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var st statement
		if json.Unmarshal(payload, &st) != nil {
			return
		}
		told := doubt{}.believe(st.Addrs, p.id, p.ip)
		for _, text := range told {
			addr, err := ma.NewMultiaddr(text)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			ip, relay, err := shape(addr)
			if err != nil || relay == "" && ip != p.ip || (app.Reach{}).Check(ip, false) != nil {
				t.Errorf("%q is told", text)
			}
		}
		if b := "[" + string(joinAddrs(told)) + "]"; len(told) > 0 && !json.Valid([]byte(b)) {
			t.Errorf("%s is no JSON", b)
		}
	})
}

// FuzzAnswer: whatever a tracker sends is within the bounds, or an error that
// can be shown.
func FuzzAnswer(f *testing.F) {
	p := anyone(f, 1, "9.1.1.1")
	s := newServer(f)
	for i := range 3 {
		announce(f, s, anyone(f, 10+i, fmt.Sprintf("9.1.1.%d", i)))
	}
	f.Add([]byte(ask(f, s, "9.1.1.1").body))
	f.Add([]byte(`{"Providers":[{"Schema":"peer","ID":"x","Addrs":[1]}],"Grove":{"Swarm":-1,"Again":1e99}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAnswer(b, p.id)
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q", err)
			}
			return
		}
		if len(a.Peers) > MaxPeers || a.Swarm < 0 || a.Complete < 0 || a.Again < time.Minute || a.Life < time.Minute || a.Again > mostAgain {
			t.Errorf("%+v", a)
		}
		seen := map[string]bool{p.id.String(): true}
		for _, i := range a.Peers {
			if len(i.Addrs) == 0 || len(i.Addrs) > MaxAddrs || seen[i.ID.String()] {
				t.Errorf("%+v", i)
			}
			seen[i.ID.String()] = true
		}
	})
}

// FuzzOrigin: whatever a proxy passes on, an address comes out of it or none.
func FuzzOrigin(f *testing.F) {
	f.Add(`for="[2a01:4f8::1]:4711";proto=http, for=8.8.8.8`, true)
	f.Add("8.8.8.8, 9.1.1.1:80,,", false)
	f.Fuzz(func(t *testing.T, line string, rfc bool) {
		p := proxies{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "X-Forwarded-For"}
		if rfc {
			p.header = forwarded
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set(p.header, line)
		if ip, err := p.origin(r); err == nil && (!ip.IsValid() || ip.Is4In6() || ip.Zone() != "") {
			t.Errorf("%q: %v", line, ip)
		}
	})
}

// FuzzBook: whatever is in the book is left out or can be told.
func FuzzBook(f *testing.F) {
	v := append(append(bookHeadOf(nil, flagComplete, 5), 4), 9, 1, 1, 1)
	f.Add(bookKey(testKey, 0, anyone(f, 1, "9.1.1.1").id), append(v, `"/ip4/9.1.1.1/tcp/4001"`...))
	f.Add(bookKey(testKey, keyGone, anyone(f, 1, "9.1.1.1").id), append(bookHeadOf(nil, flagGone, 5), 0))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		now := time.Now()
		tab := newTable(Limits{}.withDefaults(), nil)
		_ = tab.recall(&memory{m: map[string]Entry{"x": {Until: now.Add(time.Minute), Key: key, Value: value}}}, doubt{}, now)
		check(t, tab)
		for _, sw := range tab.swarms {
			for _, e := range sw.peers {
				if !json.Valid(e.json) {
					t.Errorf("%s", e.json)
				}
			}
		}
	})
}
