package tracker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/internal/web"
)

var local = app.Reach{LocalOnly: true}

// newClient makes the client of p in local-only mode.
func newClient(t testing.TB, p someone, change ...func(*Config)) *Client {
	t.Helper()
	c := Config{Web: web.Config{Reach: local}, Key: p.key, UserAgent: "Grove/test"}
	for _, f := range change {
		f(&c)
	}
	cl, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cl.Close() })
	return cl
}

// listen serves h at ip on the loopback network and returns the port.
func listen(t testing.TB, h http.Handler, address string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(h)
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	t.Cleanup(srv.Close)
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// countedHandler counts its requests.
type countedHandler struct {
	http.Handler
	n atomic.Int64
}

func (c *countedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.n.Add(1)
	c.Handler.ServeHTTP(w, r)
}

// running is a tracker in local-only mode on 127.0.0.1.
func running(t testing.TB) (base string, s *Server) {
	base, s, _ = runningCounted(t)
	return base, s
}

func runningCounted(t testing.TB) (base string, s *Server, requests *atomic.Int64) {
	t.Helper()
	var h countedHandler
	base = "http://127.0.0.1:" + listen(t, &h, "127.0.0.1:0") + "/"
	s = newServer(t, func(c *ServerConfig) { c.Bases, c.Reach = []string{base}, local })
	h.Handler = s
	return base, s, &h.n
}

// handler is set once its address is known.
type handler struct{ http.Handler }

func addrs(texts ...string) (out []ma.Multiaddr) {
	for _, s := range texts {
		out = append(out, ma.StringCast(s))
	}
	return out
}

func ids(a Answer) (out []peer.ID) {
	for _, p := range a.Peers {
		out = append(out, p.ID)
	}
	return out
}

// TestClient is a life: announce, be found, find, leave.
func TestClient(t *testing.T) {
	base, s, requests := runningCounted(t)
	p, q := anyone(t, 1, "127.0.0.1"), anyone(t, 2, "127.0.0.1")
	cp, cq := newClient(t, p), newClient(t, q)
	ctx := t.Context()
	if a, err := cp.Ask(ctx, base, false, testKey); err != nil || len(a.Peers) != 0 || a.Again != 0 {
		t.Errorf("of nobody: %+v, %v", a, err)
	}
	mine := Announce{Key: testKey, Addrs: addrs("/ip4/127.0.0.1/tcp/4001/p2p/"+p.id.String(), "/ip4/9.1.1.1/tcp/4001", "/dns4/x.example/tcp/4001"), Complete: true}
	a, err := cp.Announce(ctx, base, false, mine)
	if err != nil || len(a.Peers) != 0 || a.Swarm != 1 || a.Complete != 1 || a.Again < 27*time.Minute || a.Again > 30*time.Minute || a.Life != 40*time.Minute {
		t.Errorf("the first: %+v, %v", a, err)
	}
	for range 3 { // in one second
		if _, err := cp.Announce(ctx, base, false, mine); err != nil {
			t.Error(err)
		}
	}
	if n := requests.Load(); n != 5 {
		t.Errorf("%d requests for one ask and four announces", n)
	}
	a, err = cq.Announce(ctx, base, false, Announce{Key: testKey, Addrs: addrs("/ip4/127.0.0.1/udp/4002/quic-v1")})
	if err != nil || !slices.Equal(ids(a), []peer.ID{p.id}) || a.Peers[0].Addrs[0].String() != "/ip4/127.0.0.1/tcp/4001" || len(a.Peers[0].Addrs) != 1 {
		t.Errorf("the second: %+v, %v", a, err)
	}
	if a, err = cp.Ask(ctx, base, false, testKey); err != nil || !slices.Equal(ids(a), []peer.ID{q.id}) || a.Swarm != 2 {
		t.Errorf("asking, which must not tell of oneself: %+v, %v", a, err)
	}
	if _, err = cp.Announce(ctx, base, false, Announce{Key: testKey, Gone: true}); err != nil {
		t.Error(err)
	}
	if r := ask(t, s, "127.0.0.1"); r.Grove.Swarm != 1 {
		t.Errorf("after the farewell: %s", r.body)
	}
}

// TestBothFamilies: a peer with addresses of both announces over both, and
// the tracker has one peer with all.
func TestBothFamilies(t *testing.T) {
	var h handler
	port := listen(t, &h, "127.0.0.1:0")
	listen(t, &h, "[::1]:"+port)
	base := "http://tracker.internal:" + port + "/"
	s := newServer(t, func(c *ServerConfig) { c.Bases, c.Reach = []string{base}, local })
	h.Handler = s
	p := anyone(t, 1, "127.0.0.1")
	relayed := "/ip4/10.9.9.9/tcp/4001/p2p/" + anyone(t, 3, "127.0.0.1").id.String() + "/p2p-circuit"
	c := newClient(t, p, func(c *Config) { c.Web.Resolver = names("127.0.0.1", "::1") })
	a, err := c.Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs("/ip6/::1/tcp/4001", relayed, "/ip4/127.0.0.1/tcp/4001")})
	if err != nil || a.Swarm != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	r := ask(t, s, "127.0.0.1")
	want := []string{"/ip4/127.0.0.1/tcp/4001", relayed, "/ip6/::1/tcp/4001", relayed}
	if len(r.Providers) != 1 || !slices.Equal(r.Providers[0].Addrs, want) {
		t.Errorf("known: %s", r.body)
	}
	// Where one family leads nowhere, the other is enough.
	for i, one := range []*net.Resolver{names("127.0.0.1", ""), names("", "::1")} {
		c := newClient(t, anyone(t, 10+i, "127.0.0.1"), func(c *Config) { c.Web.Resolver = one })
		if a, err := c.Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs("/ip6/::1/tcp/4001", "/ip4/127.0.0.1/tcp/4001")}); err != nil || a.Swarm != 2+i {
			t.Errorf("%d: %+v, %v", i, a, err)
		}
	}
}

