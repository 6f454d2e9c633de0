package serve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are pipes without a buffer: what is
// not read has not been sent, and time under synctest is their time.
type pipes struct {
	next   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inBubble runs f in virtual time with h served as the public server does.
// What a handler does ends up in said.
func inBubble(t *testing.T, h func(said chan<- error) http.HandlerFunc, f func(t *testing.T, dial func() net.Conn, said <-chan error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		said := make(chan error, 2)
		l := &pipes{next: make(chan net.Conn), closed: make(chan struct{})}
		s := newWeb(h(said), slog.New(slog.DiscardHandler))
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		f(t, func() net.Conn {
			ours, theirs := net.Pipe()
			l.next <- theirs
			return ours
		}, said)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// large writes what takes many steps, in one call.
func large(said chan<- error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(20*stepBytes))
		_, err := io.Copy(w, io.LimitReader(zeros{}, 20*stepBytes))
		said <- err
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A client that stops reading is gone after a minute.
func TestStalledReader(t *testing.T) {
	inBubble(t, large, func(t *testing.T, dial func() net.Conn, said <-chan error) {
		c := dial()
		defer c.Close()
		began := time.Now()
		say(t, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := io.CopyN(io.Discard, c, 3*stepBytes); err != nil {
			t.Fatal(err)
		}
		if err := <-said; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the handler was told %v", err)
		}
		if took := time.Since(began); took < stepTime || took > stepTime+time.Second {
			t.Errorf("after %s", took)
		}
	})
}

// One on a slow line has all the time in the world.
func TestSlowReader(t *testing.T) {
	inBubble(t, large, func(t *testing.T, dial func() net.Conn, said <-chan error) {
		c := dial()
		defer c.Close()
		say(t, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		for got := int64(0); got < 20*stepBytes; {
			n, err := io.CopyN(io.Discard, res.Body, stepBytes/2)
			if got += n; err != nil {
				t.Fatalf("after %d bytes: %v", got, err)
			}
			time.Sleep(stepTime / 3)
		}
		if err := <-said; err != nil {
			t.Error(err)
		}
	})
}

// Who sends neither a head nor a body, or nothing more, is hung up on.
func TestSlowSenders(t *testing.T) {
	h := func(said chan<- error) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			said <- err
		}
	}
	for _, c := range []struct {
		name, text string
		after      time.Duration
		body       bool
	}{
		{"nothing", "", headerTime, false},
		{"half a head", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", headerTime, false},
		{"half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", bodyTime, true},
		{"nothing more", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", idleTime, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, h, func(t *testing.T, dial func() net.Conn, said <-chan error) {
				conn := dial()
				defer conn.Close()
				began := time.Now()
				say(t, conn, c.text)
				if _, err := io.Copy(io.Discard, conn); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took < c.after || took > c.after+time.Second {
					t.Errorf("hung up on after %s, want %s", took, c.after)
				}
				if c.body {
					if err := <-said; (c.after == bodyTime) != errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("the handler read %v", err)
					}
				}
			})
		})
	}
}

// The time for a body ends with it: what a handler does then is not hurried.
func TestHandlerMayTakeItsTime(t *testing.T) {
	h := func(chan<- error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			select {
			case <-time.After(10 * bodyTime):
				_, _ = io.WriteString(w, "done")
			case <-r.Context().Done():
			}
		}
	}
	inBubble(t, h, func(t *testing.T, dial func() net.Conn, _ <-chan error) {
		c := dial()
		defer c.Close()
		in := bufio.NewReader(c)
		for range 2 { // and what comes behind it on the connection has its own
			say(t, c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n12")
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); err != nil || string(b) != "done" {
				t.Fatalf("%q, %v", b, err)
			}
		}
	})
}

// A file goes to the socket inside the kernel, range or not: what a connection
// is handed below everything here is a limit right around the file.
func TestFileIsSentInsideTheKernel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 4*stepBytes+77), 0o600); err != nil {
		t.Fatal(err)
	}
	var via atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	s := newWeb(&front{base: "/", meters: newMeters("", ""), inner: file}, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- s.Serve(newCrowd(spies{l, &via}, 5, nil, new(atomic.Int64))) }()
	for ranged, want := range map[string]int{"": 4*stepBytes + 77, "bytes=5-": 4*stepBytes + 72, "bytes=1-1": 1} {
		via.Store(0)
		req, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/d/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", ranged)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || len(b) != want {
			t.Errorf("range %q: %d bytes, %v", ranged, len(b), err)
		}
		if want > stepBytes && via.Load() < int64(want-1024) { // all but what net/http looks at first
			t.Errorf("range %q: %d bytes went from file to socket", ranged, via.Load())
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-served
}

// spies count what connections are handed as a limited file.
type spies struct {
	net.Listener
	via *atomic.Int64
}

func (s spies) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	return spy{c, s.via}, err
}

type spy struct {
	net.Conn
	via *atomic.Int64
}

