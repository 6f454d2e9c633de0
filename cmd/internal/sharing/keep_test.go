package sharing

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/shelf"
	"grove/p2p/depot"
)

// house is a depot, a tracker and a relay as far as it says.
type house struct {
	base   string
	server *httptest.Server
	about  atomic.Pointer[depot.About]
	closed atomic.Bool                    // it takes no orders
	allow  atomic.Pointer[pack.PublicKey] // nil: every key
}

const relay = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{}
	h.about.Store(&depot.About{Depot: true, Tracker: true, Relay: true, Relays: []string{relay}})
	var orders http.Handler
	about := depot.AboutHandler(func() depot.About { return *h.about.Load() })
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case h.closed.Load():
			http.Error(w, "", http.StatusServiceUnavailable)
		case strings.HasSuffix(r.URL.Path, "/about"):
			about.ServeHTTP(w, r)
		default:
			orders.ServeHTTP(w, r)
		}
	}))
	h.base = h.server.URL + "/"
	t.Cleanup(h.server.Close)
	s, err := shelf.Open(t.Context(), node(t, t.TempDir()), shelf.Config{Folder: filepath.Join(t.TempDir(), "depot"), Base: h.base,
		Allow: func(k pack.PublicKey) (int64, bool) { one := h.allow.Load(); return 0, one == nil || *one == k }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if orders, err = depot.NewHandler(depot.HandlerConfig{Base: h.base, Shelf: s}); err != nil {
		t.Fatal(err)
	}
	return h
}

// keep shares r, has the copy made, and returns the link.
func keep(t *testing.T, g *boot.Grove, r Request) (Started, pack.Link) {
	t.Helper()
	j, err := Prepare(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := j.Start(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var have int64
	if err := j.Keep(ctx, g, s, func(n, size int64) {
		if n < have || size != s.Package.Size() {
			t.Errorf("%d of %d after %d", n, size, have)
		}
		have = n
	}); err != nil || have != s.Package.Size() {
		t.Fatalf("%d bytes, %v", have, err)
	}
	return s, linkOf(t, g, s.ID)
}

// TestKeep: the sender closes, and both kinds of link go on working; the same
// files are the same link again.
func TestKeep(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"public": false, "private": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			folder, data := media(t), t.TempDir()
			g := node(t, data)
			r := Request{Paths: []string{folder}, Private: private, KeepAt: strings.TrimSuffix(h.base, "/")}
			_, plain := share(t, g, Request{Paths: r.Paths, Private: private})
			s, link := keep(t, g, r)
			if s.Package.ID == plain.ID {
				t.Error("the package that names no depot was kept")
			}
			m := s.Package.Manifest
			place := pack.Place(s.Package.Publisher(), m.Hashes, link.Secret)
			if !slices.Equal(m.Origins, []string{h.base + "d/" + place + "/"}) || !slices.Equal(m.Trackers, []string{h.base}) || !slices.Equal(m.Relays, []string{relay}) {
				t.Errorf("%q, %q, %q", m.Origins, m.Trackers, m.Relays)
			}
			if !slices.Equal(link.Manifests, []string{depot.GroveURL(h.base, place, link.ID)}) || s.Depot != h.base || s.DepotTrouble != nil || s.DepotLocal {
				t.Errorf("%s, %+v", link, s)
			}
			// Also when the depot is away, or another server now, and without it.
			h.about.Store(&depot.About{Depot: true})
			if again, l := keep(t, g, r); again.ID != s.ID || l.String() != link.String() {
				t.Errorf("again it is %s", l)
			}
			h.closed.Store(true)
			away := begin(t, g, r)
			if away.ID != s.ID || away.Depot != h.base || kindOf(away.DepotTrouble) != app.SourceBusy {
				t.Errorf("while it is closed: %+v", away)
			}
			h.closed.Store(false)
			r.KeepAt = ""
			if _, l := share(t, g, r); l.String() != link.String() {
				t.Errorf("without it: %s", l)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			// From its web server, whose address came with the link, and from its
			// node, whose address nobody was told: by HTTP alone.
			link.Peers = nil
			to := node(t, t.TempDir())
			same(t, folder, get(t, to, link))
		})
	}
}

// TestKeepWithoutADepot: there is sharing all the same, and one reason.
func TestKeepWithoutADepot(t *testing.T) {
	t.Parallel()
	path := put(t, "one", t.TempDir(), "a.txt")
	for _, bad := range []string{"depot", "ftp://example.org/", "http://127.0.0.1/?x"} {
		if _, err := Prepare(t.Context(), Request{Paths: []string{path}, KeepAt: bad}); kindOf(err) != app.BadInput {
			t.Errorf("%s: %v", bad, err)
		}
	}
	g := node(t, t.TempDir())
	tracker := newHouse(t)
	tracker.about.Store(&depot.About{Tracker: true})
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	for name, c := range map[string]struct {
		url  string
		kind app.ProblemKind
	}{
		"a tracker": {tracker.base, app.BadInput}, "a web page": {page.URL, app.NotFound}, "outside": {"https://example.org", app.Refused},
	} {
		j, err := Prepare(t.Context(), Request{Paths: []string{path}, KeepAt: c.url})
		if err != nil {
			t.Fatal(err)
		}
		s, err := j.Start(t.Context(), g)
		if err != nil || s.Depot != "" || kindOf(s.DepotTrouble) != c.kind || s.Package.Manifest.Origins != nil {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if err := j.Keep(t.Context(), g, s, nil); kindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A key that it does not allow.
	h := newHouse(t)
	h.allow.Store(&pack.PublicKey{1})
	j, err := Prepare(t.Context(), Request{Paths: []string{path}, KeepAt: h.base})
	if err != nil {
		t.Fatal(err)
	}
	s, err := j.Start(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Keep(t.Context(), g, s, nil); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), s.Package.Publisher().Fingerprint()) {
		t.Errorf("not allowed: %v", err)
	}
	if v := await(t, g, s.ID, app.Seeding); v.Problem != nil {
		t.Errorf("%+v", v)
	}
}

// TestKeepWaits: a depot that is away is waited for, and what happens here ends
// the waiting.
func TestKeepWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := put(t, filler("a", 3000), t.TempDir(), "film.mkv")
	g := node(t, t.TempDir())
	h.closed.Store(true)
	j, err := Prepare(t.Context(), Request{Paths: []string{path}, KeepAt: h.base})
	if err != nil {
		t.Fatal(err)
	}
	s, err := j.Start(t.Context(), g)
	if err != nil || s.Depot != h.base || s.DepotTrouble == nil || len(linkOf(t, g, s.ID).Manifests) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- j.Keep(stopped, g, s, nil) }()
	time.Sleep(2 * askFirst)
	cancel()
	if err := <-over; kindOf(err) != app.Stopped {
		t.Errorf("stopped: %v", err)
	}
	c, err := NewCopy(g, s, h.base, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Patience = time.Millisecond
	if _, err := c.Make(t.Context()); kindOf(err) != app.SourceBusy {
		t.Errorf("without patience: %v", err)
	}
	go func() { over <- j.Keep(t.Context(), g, s, nil) }()
	time.Sleep(2 * askFirst)
	h.closed.Store(false)
	if err := <-over; err != nil {
		t.Errorf("it came back: %v", err)
	}
	withdraw := func() {
		t.Helper()
		if err := Withdraw(t.Context(), g, h.base, s.Package.ID, s.Package.Publisher(), j.signer); err != nil {
			t.Fatal(err)
		}
	}
	withdraw()
	told, cancel := context.WithCancel(t.Context())
	c.Progress = func(depot.Status) { cancel() }
	if st, err := c.Make(told); kindOf(err) != app.Stopped {
		t.Errorf("stopped when it was told something: %+v, %v", st, err)
	}
	if err := g.Engine.Pause(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	withdraw()
	if err := j.Keep(t.Context(), g, s, nil); kindOf(err) != app.Stopped {
		t.Errorf("not shared any more: %v", err)
	}
}

// TestKeepGiven: a package that exists is not changed; the link names the depot
// all the same.
func TestKeepGiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := node(t, t.TempDir())
	path := put(t, filler("a", 3000), t.TempDir(), "film.mkv")
	own := begin(t, g, Request{Paths: []string{path}})
	r := Request{Paths: []string{path}, Package: own.Package, KeepAt: h.base, For: time.Hour}
	s, plain := keep(t, g, r)
	if s.Package.ID != own.Package.ID || len(plain.Manifests) > 0 {
		t.Errorf("%+v, %s", s, plain)
	}
	text, err := Link(t.Context(), g, s.ID, h.base)
	if err != nil || !strings.Contains(text, "m="+h.base+"d/") {
		t.Errorf("%s, %v", text, err)
	}
	c, err := NewCopy(g, s, h.base, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.Make(t.Context())
	if err != nil || time.Until(st.Until) > time.Hour {
		t.Fatalf("%+v, %v", st, err)
	}
	link, err := pack.ParseLink(c.CopyLink(st))
	if err != nil || len(link.Manifests) != 1 || len(link.Peers) == 0 || link.ID != own.Package.ID {
		t.Errorf("%+v, %v", link, err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, path, get(t, node(t, t.TempDir()), link)) // from the depot's node: its web server is no origin of it
	for _, d := range []time.Duration{-time.Hour, 11 * 365 * 24 * time.Hour} {
		if _, err := untilFor(own.Package, d, time.Now()); kindOf(err) != app.BadInput {
			t.Errorf("for %v: %v", d, err)
		}
	}
	other := node(t, t.TempDir()) // which has the package, and not its key
	j, err := Prepare(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := j.Start(t.Context(), other); err != nil || s.Depot != "" || kindOf(s.DepotTrouble) != app.NotFound {
		t.Errorf("without its key: %+v, %v", s, err)
	}
	if _, err := SignerFor(t.TempDir(), own.Package.Publisher(), nil); kindOf(err) != app.NotFound || !errors.Is(err, keyring.ErrNone) {
		t.Errorf("without the key: %v", err)
	}
}

// TestAgain: what is on the list and complete is shared; the rest is not.
func TestAgain(t *testing.T) {
	t.Parallel()
	path := put(t, filler("a", 3000), t.TempDir(), "film.mkv")
	data := t.TempDir()
	g := node(t, data)
	id, link := share(t, g, Request{Paths: []string{path}})
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g = node(t, data)
	all, err := g.Store.LoadTransfers()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	s, err := Again(t.Context(), g, all[0])
	if err != nil || s.ID != id || s.Package.ID != link.ID || len(s.Hashes) == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	same(t, path, get(t, node(t, t.TempDir()), linkOf(t, g, id)))
	if _, err := Again(t.Context(), g, app.Record{ID: id, Name: "x"}); kindOf(err) != app.BadInput {
		t.Errorf("not complete: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g = node(t, data)
	if err := os.WriteFile(path, bytes.Repeat([]byte{1}, 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Again(t.Context(), g, all[0]); kindOf(err) != app.FileChanged {
		t.Errorf("changed: %v", err)
	}
}
