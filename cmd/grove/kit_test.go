package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/storage"
)

// patience is how long a test waits for something that must happen.
const testPatience = 20 * time.Second

// ran is what a command did.
type ran struct {
	code      int
	out, errs string
}

// grove runs a command in this process, without a terminal.
func grove(t *testing.T, args ...string) ran {
	t.Helper()
	return begin(t, args...).wait()
}

// running is a command that may still be at work.
type running struct {
	t         *testing.T
	stop      context.CancelFunc // what Ctrl-C does
	out, errs *watched
	code      chan int
}

func begin(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, stop: cancel, out: newWatched(), errs: newWatched(), code: make(chan int, 1)}
	go func() { r.code <- runUntil(ctx, args, strings.NewReader(""), r.out, r.errs) }()
	t.Cleanup(func() {
		cancel()
		r.code <- <-r.code // it has ended; whoever waits may still have it
	})
	return r
}

// wait waits for the command to end by itself.
func (r *running) wait() ran {
	r.t.Helper()
	select {
	case code := <-r.code:
		r.code <- code
		return ran{code, r.out.String(), r.errs.String()}
	case <-time.After(3 * testPatience):
		r.t.Fatalf("still running; stdout:\n%s\nstderr:\n%s", r.out, r.errs)
		panic("not reached")
	}
}

func (r ran) want(t *testing.T, code int, errs ...string) ran {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", r.code, code, r.out, r.errs)
	}
	for _, s := range errs {
		if !strings.Contains(r.errs, s) {
			t.Fatalf("stderr does not say %q:\n%s", s, r.errs)
		}
	}
	return r
}

// lines are the JSON objects that the command printed.
func (r ran) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for s := bufio.NewScanner(strings.NewReader(r.out)); s.Scan(); {
		var v map[string]any
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("not JSON: %v: %s", err, s.Text())
		}
		if v["schema"] != 1.0 || v["event"] == "" {
			t.Fatalf("a line without schema or event: %s", s.Text())
		}
		all = append(all, v)
	}
	return all
}

// summary is the last line of --json.
func (r ran) summary(t *testing.T) eventRead {
	t.Helper()
	all := r.lines(t)
	if len(all) == 0 || all[len(all)-1]["event"] != "summary" {
		t.Fatalf("the last line is no summary:\n%s", r.out)
	}
	text := strings.TrimSpace(r.out)
	var e eventRead
	if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// piecesHere are the pieces of the only transfer in a data folder that are on
// disk.
func piecesHere(t *testing.T, data string) app.Bitmap {
	t.Helper()
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	all, err := s.LoadTransfers()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d transfers, %v", len(all), err)
	}
	p, _, have, recheck, err := s.Open(all[0])
	if err != nil {
		t.Fatal(err)
	}
	if recheck {
		t.Error("what is here has to be checked again")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return have
}

// eventRead is what tests read of a line about a transfer.
type eventRead struct {
	Transfer string `json:"transfer"`
	State    string `json:"state"`
	Size     int64  `json:"size"`
	Have     int64  `json:"have"`
	Path     string `json:"path"`
	Bytes    struct {
		Peers  int64 `json:"peers"`
		Origin int64 `json:"origin"`
		Wasted int64 `json:"wasted"`
	} `json:"bytes"`
	Problem *struct {
		Kind string `json:"kind"`
	} `json:"problem"`
}

// watched is a buffer that can be waited on.
type watched struct {
	mu      sync.Mutex
	b       bytes.Buffer  // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced at each write
}

func newWatched() *watched { return &watched{changed: make(chan struct{})} }

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
	return w.b.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// await waits until text was written.
func (w *watched) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(testPatience)
	for {
		w.mu.Lock()
		s, changed := w.b.String(), w.changed
		w.mu.Unlock()
		if strings.Contains(s, text) {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%q was never written:\n%s", text, s)
		}
	}
}

// startShare shares a path until the test ends and returns the link.
func startShare(t *testing.T, path string, more ...string) (link string, r *running) {
	t.Helper()
	r = begin(t, append([]string{"share", path, "--data", t.TempDir(), "--listen", "/ip4/127.0.0.1/tcp/0"}, more...)...)
	if slices.Contains(more, "--json") {
		r.out.await(t, `"event":"sharing"`)
	} else {
		r.errs.await(t, "Send this link")
	}
	return strings.TrimSpace(r.out.String()), r
}

// process is a command in a process of its own.
type process struct {
	cmd       *exec.Cmd
	out, errs *watched
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{exec.Command(os.Args[0], args...), newWatched(), newWatched()}
	p.cmd.Env = append(os.Environ(), asGrove+"=1")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	})
	return p
}

// wait returns the exit code, negative where a signal ended it.
func (p *process) wait() int {
	_ = p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

// wantFiles compares what lies in folder with the package's content.
func wantFiles(t *testing.T, made *apptest.Made, at string) {
	t.Helper()
	for i, f := range made.Package.Manifest.Files {
		path := filepath.Join(append([]string{at}, f.Path...)...)
		if len(made.Package.Manifest.Files) == 1 {
			path = at
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, made.Content[i]) {
			t.Fatalf("%s has other bytes than were signed", path)
		}
	}
}

// wantNothing fails if anything but the named files is left in a folder.
func wantNothing(t *testing.T, folder string, but ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(strings.Join(but, "\n"), e.Name()) {
			t.Errorf("%s was left in %s", e.Name(), folder)
		}
	}
}

// film is a package of one file that takes a few requests.
func film(size int64) apptest.Options {
	return apptest.Options{Name: "film", Sizes: map[string]int64{"film.bin": size}}
}

const mib = 1 << 20
