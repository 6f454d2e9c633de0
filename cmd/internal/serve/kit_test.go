package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/cmd/internal/boot"
)

// asServer in the environment makes this binary a server by the file it names.
const asServer = "GROVE_TEST_SERVE"

// TestMain is the child's side where boot or a benchmark runs this binary again.
func TestMain(m *testing.M) {
	if file := os.Getenv(asServer); file != "" && len(os.Args) == 1 {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		c, err := Load(Given{File: file})
		if err == nil {
			err = Run(ctx, c, os.Stderr)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 4 && os.Args[1] == "internal" && os.Args[2] == "probe" {
		if p := app.AsProblem(boot.Probe(os.Args[3])); p != nil {
			os.Exit(p.Meaning().Exit)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

// onLoopback are flags of a server that nobody else reaches.
func onLoopback(t *testing.T, roles string, more ...string) map[string][]string {
	t.Helper()
	t.Setenv("GROVE_LOCAL_ONLY", "1")
	f := map[string][]string{
		"roles": {roles}, "data": {t.TempDir()}, "http": {"127.0.0.1:0"}, "metrics": {"127.0.0.1:0"}, "listen": {"/ip4/127.0.0.1/tcp/0"},
	}
	for i := 0; i < len(more); i += 2 {
		f[more[i]] = []string{more[i+1]}
	}
	return f
}

// running is a server at work.
type running struct {
	*Server
	t    *testing.T
	logs *journal
	base string // of HTTP
	stop func() error
}

func start(t *testing.T, flags map[string][]string, change ...func(*Config)) *running {
	t.Helper()
	c, err := Load(Given{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(c)
	}
	logs := &journal{}
	s, err := Start(t.Context(), c, logs)
	if err != nil {
		t.Fatalf("%v\n%s", err, logs)
	}
	r := &running{Server: s, t: t, logs: logs, base: c.Base.String(), stop: sync.OnceValue(s.Stop)}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", logs)
		}
	})
	return r
}

func (r *running) admin(path string) (int, string) {
	r.t.Helper()
	return get(r.t, "http://"+r.MetricsAddr()+path)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// journal is a log that can be read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// soon waits until what holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); !holds(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(what + " never came")
		}
	}
}

// value is the value of a metric, by its name with labels; fails where it is
// not there.
func (r *running) value(name string) string {
	r.t.Helper()
	_, text := r.admin("/metrics")
	for line := range strings.SplitSeq(text, "\n") {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			return v
		}
	}
	r.t.Fatalf("there is no metric %s:\n%s", name, text)
	return ""
}
