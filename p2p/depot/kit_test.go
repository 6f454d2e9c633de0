package depot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func TestMain(m *testing.M) {
	os.Setenv("GROVE_LOCAL_ONLY", "1")
	goleak.VerifyTestMain(m)
}

func key(t testing.TB, n byte) pack.SecretKey {
	t.Helper()
	k, err := pack.NewKey(bytes.NewReader(bytes.Repeat([]byte{n}, 40)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func film(t testing.TB, n byte) *apptest.Made {
	t.Helper()
	k := key(t, n)
	return apptest.Package(t, apptest.Options{Key: &k, Name: "A film", Files: map[string][]byte{"film.mkv": []byte("film"), "page.html": []byte("<script>")},
		Poster: []byte("\x89PNG\r\n\x1a\nposter")})
}

// fake is a Shelf that takes everything, and keeps it in memory.
type fake struct {
	mu      sync.Mutex
	allowed []pack.PublicKey
	newest  map[pack.ID]pack.Order // guarded by mu
	kept    map[pack.ID]Parcel     // guarded by mu
	files   map[string]string      // place/path
	fail    error                  // guarded by mu; for every call but Allowed
	orders  int                    // guarded by mu; that were acted on
}

func newFake(keys ...pack.PublicKey) *fake {
	return &fake{allowed: keys, newest: map[pack.ID]pack.Order{}, kept: map[pack.ID]Parcel{}, files: map[string]string{}}
}

func (f *fake) Allowed(k pack.PublicKey) bool {
	for _, a := range f.allowed {
		if a == k {
			return true
		}
	}
	return false
}

func (f *fake) Status(_ context.Context, o pack.Order) (Status, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, ok := f.newest[o.Package]
	switch {
	case f.fail != nil:
		return Status{}, false, f.fail
	case ok && old.Digest() == o.Digest():
		return f.status(o), true, nil
	case ok && !o.At.After(old.At):
		return Status{}, false, &Refusal{Reason: Stale, Newest: old.At, Text: "Too old."}
	}
	return Status{}, false, nil
}

// status is called with mu held.
func (f *fake) status(o pack.Order) Status {
	if o.Do == pack.Drop {
		return Status{State: Dropped}
	}
	return Status{State: Fetching, Have: 1, Size: 12, Until: o.Until, Peers: []string{"/ip4/127.0.0.1/tcp/1/p2p/x", "no"}, Folder: "http://elsewhere/"}
}

func (f *fake) Keep(_ context.Context, p Parcel) (Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest[p.Order.Package], f.kept[p.Order.Package] = p.Order, p
	f.orders++
	return f.status(p.Order), nil
}

func (f *fake) Drop(_ context.Context, o pack.Order) (Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest[o.Package] = o
	delete(f.kept, o.Package)
	f.orders++
	return f.status(o), nil
}

func (f *fake) Open(place, path string) (*File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, ok := f.files[place+"/"+path]
	if f.fail != nil {
		return nil, f.fail
	}
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &File{ReadSeeker: bytes.NewReader([]byte(text)), Closer: io.NopCloser(nil), Tag: "tag-of-" + path,
		Modified: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Private: place == "private"}, nil
}

func (f *fake) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *fake) acted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.orders
}

// serve runs a handler over s; now is the depot's clock.
func serve(t *testing.T, s Shelf, now func() time.Time) (base string) {
	t.Helper()
	var h http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	base = server.URL + "/below/"
	var err error
	if h, err = NewHandler(HandlerConfig{Base: base, Shelf: s, Now: now}); err != nil {
		t.Fatal(err)
	}
	return base
}

func client(t *testing.T) *Client {
	t.Helper()
	c := New(Config{Reach: app.Reach{LocalOnly: true}})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func request(made *apptest.Made, do pack.Deed) *Request {
	o := pack.Order{Do: do, Package: made.Package.ID, Publisher: made.Package.Publisher()}
	if do == pack.Keep {
		o.Until = time.Now().AddDate(0, 0, 30)
	}
	return &Request{Order: o, Sign: signer(made.Key), Grove: made.Grove, Hashes: made.List, Poster: made.Poster}
}

func signer(k pack.SecretKey) func(context.Context, pack.Order) ([]byte, error) {
	return func(_ context.Context, o pack.Order) ([]byte, error) { return pack.SignOrder(o, k) }
}

func kindOf(err error) app.ProblemKind {
	var p *app.Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return ""
}
