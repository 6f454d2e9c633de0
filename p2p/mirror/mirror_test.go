package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/apptest/sourcetest"
	"grove/app/pack"
)

func TestMirrorKeepsTheContract(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, made *apptest.Made) sourcetest.Harness {
		o := newOrigin(t, made)
		s := typedSource(t, newClient(t, Config{}), made, o.URL+"/")
		return sourcetest.Harness{Source: s, Stall: o.stallNow, Kill: o.kill}
	})
}

// heard is a sink that writes down what it hears.
type heard struct {
	mu    sync.Mutex
	lines []string
	first chan app.Source // the first one found
}

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, s)
}

func (h *heard) Found(s app.Source) {
	i := s.Info()
	h.add(fmt.Sprint("found ", i.ID, " ", i.Label, " ", i.Kind == app.KindOrigin, " ", i.Near == app.NearLAN))
	select {
	case h.first <- s:
	default:
	}
}
func (h *heard) Changed(s app.Source) { h.add("changed " + s.Info().ID) }
func (h *heard) Gone(id string, err error) {
	h.add(fmt.Sprint("gone ", id, " ", app.AsProblem(err) != nil && app.AsProblem(err).Kind == app.Refused))
}

func (h *heard) Missed(id string, err error) { h.add("missed " + id) }

func TestFind(t *testing.T) {
	made := oneFile(t, "https://cdn.example/file.bin", "http://127.0.0.1:9999/file.bin")
	ctx, cancel := context.WithCancel(t.Context())
	sink := &heard{first: make(chan app.Source, 1)}
	done := make(chan error)
	go func() {
		done <- newClient(t, Config{}).Find(ctx, app.Want{Package: made.Package, Origins: []app.Origin{
			{URL: "https://cdn.example/file.bin"},
			{URL: "http://127.0.0.1:9999/file.bin"}, // in the manifest, but private
			{URL: "http://192.168.0.9:8080/"},
			{URL: "https://other.example:8443/x/"},
			{URL: "ftp://cdn.example/"},
			{URL: "http://192.168.0.9:8080/", Typed: true}, // the same once more
		}}, sink)
	}()
	<-sink.first
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Find: %v", err)
	}
	want := []string{
		"found https://cdn.example/file.bin cdn.example true false",
		"found http://127.0.0.1:9999/file.bin 127.0.0.1:9999 true true",
		"gone http://127.0.0.1:9999/file.bin true",
		"found http://192.168.0.9:8080/ 192.168.0.9:8080 true true",
		"found https://other.example:8443/x/ other.example:8443 false false",
		"found ftp://cdn.example/ cdn.example false false",
		"gone ftp://cdn.example/ true",
		"gone https://cdn.example/file.bin false",
		"gone http://192.168.0.9:8080/ false",
		"gone https://other.example:8443/x/ false",
	}
	if !slices.Equal(sink.lines, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(sink.lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestOriginThatCannotHoldThePackage: an address of one file for several.
func TestOriginThatCannotHoldThePackage(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	_, err := newClient(t, Config{}).newSource(made.Package, app.Origin{URL: "http://127.0.0.1:8080/a.bin", Typed: true})
	if p := app.AsProblem(err); p == nil || p.Kind != app.BadInput || !strings.Contains(p.Subject, "a.bin") {
		t.Errorf("%v; want BadInput that names it", err)
	}
}

func TestFindEndsWhenThereIsNothing(t *testing.T) {
	made := oneFile(t)
	err := newClient(t, Config{Reach: app.Reach{LocalOnly: true}}).Find(t.Context(), app.Want{
		Package: made.Package, Origins: []app.Origin{{URL: "https://cdn.example/file.bin", Typed: true}},
	}, &heard{})
	if err != nil {
		t.Error(err)
	}
}

func TestRequestsCarryNothingElse(t *testing.T) {
	made := oneFile(t)
	o := newOrigin(t, made)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		http.Redirect(w, r, o.URL+"/file.bin#part", http.StatusFound)
	}))
	defer front.Close()
	s := typedSource(t, newClient(t, Config{}), made, front.URL+"/file.bin")
	for i := range 2 {
		if got, err := fetch(t, s, made, app.Run{First: i, Count: 1}); got != rightBytes {
			t.Fatalf("%s: %v", got, err)
		}
	}
	seen := o.requests()
	if len(seen) != 2 {
		t.Fatalf("%d requests, want 2", len(seen))
	}
	for i, req := range seen {
		want := http.Header{
			"User-Agent": {"Grove"}, "Accept-Encoding": {"identity"},
			"Range": {fmt.Sprintf("bytes=%d-%d", i*pack.MinPiece, (i+1)*pack.MinPiece-1)},
		}
		if i == 1 {
			want.Set("If-Range", fmt.Sprintf("%q", made.Package.Manifest.Files[0].SHA256))
		}
		if fmt.Sprint(req.Header) != fmt.Sprint(want) {
			t.Errorf("request %d carried %v\nwant %v", i, req.Header, want)
		}
	}
}

