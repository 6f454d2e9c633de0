package mirror

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient makes a client that is closed with the test.
func newClient(t testing.TB, c Config) *Client {
	t.Helper()
	client := New(c)
	t.Cleanup(func() { client.Close() })
	return client
}

// oneFile is a package of a single file of two whole pieces and a short one.
func oneFile(t testing.TB, origins ...string) *apptest.Made {
	return apptest.Package(t, apptest.Options{
		Sizes: map[string]int64{"file.bin": 2*pack.MinPiece + 1000}, Origins: origins,
	})
}

// typedSource is the source of an origin that the user typed.
func typedSource(t testing.TB, c *Client, made *apptest.Made, url string) *source {
	t.Helper()
	s, err := c.newSource(made.Package, app.Origin{URL: url, Typed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Outcomes of a run besides the kinds of problem.
const (
	rightBytes = "right bytes"
	wrongBytes = "wrong bytes" // of the right length: what the engine's check is for
)

// fetch reads a run and says what came of it.
func fetch(t testing.TB, s app.Source, made *apptest.Made, run app.Run) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), run)
	if err == nil {
		defer r.Close()
		var got []byte
		if got, err = io.ReadAll(r); err == nil {
			for i := run.First; i < run.End(); i++ {
				n := min(int(made.Package.Layout.Span(i).Length), len(got))
				if !made.Hashes.Matches(i, got[:n]) {
					return wrongBytes, nil
				}
				got = got[n:]
			}
			if len(got) > 0 {
				return fmt.Sprintf("%d bytes too many", len(got)), nil
			}
			return rightBytes, nil
		}
	}
	var p *app.Problem
	if !errors.As(err, &p) {
		t.Errorf("run %v: %v is no problem", run, err)
		return err.Error(), err
	}
	return string(p.Kind), err
}

// rawServer is a server that can misbehave: an exchange writes what it wants
// to the connection.
type rawServer struct {
	addr     string
	conns    atomic.Int64
	requests atomic.Int64
	listener net.Listener
	work     sync.WaitGroup
	stop     chan struct{} // closed when the test ends

	mu   sync.Mutex
	live map[net.Conn]bool // guarded by mu
}

// exchange is one request as a rawServer sees it.
type exchange struct {
	net.Conn
	req     *http.Request
	n       int64 // number of the request, from 1
	content []byte
	first   int64 // asked for
	end     int64
	stop    <-chan struct{}
}

// serveRaw starts a server at addr, which is host:0, until the test ends. The
// connection is closed when f returns false.
func serveRaw(t testing.TB, addr string, conf *tls.Config, content []byte, f func(*exchange) bool) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{addr: l.Addr().String(), listener: l, stop: make(chan struct{}), live: map[net.Conn]bool{}}
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			s.track(conn, true)
			s.work.Go(func() {
				defer s.track(conn, false)
				if conf != nil {
					conn = tls.Server(conn, conf)
				}
				s.serve(conn, content, f)
			})
		}
	})
	t.Cleanup(s.close)
	return s
}

func (s *rawServer) track(c net.Conn, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.live[c] = true
		return
	}
	delete(s.live, c)
	c.Close()
}

func (s *rawServer) close() {
	close(s.stop)
	s.listener.Close()
	s.mu.Lock()
	for c := range s.live {
		c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

func (s *rawServer) serve(conn net.Conn, content []byte, f func(*exchange) bool) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		x := &exchange{Conn: conn, req: req, n: s.requests.Add(1), content: content, end: int64(len(content)), stop: s.stop}
		if h := req.Header.Get("Range"); h != "" {
			var last int64
			if _, err := fmt.Sscanf(h, "bytes=%d-%d", &x.first, &last); err != nil {
				return
			}
			x.end = last + 1
		}
		if !f(x) {
			return
		}
	}
}

// body is what was asked for.
func (x *exchange) body() []byte { return x.content[x.first:x.end] }

