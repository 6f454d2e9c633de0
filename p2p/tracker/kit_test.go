package tracker

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

const testBase = "https://tracker.example.org/"

// newServer makes a tracker at testBase that is closed with the test.
func newServer(t testing.TB, change ...func(*ServerConfig)) *Server {
	t.Helper()
	c := ServerConfig{Bases: []string{testBase}}
	for _, f := range change {
		f(&c)
	}
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// someone is a peer of the tests.
type someone struct {
	key crypto.PrivKey
	id  peer.ID
	ip  netip.Addr
}

// anyone makes the same peer for the same number.
func anyone(t testing.TB, n int, ip string) someone {
	t.Helper()
	seed := sha256.Sum256(fmt.Append(nil, "peer ", n))
	key, _, err := crypto.GenerateEd25519Key(bytes.NewReader(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return someone{key, id, netip.MustParseAddr(ip)}
}

// at is a TCP address of ip.
func at(ip netip.Addr) string {
	if ip.Is4() {
		return "/ip4/" + ip.String() + "/tcp/4001"
	}
	return "/ip6/" + ip.String() + "/tcp/4001"
}

var testKey = sha256.Sum256([]byte("a package"))

// statement is a sound announce by p, changed by each of change.
func (p someone) statement(change ...func(*statement)) *statement {
	st := &statement{Version: 1, To: testBase, Key: CID(testKey), Peer: p.id.String(), Addrs: []string{at(p.ip)}, Time: time.Now().Unix()}
	for _, f := range change {
		f(st)
	}
	return st
}

func (p someone) seal(t testing.TB, change ...func(*statement)) []byte {
	t.Helper()
	b, err := p.statement(change...).seal(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// result is what the tracker answered.
type result struct {
	status int
	header http.Header
	body   string
	refused
	Providers []struct {
		Schema, ID string
		Addrs      []string
	}
	Grove tail
}

type refused struct {
	Error refusal
	Time  int64
}

// ids are the peers of r, in order.
func (r result) ids() (out []string) {
	for _, p := range r.Providers {
		out = append(out, p.ID)
	}
	return out
}

func serve(t testing.TB, s http.Handler, req *http.Request, from netip.Addr) result {
	t.Helper()
	req.RemoteAddr = netip.AddrPortFrom(from, 50000).String()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	r := result{status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatalf("%v in %s", err, w.Body)
		}
	}
	return r
}

func post(t testing.TB, s http.Handler, from netip.Addr, body []byte) result {
	t.Helper()
	return serve(t, s, httptest.NewRequest("POST", "/grove/v1/announce", bytes.NewReader(body)), from)
}

// announce announces p, which must work.
func announce(t testing.TB, s http.Handler, p someone, change ...func(*statement)) result {
	t.Helper()
	r := post(t, s, p.ip, p.seal(t, change...))
	if r.status != http.StatusOK {
		t.Fatalf("an announce from %s: %d %s", p.ip, r.status, r.body)
	}
	return r
}

// ask asks for testKey, which must work.
func ask(t testing.TB, s http.Handler, from string) result {
	t.Helper()
	r := serve(t, s, httptest.NewRequest("GET", "/routing/v1/providers/"+CID(testKey), nil), netip.MustParseAddr(from))
	if r.status != http.StatusOK {
		t.Fatalf("an ask: %d %s", r.status, r.body)
	}
	return r
}