func (s spy) ReadFrom(r io.Reader) (int64, error) {
	n, err := s.Conn.(io.ReaderFrom).ReadFrom(r)
	if l, ok := r.(*io.LimitedReader); ok {
		if _, ok := l.R.(*os.File); ok {
			s.via.Add(n)
		}
	}
	return n, err
}

// What is left of a limit is right afterwards, as with any other writer.
func TestLimitIsCountedDown(t *testing.T) {
	w := &takesAll{ResponseWriter: httptest.NewRecorder()}
	g := &guard{ResponseWriter: w, ctl: http.NewResponseController(w), step: stepTime}
	l := &io.LimitedReader{R: io.LimitReader(zeros{}, 2*stepBytes+5), N: 3 * stepBytes}
	if n, err := g.ReadFrom(l); n != 2*stepBytes+5 || err != nil || l.N != stepBytes-5 {
		t.Errorf("%d bytes, %v, %d left", n, err, l.N)
	}
	if n, err := g.ReadFrom(io.LimitReader(zeros{}, 7)); n != 7 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if n, err := g.ReadFrom(strings.NewReader("no limit")); n != 8 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

type takesAll struct{ http.ResponseWriter }

func (takesAll) ReadFrom(r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }

// An address has so many connections, and one that ends makes room.
func TestConnectionsPerAddress(t *testing.T) {
	s := start(t, onLoopback(t, "relay", "http-per-address", "2"))
	var in []net.Conn
	enter := func() net.Conn {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	answers := func(c net.Conn) bool {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") // it may be closed
		_ = c.SetReadDeadline(time.Now().Add(patience))
		n, _ := c.Read(make([]byte, 1))
		return n == 1
	}
	for range 2 {
		c := enter()
		defer c.Close()
		if !answers(c) {
			t.Fatal("no room for two")
		}
		in = append(in, c)
	}
	third := enter()
	if answers(third) {
		t.Error("a third got in")
	}
	_ = third.Close()
	if n := s.refused.Load(); n != 1 {
		t.Errorf("%d are counted as refused", n)
	}
	_ = in[0].Close()
	soon(t, "room", func() bool {
		c := enter()
		defer c.Close()
		return answers(c)
	})
}

func TestWhoseConnection(t *testing.T) {
	c := newCrowd(nil, 1, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, nil)
	for address, want := range map[string]string{
		"192.0.2.7:1":             "192.0.2.7/32",
		"[::ffff:192.0.2.7]:1":    "192.0.2.7/32",
		"[2001:db8:1:2:3::4]:1":   "2001:db8:1:2::/64",
		"[fe80::1%lo]:1":          "fe80::/64",
		"10.1.2.3:9":              "invalid Prefix",
		"[::ffff:10.1.2.3]:65535": "invalid Prefix",
	} {
		if got := c.who(textAddr(address)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	// A proxy has as many as there are, and all together have an end.
	for range maxHTTPConns {
		if !c.enter(netip.Prefix{}) {
			t.Fatal("a proxy was refused")
		}
	}
	if c.enter(netip.Prefix{}) || c.conns() != maxHTTPConns {
		t.Errorf("%d connections", c.conns())
	}
	c.leave(netip.Prefix{})
	one := netip.MustParsePrefix("192.0.2.7/32")
	if !c.enter(one) {
		t.Error("no room")
	}
	c.leave(one)
	if len(c.from) != 0 {
		t.Errorf("kept %v", c.from)
	}
}

type textAddr string

func (textAddr) Network() string  { return "tcp" }
func (a textAddr) String() string { return string(a) }

// net/http's own lines name clients, and are for who asked for them. A panic is
// told to everybody, without the address.
func TestAddressesOfClientsAreNotLogged(t *testing.T) {
	logs := &journal{}
	d := debugLog{newLog(&Config{LogLevel: "info"}, logs)}
	for line, want := range map[string]string{
		"http: TLS handshake error from 192.0.2.7:1234: EOF":              "",
		"http: panic serving 192.0.2.7:1234: no luck\ngoroutine 1":        "no luck",
		"http2: panic serving [2001:db8::192:7]:1234: no luck\ngoroutine": "no luck",
	} {
		before := len(logs.String())
		if n, err := d.Write([]byte(line)); n != len(line) || err != nil {
			t.Error(n, err)
		}
		said := logs.String()[before:]
		if strings.Contains(said, "192") || (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("%q is logged as %q", line, said)
		}
	}
	s := start(t, onLoopback(t, "tracker,relay"))
	s.roles.mux.HandleFunc("/d/bad", func(http.ResponseWriter, *http.Request) { panic("no luck") })
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	say(t, c, "GET /d/bad HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	get(t, s.base+"routing/v1/providers/x")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if log := s.logs.String(); strings.Contains(log, c.LocalAddr().String()) || !strings.Contains(log, "no luck") {
		t.Error(log)
	}
}