func (x *exchange) contentRange() string {
	return fmt.Sprintf("Content-Range: bytes %d-%d/%d", x.first, x.end-1, len(x.content))
}

// head writes a status line and lines.
func (x *exchange) head(status string, lines ...string) {
	fmt.Fprintf(x, "HTTP/1.1 %s\r\n", status)
	for _, l := range lines {
		fmt.Fprintf(x, "%s\r\n", l)
	}
	fmt.Fprint(x, "\r\n")
}

// right answers as it should be, with further lines.
func (x *exchange) right(lines ...string) bool {
	lines = append(lines, x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
	x.head("206 Partial Content", lines...)
	_, err := x.Write(x.body())
	return err == nil
}

// status answers with a status and a few words.
func (x *exchange) status(status string, lines ...string) bool {
	x.head(status, append(lines, "Content-Length: 5")...)
	_, err := io.WriteString(x, "sorry")
	return err == nil
}

// drip writes b again and again until the client or the test gives up.
func (x *exchange) drip(b []byte, every time.Duration) bool {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := x.Write(b); err != nil {
			return false
		}
		select {
		case <-tick.C:
		case <-x.stop:
			return false
		}
	}
}

// hold keeps the connection open without a word.
func (x *exchange) hold() bool {
	<-x.stop
	return false
}

// origin is a well-behaved server of a package's files below "/", that can be
// stalled and killed.
type origin struct {
	*httptest.Server
	made *apptest.Made

	mu   sync.Mutex
	gate chan struct{}   // guarded by mu; closed while bytes may pass
	seen []*http.Request // guarded by mu
}

func newOrigin(t testing.TB, made *apptest.Made) *origin {
	o := &origin{made: made, gate: make(chan struct{})}
	close(o.gate)
	o.Server = httptest.NewUnstartedServer(o)
	o.Config.ConnState = func(c net.Conn, s http.ConnState) {
		if tcp, ok := c.(*net.TCPConn); ok && s == http.StateNew {
			_ = tcp.SetWriteBuffer(64 << 10) // so that a stall is felt soon
		}
	}
	o.Start()
	t.Cleanup(o.kill)
	return o
}

func (o *origin) kill() {
	o.CloseClientConnections()
	o.Server.Listener.Close()
	o.mu.Lock()
	select {
	case <-o.gate:
	default:
		close(o.gate) // the connections are dead; let the handlers notice
	}
	o.mu.Unlock()
	o.Close()
}

func (o *origin) stallNow() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gate = make(chan struct{})
}

func (o *origin) requests() []*http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]*http.Request(nil), o.seen...)
}

func (o *origin) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	o.mu.Lock()
	o.seen = append(o.seen, req)
	o.mu.Unlock()
	for f, file := range o.made.Package.Manifest.Files {
		if "/"+path.Join(file.Path...) == req.URL.Path {
			w.Header().Set("ETag", fmt.Sprintf(`"%s"`, file.SHA256))
			http.ServeContent(gated{w, o}, req, path.Base(req.URL.Path), time.Time{}, strings.NewReader(string(o.made.Content[f])))
			return
		}
	}
	side := map[string][]byte{
		"/" + o.made.Package.Manifest.Name + ".grove": o.made.Grove,
		"/" + o.made.Package.ID.HashesName():          o.made.List,
		"/" + o.made.Package.ID.PosterName():          o.made.Poster,
	}
	if b := side[req.URL.Path]; b != nil {
		_, _ = w.Write(b)
		return
	}
	http.NotFound(w, req)
}

// gated passes bytes while the origin's gate is open.
type gated struct {
	http.ResponseWriter
	o *origin
}

func (g gated) Write(p []byte) (int, error) {
	g.o.mu.Lock()
	gate := g.o.gate
	g.o.mu.Unlock()
	<-gate
	return g.ResponseWriter.Write(p)
}