func TestRunsOverKeptConnections(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	o := newOrigin(t, made)
	s := typedSource(t, newClient(t, Config{}), made, o.URL+"/")
	for range 3 {
		if got, err := fetch(t, s, made, made.Whole()); got != rightBytes {
			t.Fatalf("%s: %v", got, err)
		}
	}
	ports := map[string]bool{}
	for _, r := range o.requests() {
		ports[r.RemoteAddr] = true
	}
	if len(o.requests()) != 9 || len(ports) != 1 {
		t.Errorf("%d requests over %d connections; want 9 (3 files with bytes, 3 times) over 1", len(o.requests()), len(ports))
	}
}

func TestConnectionsPerHost(t *testing.T) {
	made := oneFile(t)
	arrived, release := make(chan struct{}, 16), make(chan struct{})
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		arrived <- struct{}{}
		<-release
		return x.right()
	})
	s := typedSource(t, newClient(t, Config{}), made, "http://"+srv.addr+"/file.bin")
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			if got, err := fetch(t, s, made, app.Run{First: 0, Count: 1}); got != rightBytes {
				t.Errorf("%s: %v", got, err)
			}
		})
	}
	for range connsPerHost {
		<-arrived
	}
	select {
	case <-arrived:
		t.Errorf("more than %d requests at a time", connsPerHost)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	runs.Wait()
	if n := srv.conns.Load(); n != connsPerHost {
		t.Errorf("%d connections, want %d", n, connsPerHost)
	}
}

func TestWindowGrowsWithTheRate(t *testing.T) {
	f := newFlow()
	if w := f.window(); w != minWindow {
		t.Errorf("window at the start: %d, want %d", w, minWindow)
	}
	f.opened()
	f.answered(100 * time.Millisecond)
	now := f.since
	for range 20 {
		now = now.Add(flowSample)
		f.arrived(now, 1<<20)
	}
	// 4 MiB a second for a second and four answers.
	if w, want := f.window(), int64(minWindow+4<<20*14/10); w < want*95/100 || w > want*105/100 {
		t.Errorf("window at 4 MiB/s: %d, want about %d", w, want)
	}
	for range 20 {
		now = now.Add(flowSample)
		f.arrived(now, 64<<20)
	}
	if w := f.window(); w != maxWindow {
		t.Errorf("window at 256 MiB/s: %d, want %d", w, maxWindow)
	}
	f.closed()
}

