package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/app"
)

// nameServer answers every question for an IPv4 address with addrs (none:
// an empty answer) or with a failure, and no others.
func nameServer(t *testing.T, failure bool, addrs ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if a := dnsAnswer(buf[:n], failure, addrs); a != nil {
				_, _ = conn.WriteTo(a, from)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); work.Wait() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// dnsAnswer makes an answer from a question: RFC 1035 4.1.
func dnsAnswer(q []byte, failure bool, addrs []string) []byte {
	const header = 12
	end := header
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5 // root label, type, class
	if end > len(q) {
		return nil
	}
	a := append([]byte(nil), q[:end]...)
	binary.BigEndian.PutUint16(a[2:], 0x8180) // answer, recursion
	binary.BigEndian.PutUint16(a[10:], 0)     // no additional records
	if failure {
		a[3] |= 2 // SERVFAIL
		return a
	}
	if binary.BigEndian.Uint16(q[end-4:]) != 1 { // not an A question
		return a
	}
	binary.BigEndian.PutUint16(a[6:], uint16(len(addrs)))
	for _, addr := range addrs {
		a = append(a, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		a = append(a, net.ParseIP(addr).To4()...)
	}
	return a
}

// TestNames: what a name resolves to decides, not what it looks like.
func TestNames(t *testing.T) {
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	_, port, _ := net.SplitHostPort(srv.addr)
	many := make([]string, 64) // nothing listens on all but the last
	for i := range many {
		many[i] = "127.0.0.99"
	}
	many[63] = "127.0.0.1"
	for _, row := range []struct {
		name     string
		resolver *net.Resolver
		typed    bool
		want     string
		text     string
	}{
		{"SERVFAIL", nameServer(t, true), true, faulty, "cdn.example"},
		{"no address", nameServer(t, false), true, faulty, "no such host"},
		{"64 addresses, typed", nameServer(t, false, many...), true, rightBytes, ""},
		{"64 private addresses, from a manifest", nameServer(t, false, many...), false, refused, "127.0.0"},
		{"loopback, from a manifest", nameServer(t, false, "127.0.0.1"), false, refused, "127.0.0.1"},
		{"unspecified, typed", nameServer(t, false, "0.0.0.0"), true, refused, "0.0.0.0"},
		{"metadata service, from a manifest", nameServer(t, false, "169.254.169.254"), false, refused, "169.254.169.254"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := srv.conns.Load()
			c := newClient(t, Config{resolver: row.resolver})
			s, err := c.newSource(made.Package, app.Origin{URL: "http://cdn.example:" + port + "/file.bin", Typed: row.typed})
			if err != nil {
				t.Fatal(err)
			}
			got, err := fetch(t, s, made, made.Whole())
			if got != row.want || err != nil && !strings.Contains(err.Error(), row.text) {
				t.Errorf("%s: %v; want %s, %q", got, err, row.want, row.text)
			}
			if n := srv.conns.Load() - before; (n != 0) != (row.want == rightBytes) {
				t.Errorf("%d connections were made", n)
			}
		})
	}
}

// TestTypedConnectionIsNotShared: a connection that the user's word opened
// carries nothing that a manifest asks for.
func TestTypedConnectionIsNotShared(t *testing.T) {
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	_, port, _ := net.SplitHostPort(srv.addr)
	c := newClient(t, Config{resolver: nameServer(t, false, "127.0.0.1")})
	url := "http://cdn.example:" + port + "/file.bin"
	if got, err := fetch(t, typedSource(t, c, made, url), made, made.Whole()); got != rightBytes {
		t.Fatalf("typed: %s: %v", got, err)
	}
	s, err := c.newSource(made.Package, app.Origin{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fetch(t, s, made, made.Whole()); got != refused {
		t.Errorf("from a manifest: %s: %v; want refused", got, err)
	}
	if n := srv.requests.Load(); n != 1 {
		t.Errorf("%d requests arrived, want 1", n)
	}
}

// TestRetryAfter reads both forms.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, "600": maxRetryAfter, "601": maxRetryAfter,
		"18446744073709551616": maxRetryAfter, "-5": 0, "1.5": 0, "soon": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute,
		"Fri, 02 Jan 2026 03:03:05 GMT": 0,
		"Fri, 02 Jan 2099 03:04:05 GMT": maxRetryAfter,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", s, got, want)
		}
	}
}

func TestPlaceHidesTheQuery(t *testing.T) {
	u, _ := url.Parse("https://cdn.example/a%2Fb?token=secret#x")
	if got := place(u); got != "https://cdn.example/a%2Fb" {
		t.Errorf("place = %s", got)
	}
	for raw, want := range map[string]string{
		"https://me:secret@cdn.example:x/":    "...@cdn.example:x/",
		"https://cdn.example:x/?secret":       "https://cdn.example:x/...",
		"https://cdn.example:x/\x1b[2J\u202e": "https://cdn.example:x/?[2J?",
	} {
		if got := hide(raw); got != want {
			t.Errorf("hide = %s, want %s", got, want)
		}
	}
}

// TestLocalOnlyAsksNobodyOutside: not even the name of a host.
func TestLocalOnlyAsksNobodyOutside(t *testing.T) {
	made := oneFile(t)
	front := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		return x.status("302 Found", "Location: http://cdn.example:8080/file.bin")
	})
	c := newClient(t, Config{Reach: app.Reach{LocalOnly: true}, resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("a name was looked up")
			return nil, errors.New("no")
		},
	}})
	for _, u := range []string{"http://" + front.addr + "/file.bin", "http://cdn.example:8080/file.bin", "http://1.1.1.1/file.bin"} {
		s, err := c.newSource(made.Package, app.Origin{URL: u, Typed: true})
		if err == nil {
			_, err = fetch(t, s, made, made.Whole())
		}
		if p := app.AsProblem(err); p == nil || p.Kind != app.Refused {
			t.Errorf("%s: %v; want Refused", u, err)
		}
	}
}
