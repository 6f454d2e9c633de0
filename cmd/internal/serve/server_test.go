package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/p2p/depot"
)

func TestWhatAServerSays(t *testing.T) {
	s := start(t, onLoopback(t, "tracker,relay"))
	if code, text := get(t, s.base); code != 200 || !strings.Contains(text, "tracker, relay") {
		t.Errorf("the page: %d %s", code, text)
	}
	code, text := get(t, s.base+"grove/v1/about")
	var a depot.About
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	if code != 200 || !a.Tracker || !a.Relay || a.Depot || len(a.Peers) != 1 || len(a.Relays) != 1 || !strings.HasPrefix(a.Peers[0], "/ip4/127.0.0.1/tcp/") {
		t.Errorf("about: %d %+v", code, a)
	}
	for path, want := range map[string]int{"robots.txt": 200, "nothing": 404, "d/x/y": 404, "routing/v1/providers/x": 422, "metrics": 404, "healthz": 404} {
		if code, _ := get(t, s.base+path); code != want {
			t.Errorf("/%s: %d, want %d", path, code, want)
		}
	}
	res, err := http.Post(s.base, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("X-Robots-Tag") != "noindex" || res.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

// A base with a path is cut off, and nothing is above it.
func TestBaseWithPath(t *testing.T) {
	s := start(t, onLoopback(t, "tracker", "url", "https://example.org/grove"))
	at := "http://" + s.Addr()
	for path, want := range map[string]int{"/grove/": 200, "/grove/grove/v1/about": 200, "/": 404, "/grove/v1/about": 404, "/robots.txt": 200, "/grove/routing/v1/providers/x": 422} {
		if code, _ := get(t, at+path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	if !strings.Contains(s.logs.String(), "trusted-proxy") {
		t.Error("nobody says that a proxy should be named")
	}
}

func TestHealth(t *testing.T) {
	s := start(t, onLoopback(t, "tracker,relay"))
	if code, text := s.admin("/healthz"); code != 200 || !strings.Contains(text, `"alive": true`) {
		t.Errorf("%d %s", code, text)
	}
	read := func() (code int, h Health) {
		code, text := s.admin("/readyz")
		if err := json.Unmarshal([]byte(text), &h); err != nil {
			t.Fatal(err)
		}
		return code, h
	}
	if code, h := read(); code != 200 || !h.Ready || len(h.Roles) != 2 || !h.Roles[Tracker].Ready || !h.Roles[Relay].Ready {
		t.Errorf("%d %+v", code, h)
	}
	for p, why := range map[phase]string{starting: "starting", stopping: "stopping"} {
		s.phase.Store(int32(p))
		if code, h := read(); code != 503 || h.Ready || h.Roles[Relay] != (RoleHealth{Why: why}) {
			t.Errorf("%d %+v", code, h)
		}
	}
	s.phase.Store(int32(working))
	if v := s.value(`grove_ready{role="relay"}`); v != "1" {
		t.Errorf("grove_ready is %s", v)
	}
	// The public listener is lost: no role is ready, and Run is told.
	if err := s.crowd.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.failed:
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("nobody is told")
	}
	if code, h := read(); code != 503 || h.Roles[Tracker].Why != "HTTP does not listen" {
		t.Errorf("%d %+v", code, h)
	}
	if code, _ := s.admin("/healthz"); code != 200 {
		t.Errorf("alive all the same: %d", code)
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, onLoopback(t, "tracker,relay"), func(c *Config) { c.Version = "9.9" })
	get(t, s.base+"grove/v1/about")
	get(t, s.base+"d/zplace7/secret-name.bin")
	get(t, s.base+"routing/v1/providers/x")
	for name, want := range map[string]string{
		`grove_http_requests_total{class="about",code="2xx"}`:            "1",
		`grove_http_requests_total{class="depot_file",code="4xx"}`:       "1",
		`grove_http_requests_total{class="tracker_find",code="4xx"}`:     "1",
		`grove_transfers{state="seeding"}`:                               "0",
		`grove_given_bytes_total`:                                        "0",
		`grove_connections`:                                              "0",
		`grove_tracker_live_announces`:                                   "0",
		`grove_http_refused_connections_total`:                           "0",
		`grove_build_info{go="` + runtime.Version() + `",version="9.9"}`: "1",
	} {
		if v := s.value(name); v != want {
			t.Errorf("%s is %s, want %s", name, v, want)
		}
	}
	for _, name := range []string{"grove_disk_free_bytes", "go_goroutines", "process_resident_memory_bytes", `grove_http_sent_bytes_total{class="about"}`} {
		if runtime.GOOS != "linux" && strings.HasPrefix(name, "process") {
			continue
		}
		if v := s.value(name); v == "0" || v == "-1" {
			t.Errorf("%s is %s", name, v)
		}
	}
	_, text := s.admin("/metrics")
	for _, never := range []string{"secret-name", "zplace7", "127.0.0.1", s.grove.Node.ID()} {
		if strings.Contains(text, never) {
			t.Errorf("the metrics have %q in them", never)
		}
	}
	// Labels are of closed lists only.
	for _, m := range regexp.MustCompile(`(?m)^grove_[a-z_]+\{(.*)\} `).FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`^(class|role|state|reason|code|go|version)="[^"]*"(,(code|version)="[^"]*")*$`).MatchString(m[1]) {
			t.Errorf("labels %s", m[1])
		}
	}
	if code, _ := s.admin("/debug/pprof/"); code != 404 {
		t.Errorf("profiles without --pprof: %d", code)
	}
}

func TestProfilesAndNoMetrics(t *testing.T) {
	s := start(t, onLoopback(t, "relay", "pprof", "true"))
	if code, text := s.admin("/debug/pprof/"); code != 200 || !strings.Contains(text, "goroutine") {
		t.Errorf("%d", code)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if s := start(t, onLoopback(t, "relay", "metrics", "off")); s.MetricsAddr() != "" {
		t.Errorf("metrics at %s", s.MetricsAddr())
	}
}

// slow makes below d/slow a download that goes on until it is let end.
func (r *running) slow() (begun <-chan struct{}, end func()) {
	b, e := make(chan struct{}, 1), make(chan struct{})
	r.roles.mux.HandleFunc("/d/slow", func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.WriteString(w, "first half, ")
		_ = http.NewResponseController(w).Flush()
		b <- struct{}{}
		select {
		case <-e:
			_, _ = io.WriteString(w, "second half")
		case <-q.Context().Done():
		}
	})
	return b, func() { close(e) }
}

// download gets the slow file and says what came of it.
func (r *running) download() <-chan string {
	said := make(chan string, 1)
	go func() {
		res, err := http.Get(r.base + "d/slow")
		if err != nil {
			said <- err.Error()
			return
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			said <- "cut off"
			return
		}
		said <- string(b)
	}()
	return said
}

func await[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal(what + " never came")
		panic("not reached")
	}
}