func TestProxy(t *testing.T) {
	made := oneFile(t)
	o := newOrigin(t, made)
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.String())
		mu.Unlock()
		o.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	at, _ := url.Parse(proxy.URL)
	c := newClient(t, Config{Proxy: at})

	s, err := c.newSource(made.Package, app.Origin{URL: "http://cdn.example/file.bin"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fetch(t, s, made, app.Run{First: 1, Count: 1}); got != rightBytes {
		t.Errorf("%s: %v", got, err)
	}
	for _, bad := range []string{"http://1.1.1.1/file.bin", "http://127.0.0.1:8080/file.bin", "http://nas/file.bin"} {
		var p *app.Problem
		if _, err := c.newSource(made.Package, app.Origin{URL: bad}); !errors.As(err, &p) || p.Kind != app.Refused {
			t.Errorf("%s behind a proxy: %v; want Refused", bad, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(asked, []string{"http://cdn.example/file.bin"}) {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// TestEnvironmentProxyIsIgnored: Grove asks nobody it was not told to ask.
func TestEnvironmentProxyIsIgnored(t *testing.T) {
	c := newClient(t, Config{})
	for p, transport := range c.pools {
		if transport.Proxy != nil {
			t.Errorf("a proxy is taken from somewhere: %+v", p)
		}
	}
}

func TestCloseOfClientEndsIdleConnections(t *testing.T) {
	made := oneFile(t)
	gone := make(chan struct{})
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		if !x.right() {
			return false
		}
		_, _ = io.ReadFull(x, make([]byte, 1)) // the next request, or the end
		close(gone)
		return false
	})
	c := newClient(t, Config{})
	if got, err := fetch(t, typedSource(t, c, made, "http://"+srv.addr+"/file.bin"), made, made.Whole()); got != rightBytes {
		t.Fatalf("%s: %v", got, err)
	}
	c.Close()
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("the connection is still open")
	}
}

// TestSparingHasItsOwnConnections: what spares others does not slow down what
// is to be quick.
func TestSparingHasItsOwnConnections(t *testing.T) {
	t.Parallel()
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	s := typedSource(t, newClient(t, Config{}), made, "http://"+srv.addr+"/file.bin")
	for i, open := range []func(context.Context, app.Run) (io.ReadCloser, error){s.Open, s.Open, s.OpenSparing, s.OpenSparing, s.Open} {
		r, err := open(t.Context(), made.Whole())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != made.Package.Layout.Size() {
			t.Fatalf("%d bytes, %v", n, err)
		}
		r.Close()
		if want := []int64{1, 1, 2, 2, 2}[i]; srv.conns.Load() != want {
			t.Errorf("run %d: %d connections, not %d", i, srv.conns.Load(), want)
		}
	}
}

// TestOwnTimeIsNotTheServers: a reader that takes its time (a rate limit, a
// slow disk) does not run into the limits of the server's.
func TestOwnTimeIsNotTheServers(t *testing.T) {
	t.Parallel()
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	l := defaultLimits
	l.idle, l.total, l.slowest = time.Second, time.Second, 1<<40
	s := typedSource(t, newClient(t, Config{limits: l}), made, "http://"+srv.addr+"/file.bin")
	r, err := s.Open(t.Context(), made.Whole())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	<-time.After(1500 * time.Millisecond)
	if n, err := io.Copy(io.Discard, r); err != nil || n != made.Package.Layout.Size()-1 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestQueueIsNotTheServers: nor does a run that waits for one of our own
// connections.
func TestQueueIsNotTheServers(t *testing.T) {
	t.Parallel()
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	l := defaultLimits
	l.total, l.slowest = 2*time.Second, 1<<40
	s := typedSource(t, newClient(t, Config{limits: l}), made, "http://"+srv.addr+"/file.bin")
	var held []io.ReadCloser
	for range connsPerHost {
		r, err := s.Open(t.Context(), made.Whole())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		held = append(held, r)
	}
	queued := make(chan string)
	go func() {
		got, err := fetch(t, s, made, made.Whole())
		queued <- fmt.Sprint(got, err)
	}()
	select {
	case got := <-queued:
		t.Errorf("with all connections taken: %s", got)
	case <-time.After(l.total + 500*time.Millisecond):
	}
	for _, r := range held {
		r.Close()
	}
	if got := <-queued; got != fmt.Sprint(rightBytes, nil) {
		t.Error(got)
	}
}
