package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// folders are data folders whose sockets are not all easy to name.
func folders(t *testing.T) map[string]string {
	t.Helper()
	base := t.TempDir()
	all := map[string]string{
		"plain":     filepath.Join(base, "d"),
		"odd names": filepath.Join(base, "mit Leerzeichen", "ünï 日本 'x'"),
		"too long":  filepath.Join(base, strings.Repeat("long/", 30)+strings.Repeat("é", 50)),
	}
	for _, dir := range all {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if len(all["too long"]) < 200 {
		t.Fatal("not long enough to matter")
	}
	return all
}

// In every folder: private, asked, and gone without a trace.
func TestServe(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			s, e := serve(t, data)
			info, err := os.Lstat(filepath.Join(data, socketName))
			if err != nil || info.Mode().Type() != fs.ModeSocket || info.Mode().Perm() != 0o600 {
				t.Fatalf("%v, %v", info, err)
			}
			set := app.DefaultSettings()
			set.Giving.On, set.Up, set.Welcomed = false, 5000, true
			if err := e.SetSettings(t.Context(), set); err != nil {
				t.Fatal(err)
			}
			got, err := NewClient(data).Status(soon(t))
			if err != nil {
				t.Fatal(err)
			}
			if got.Schema != 1 || got.Event != "status" || !got.Running || got.Version == 0 || time.Since(got.Time) > time.Minute ||
				got.Program.PID != os.Getpid() || got.Program.Name != "local.test" || !got.Peers || got.Limits.Up != 5000 ||
				got.Giving.On || !got.Giving.Chosen || !reflect.DeepEqual(got.Giving.HeldBack, []string{"off"}) || *got.Giving.Month.Left != 20e9 {
				t.Errorf("%+v", got)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			empty(t, data)
			empty(t, temp)
			if _, err := NewClient(data).Status(soon(t)); !errors.Is(err, ErrNotRunning) {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

// A run that did not end in order leaves its socket, which nobody answers at
// and the next run replaces.
func TestStaleSocket(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			l, err := listen(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(filepath.Join(data, socketName)); err != nil {
				t.Fatalf("it is no stale socket: %v", err)
			}
			if _, err := NewClient(data).Status(soon(t)); !errors.Is(err, ErrNotRunning) {
				t.Errorf("at a stale socket: %v", err)
			}
			serve(t, data)
			if _, err := NewClient(data).Status(soon(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoPlaceForASocket(t *testing.T) {
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, socketName, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	if s, err := Serve(data, engine(t, apptest.NewStore()), nil, true, noLine); err == nil {
		t.Errorf("it took away somebody's folder: %v", s.Close())
	}
	var none *Server
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

// events follows the Grove in data until the test or the Grove ends; over has
// what ended it.
func events(t *testing.T, data string) (lines chan *Status, over chan error) {
	t.Helper()
	ctx := soon(t)
	lines, over = make(chan *Status, 1000), make(chan error, 1)
	go func() {
		over <- NewClient(data).Events(ctx, func(s *Status) error { lines <- s; return nil })
	}()
	return lines, over
}

func next(t *testing.T, lines chan *Status) *Status {
	t.Helper()
	select {
	case s := <-lines:
		return s
	case <-time.After(patience):
		t.Fatal("no line came")
		return nil
	}
}

// A line comes at once, one for what changed, none where nothing did, and few
// however much changes.
func TestEvents(t *testing.T) {
	data := t.TempDir()
	s, e := serve(t, data)
	lines, over := events(t, data)
	first := next(t, lines)
	set := app.DefaultSettings()
	change := func(up int64) {
		set.Up = up
		if err := e.SetSettings(t.Context(), set); err != nil {
			t.Fatal(err)
		}
	}
	change(first.Limits.Up) // a new snapshot that says nothing new
	select {
	case again := <-lines:
		t.Errorf("after %+v came %+v", first, again)
	case <-time.After(2 * eventEvery):
	}
	change(1000)
	second := next(t, lines)
	if second.Limits.Up != 1000 || second.Version <= first.Version+1 {
		t.Errorf("after %+v came %+v", first, second)
	}
	began := time.Now()
	for up := int64(2000); time.Since(began) < 3*eventEvery; up++ {
		change(up)
	}
	change(9999)
	n, last := 0, second
	for ; last.Limits.Up != 9999; n++ {
		last = next(t, lines)
	}
	if most := int(time.Since(began)/eventEvery) + 2; n > most {
		t.Errorf("%d lines, at most %d are in time", n, most)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-over; err != nil {
		t.Errorf("the end of the Grove is no fault: %v", err)
	}
	empty(t, data)
}

// Whoever follows and does not read, or asks and never finishes asking, holds
// nobody up.
func TestCloseWaitsForNobody(t *testing.T) {
	data := t.TempDir()
	s, _ := serve(t, data)
	for _, ask := range []string{"GET /v1/events HTTP/1.1\r\nHost: grove\r\n\r\n", "GET /v1/st", ""} {
		c, err := dial(soon(t), data)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, ask); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("it took %s", d)
	}
}

// Every saved transfer is listed, those that the engine has as they are now.
func TestTransfers(t *testing.T) {
	data, store := t.TempDir(), apptest.NewStore()
	e := engine(t, store)
	s, err := Serve(data, e, store, false, noLine)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old := app.Record{ID: uuid.UUID{1}, Name: "old", State: app.Failed, Problem: string(app.NoSpace), Folder: "/in", Target: "old", Size: 9, Have: 3}
	live := app.Record{ID: uuid.UUID{2}, Name: "live", State: app.Paused, Folder: "/in", Target: "live", Size: 5}
	for _, r := range []app.Record{old, live} {
		if err := store.SaveTransfer(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Restore(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	all, err := NewClient(data).Transfers(soon(t))
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if o := all[0]; o.Name != "old" || o.State != app.Failed || o.Problem.Kind != app.NoSpace || o.Size != 9 || o.Have != 3 || o.Target != "old" {
		t.Errorf("%+v", o)
	}
	if l := all[1]; l.Name != "live" || l.State != app.Paused || l.Transfer != live.ID.String() {
		t.Errorf("%+v", l)
	}
	if err := e.Resume(t.Context(), live.ID); err != nil {
		t.Fatal(err)
	}
	if all, err = NewClient(data).Transfers(soon(t)); err != nil || all[1].State == app.Paused {
		t.Errorf("not as it is now: %+v, %v", all, err)
	}
}

// What is not there is said in the form of everything else.
func TestRefused(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	for _, ask := range []string{"GET /v2/status", "POST /v1/status", "GET /", "DELETE /v1/events"} {
		method, path, _ := strings.Cut(ask, " ")
		r, err := http.NewRequestWithContext(soon(t), method, "http://grove"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := NewClient(data)
		a, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var said refusal
		err = json.NewDecoder(a.Body).Decode(&said)
		a.Body.Close()
		if err != nil || a.StatusCode != http.StatusNotFound || said.Problem == nil || said.Problem.Kind != app.NotFound || said.Schema != 1 {
			t.Errorf("%s: %s, %+v, %v", ask, a.Status, said, err)
		}
	}
	if _, err := NewClient(data).do(soon(t), http.MethodGet, "/v9/status", nil); app.AsProblem(err).Kind != app.Internal || !strings.Contains(err.Error(), "/v9/status") {
		t.Errorf("%v", err)
	}
}

// The engine has ended, and the server not yet.
func TestEngineEnded(t *testing.T) {
	data := t.TempDir()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	store := apptest.NewStore()
	e := app.New(app.Config{Store: store})
	e.Run(ended)
	s, err := Serve(data, e, store, false, noLine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewClient(data).Status(soon(t)); !errors.Is(err, ErrNotRunning) {
		t.Errorf("status: %v", err)
	}
	if _, err := NewClient(data).Transfers(soon(t)); !errors.Is(err, ErrNotRunning) {
		t.Errorf("transfers: %v", err)
	}
	if err := NewClient(data).Events(soon(t), func(*Status) error { return errors.New("a line came") }); err != nil {
		t.Errorf("events: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Somebody answers who is no Grove, or never.
func TestNoGrove(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		kind   app.ProblemKind // "" is ErrNotRunning
	}{
		"hangs up":   {"", ""},
		"not HTTP":   {"hello\r\n\r\n", ""},
		"not JSON":   {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", app.Internal},
		"half of it": {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"schema\":", ""},
		"refuses":    {"HTTP/1.1 418 No\r\nContent-Length: 2\r\n\r\n{}", app.Internal},
		"ends":       {"HTTP/1.1 503 No\r\nContent-Length: 30\r\n\r\n" + `{"problem":{"kind":"stopped"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			l, err := listen(data)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			answered := make(chan struct{})
			defer func() { <-answered }()
			go func() {
				defer close(answered)
				answerOnce(l, c.answer)
			}()
			_, err = NewClient(data).Status(soon(t))
			if c.kind == "" && !errors.Is(err, ErrNotRunning) || c.kind != "" && app.AsProblem(err).Kind != c.kind {
				t.Errorf("%v", err)
			}
		})
	}
}

func answerOnce(l net.Listener, text string) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Read(make([]byte, 4096)) // the question
	_, _ = io.WriteString(c, text)
}

func TestAskingIsGivenUp(t *testing.T) {
	data := t.TempDir()
	l, err := listen(data)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { _, err := NewClient(data).Status(ctx); over <- err }()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
