//go:build cgo || ci

package main

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/depot"
	"grove/ui/host"
)

// aShelf is a depot's store that gets a third of a package with each question,
// without a network of its own.
type aShelf struct {
	mu    sync.Mutex
	kept  []depot.Parcel // guarded by mu; the orders to keep
	asked int            // guarded by mu
	full  bool           // it refuses
	want  int64          // bytes of the package
}

func (s *aShelf) Allowed(pack.PublicKey) bool { return true }

func (s *aShelf) Keep(_ context.Context, p depot.Parcel) (depot.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.want = append(s.kept, p), p.Package.Size()
	if s.full {
		return depot.Status{}, &depot.Refusal{Reason: depot.Quota, Text: "There is no room."}
	}
	return depot.Status{State: depot.Fetching, Size: s.want, Until: p.Order.Until}, nil
}

func (s *aShelf) Status(_ context.Context, o pack.Order) (depot.Status, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == 0 || s.full {
		return depot.Status{State: depot.Wanted}, false, nil
	}
	s.asked++
	st := depot.Status{State: depot.Fetching, Have: s.want * int64(s.asked) / 3, Size: s.want, Until: o.Until}
	if s.asked >= 3 {
		st.State, st.Have = depot.Kept, s.want
	}
	return st, true, nil
}

func (s *aShelf) Drop(context.Context, pack.Order) (depot.Status, error) {
	return depot.Status{State: depot.Dropped}, nil
}

func (s *aShelf) Open(string, string) (*depot.File, error) { return nil, fs.ErrNotExist }

// serve is a depot over s, and its base URL.
func (s *aShelf) serve(t *testing.T) string {
	t.Helper()
	var h http.Handler
	about := depot.AboutHandler(func() depot.About { return depot.About{Depot: true} })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/about") {
			about.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	var err error
	if h, err = depot.NewHandler(depot.HandlerConfig{Base: server.URL + "/", Shelf: s}); err != nil {
		t.Fatal(err)
	}
	return server.URL + "/"
}

// A server that keeps a copy is named in the link, is told what it needs, and
// says how far it is until it has all of it.
func TestKeep(t *testing.T) {
	b := begin(t)
	shelf := &aShelf{}
	at := shelf.serve(t)
	v := share(t, b, host.Share{KeepAt: at, Private: true})
	d := newDesk(b)
	defer d.close()
	if link, err := d.Link(t.Context(), v.ID); err != nil || !strings.Contains(link, at[len("http://"):]) {
		t.Errorf("the link is %s, %v", link, err)
	}
	var have []int64
	if err := d.Keep(t.Context(), v.ID, at, func(n, size int64) {
		if size != v.Size {
			t.Errorf("%d of %d bytes", n, size)
		}
		have = append(have, n)
	}); err != nil {
		t.Fatal(err)
	}
	if len(have) < 3 || !slices.IsSorted(have) || have[len(have)-1] != v.Size {
		t.Errorf("it was told %v of %d", have, v.Size)
	}
	if len(shelf.kept) != 1 || shelf.kept[0].Package.ID != v.Package || len(shelf.kept[0].Secret) == 0 {
		t.Errorf("it was asked to keep %+v", shelf.kept)
	}
}

// A server that refuses is why there is no copy, and the sharing goes on.
func TestKeepIsRefused(t *testing.T) {
	b := begin(t)
	shelf := &aShelf{full: true}
	at := shelf.serve(t)
	v := share(t, b, host.Share{KeepAt: at})
	d := newDesk(b)
	defer d.close()
	err := d.Keep(t.Context(), v.ID, at, func(int64, int64) {})
	if p := app.AsProblem(err); p == nil || p.Kind == app.Internal {
		t.Errorf("it says %v", err)
	}
	if w := b.newest(t, 0).Transfer(v.ID); w == nil || w.State != app.Seeding {
		t.Errorf("the share is %+v", w)
	}
	if err := d.Keep(t.Context(), uuid.New(), at, func(int64, int64) {}); app.AsProblem(err) == nil {
		t.Error("a copy of nothing is kept")
	}
}

// Another node goes on with the copy.
func TestKeepOverRestart(t *testing.T) {
	b := begin(t)
	shelf := &aShelf{}
	at := shelf.serve(t)
	v := share(t, b, host.Share{KeepAt: at})
	d := newDesk(b)
	defer d.close()
	first, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		ended <- d.Keep(t.Context(), v.ID, at, func(int64, int64) { once.Do(func() { close(first) }) })
	}()
	<-first
	set, err := b.settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set.Network.Mapping = false
	if err := b.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The server of the last share is offered again, also after a restart.
func TestLastKeeper(t *testing.T) {
	b := begin(t)
	d := newDesk(b)
	defer d.close()
	if got := d.LastKeeper(t.Context()); got != "" {
		t.Errorf("at first it is %q", got)
	}
	at := (&aShelf{}).serve(t)
	share(t, b, host.Share{KeepAt: at})
	share(t, b, host.Share{})
	if got := d.LastKeeper(t.Context()); got != at {
		t.Errorf("it is %q", got)
	}
	if err := os.WriteFile(d.keeperFile(), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := d.LastKeeper(t.Context()); got != "" {
		t.Errorf("of something else it is %.20q", got)
	}
}