// A download that runs when the server is stopped comes to its end, while
// nobody new gets in and /readyz says so.
func TestStopLetsDownloadsFinish(t *testing.T) {
	s := start(t, onLoopback(t, "tracker,relay"))
	begun, end := s.slow()
	said := s.download()
	await(t, "the download", begun)
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	soon(t, "not ready", func() bool { code, _ := s.admin("/readyz"); return code == 503 })
	soon(t, "a closed door", func() bool {
		conn, err := net.Dial("tcp", s.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-stopped:
		t.Fatal("it did not wait", err)
	default:
	}
	end()
	if text := await(t, "the file", said); text != "first half, second half" {
		t.Errorf("the download ended with %q", text)
	}
	if err := await(t, "the end", stopped); err != nil {
		t.Error(err)
	}
	if log := s.logs.String(); !strings.Contains(log, "msg=stopping") || !strings.Contains(log, "msg=stopped") || strings.Contains(log, "cut off") {
		t.Error(log)
	}
}

// One that does not end is cut off when its time is over.
func TestStopCutsDownloadsOff(t *testing.T) {
	s := start(t, onLoopback(t, "relay"), func(c *Config) { c.grace = 50 * time.Millisecond })
	begun, _ := s.slow()
	said := s.download()
	await(t, "the download", begun)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if text := await(t, "the end", said); text != "cut off" {
		t.Errorf("the download ended with %q", text)
	}
	if !strings.Contains(s.logs.String(), "requests cut off") {
		t.Error(s.logs.String())
	}
}

// Run tells the service manager, and ends when its context does.
func TestRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no service manager there that listens")
	}
	folder, err := os.MkdirTemp("", "grove") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	hear := func() string {
		b := make([]byte, 4096)
		if err := manager.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, err := manager.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	c, err := Load(Given{Flags: onLoopback(t, "relay")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, c, io.Discard) }()
	if s := hear(); !strings.HasPrefix(s, "READY=1\nSTATUS=relay at http://127.0.0.1:") {
		t.Errorf("told %q", s)
	}
	cancel()
	if s := hear(); !strings.HasPrefix(s, "STOPPING=1\n") {
		t.Errorf("told %q", s)
	}
	if err := await(t, "the end", ended); err != nil {
		t.Error(err)
	}
}

// What cannot be told does not stop a server, and nobody to tell is no error.
func TestNotify(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := notify("READY=1"); err != nil {
		t.Error(err)
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none"))
	if err := notify("READY=1"); err == nil {
		t.Error("told nobody")
	}
}

// An address in use is the user's to change, and nothing stays open.
func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, flag := range []string{"http", "metrics"} {
		c, err := Load(Given{Flags: onLoopback(t, "relay", flag, l.Addr().String())})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Start(t.Context(), c, io.Discard)
		wantProblem(t, err, "--"+flag+" "+l.Addr().String())
	}
	// The folder of a server at work is its own.
	s := start(t, onLoopback(t, "tracker"))
	c, err := Load(Given{Flags: onLoopback(t, "tracker", "data", s.grove.Data)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), c, io.Discard); app.AsProblem(err).Kind != app.StoreInUse {
		t.Errorf("a second server: %v", err)
	}
}