// names resolves every name to an IPv4 and an IPv6 address, "" for none,
// without a packet leaving the test.
func names(ip4, ip6 string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() { // ends when the resolver closes its end
			defer there.Close()
			for {
				var n [2]byte // over a stream, RFC 1035 4.2.2
				if _, err := io.ReadFull(there, n[:]); err != nil {
					return
				}
				q := make([]byte, binary.BigEndian.Uint16(n[:]))
				if _, err := io.ReadFull(there, q); err != nil {
					return
				}
				a := dnsAnswer(q, ip4, ip6)
				_, _ = there.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
			}
		}()
		return here, nil
	}}
}

// dnsAnswer makes an answer from a question: RFC 1035 4.1.
func dnsAnswer(q []byte, ip4, ip6 string) []byte {
	const header = 12
	end := header
	for q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5
	a := append([]byte(nil), q[:end]...)
	binary.BigEndian.PutUint16(a[2:], 0x8180)
	binary.BigEndian.PutUint16(a[10:], 0)
	kind := binary.BigEndian.Uint16(q[end-4:])
	text := map[uint16]string{1: ip4, 28: ip6}[kind]
	if text == "" {
		return a
	}
	ip := netip.MustParseAddr(text).AsSlice()
	binary.BigEndian.PutUint16(a[6:], 1)
	a = append(a, 0xc0, header, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 60, 0, byte(len(ip)))
	return append(a, ip...)
}

// TestWrongClock: one that is off by a year announces at the second try, and
// goes on doing so; so does one that was set back.
func TestWrongClock(t *testing.T) {
	p := anyone(t, 1, "127.0.0.1")
	for name, off := range map[string]time.Duration{"slow": -365 * 24 * time.Hour, "fast": 365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			// The server's clock cannot be changed, so its view of the time in an
			// announce is: it shifts what the client says, and what it says.
			var tries int
			s := newServer(t)
			c := newClient(t, p)
			shift := int64(off / time.Second)
			front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tries++
				b, _ := io.ReadAll(r.Body)
				st, err := open(b)
				if err != nil {
					t.Error(err)
					return
				}
				now := time.Now().Unix() + shift
				if d := st.Time - now; d > 900 || d < -900 {
					s.refuse(w, problem{Error: refusedClock, status: 409, Time: now})
					return
				}
				writeAnswer(w, nil, tail{Swarm: 1})
			})
			base := "http://127.0.0.1:" + listen(t, front, "127.0.0.1:0") + "/"
			for i := range 2 {
				if _, err := c.Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs(at(p.ip))}); err != nil || tries != 2*i+2 {
					t.Errorf("%v after %d tries", err, tries)
				}
			}
		})
	}
	t.Run("set back", func(t *testing.T) {
		base, s := running(t)
		post(t, s, p.ip, p.seal(t, func(st *statement) { st.To, st.Time = base, st.Time+600 }))
		if _, err := newClient(t, p).Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs(at(p.ip))}); err != nil {
			t.Error(err)
		}
	})
	t.Run("whatever one says", func(t *testing.T) {
		tries := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tries++
			w.WriteHeader(409)
			fmt.Fprintf(w, `{"Error":"clock","Time":%d}`, 1000*tries)
		})
		base := "http://127.0.0.1:" + listen(t, h, "127.0.0.1:0") + "/"
		_, err := newClient(t, p).Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs(at(p.ip))})
		if problemKind(err) != app.SourceFault || tries != 2 {
			t.Errorf("%v after %d tries", err, tries)
		}
	})
}

func problemKind(err error) app.ProblemKind {
	if p, ok := errors.AsType[*app.Problem](err); ok {
		return p.Kind
	}
	return ""
}

// TestReach: what may not be reached is not dialled, and says so.
func TestReach(t *testing.T) {
	p := anyone(t, 1, "127.0.0.1")
	requests := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests++; writeAnswer(w, nil, tail{}) })
	port := listen(t, h, "127.0.0.1:0")
	home := newClient(t, p)
	wide := newClient(t, p, func(c *Config) {
		c.Web.Reach = app.Reach{}
		c.Web.Resolver = names("127.0.0.1", "")
	})
	for _, c := range []struct {
		client *Client
		base   string
		typed  bool
		kind   app.ProblemKind
	}{
		{home, "https://tracker.example.org/", false, app.Refused},
		{home, "https://tracker.example.org/", true, app.Refused},
		{home, "http://9.1.1.1/", true, app.Refused},
		{wide, "http://127.0.0.1:" + port + "/", false, app.Refused},
		{wide, "http://cdn.example:" + port + "/", false, app.Refused},
		{wide, "http://cdn.example:" + port + "/", true, ""},
		{wide, "http://cdn.example:" + port + "/", false, app.Refused}, // the typed one's connection is not shared
		{wide, "http://127.0.0.1:" + port, true, ""},
		{home, "http://127.0.0.1:" + port + "/a/b", false, ""},
		{home, "ftp://127.0.0.1/", false, app.BadInput},
		{home, "http://u:secret@127.0.0.1:" + port + "/", false, app.BadInput},
		{home, "http://127.0.0.1:" + port + "/?q", false, app.BadInput},
		{home, "http://127.0.0.1:\x1b" + strings.Repeat("x", 1000), false, app.BadInput},
	} {
		before := requests
		_, err := c.client.Ask(t.Context(), c.base, c.typed, testKey)
		if problemKind(err) != c.kind || (requests-before == 1) != (c.kind == "") {
			t.Errorf("%s: %v, %d requests", c.base, err, requests-before)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("%q", err)
		}
	}
	if _, err := New(Config{}); problemKind(err) != app.Internal {
		t.Errorf("without a key: %v", err)
	}
}

// TestNothingToSay: without an address nothing is sent, nor are addresses that
// are nobody's business.
func TestNothingToSay(t *testing.T) {
	p := anyone(t, 1, "127.0.0.1")
	var got []string
	requests := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		b, _ := io.ReadAll(r.Body)
		if st, err := open(b); err == nil {
			got = st.Addrs
		}
		writeAnswer(w, nil, tail{})
	})
	base := "http://127.0.0.1:" + listen(t, h, "127.0.0.1:0") + "/"
	c := newClient(t, p, func(c *Config) { c.Web.Reach = app.Reach{} })
	private := addrs("/ip4/192.168.1.5/tcp/4001", "/ip4/9.1.1.1/tcp/4001/p2p/"+anyone(t, 2, "9.1.1.1").id.String())
	if _, err := c.Announce(t.Context(), base, true, Announce{Key: testKey, Addrs: private}); !errors.Is(err, ErrNoAddress) || requests != 0 {
		t.Errorf("%v, %d requests", err, requests)
	}
	var lots []ma.Multiaddr
	for i := range 20 {
		lots = append(lots, addrs(fmt.Sprintf("/ip4/9.1.1.1/tcp/%d", 4000+i), fmt.Sprintf("/ip4/9.2.2.2/tcp/%d/p2p/%s/p2p-circuit", 4000+i, anyone(t, 2, "9.1.1.1").id))...)
	}
	if _, err := c.Announce(t.Context(), base, true, Announce{Key: testKey, Addrs: append(private, lots...)}); err != nil || len(got) != MaxAddrs {
		t.Errorf("%v, sent %q", err, got)
	}
}

func TestMerge(t *testing.T) {
	info := func(n ...int) (out []peer.AddrInfo) {
		for _, n := range n {
			out = append(out, peer.AddrInfo{ID: peer.ID(fmt.Sprint(n))})
		}
		return out
	}
	got := merge([]Answer{
		{Peers: info(1, 2, 3), Swarm: 5, Again: 30, Life: 40},
		{Peers: info(4, 2, 5), Swarm: 6, Complete: 1, Again: 29, Life: 41},
	})
	if fmt.Sprint(ids(got)) != fmt.Sprint(ids(Answer{Peers: info(1, 4, 2, 3, 5)})) || got.Swarm != 6 || got.Complete != 1 || got.Again != 29 || got.Life != 40 {
		t.Errorf("%+v", got)
	}
}

func TestCID(t *testing.T) {
	// Made by another implementation: ipfs add --raw-leaves of "hello\n" has
	// this CID, which holds the SHA-256 of those six bytes.
	const cid = "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am"
	key, ok := parseCID(cid)
	if !ok || fmt.Sprintf("%x", key) != "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" || CID(key) != cid {
		t.Errorf("%v %x %s", ok, key, CID(key))
	}
}
