package shelf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/p2p/depot"
)

func TestMain(m *testing.M) {
	os.Setenv("GROVE_LOCAL_ONLY", "1")
	os.Setenv("GROVE_FINDERS", "none") // what else is on the local network is nothing to a test
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

const miB = 1 << 20

// grove is a whole Grove on a data folder, until the test ends or stop.
func grove(t *testing.T, data string, o boot.Options) (g *boot.Grove, stop func()) {
	t.Helper()
	o.Data, o.LocalOnly, o.Listen = data, true, []string{"/ip4/127.0.0.1/tcp/0"}
	g, err := boot.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return g, stop
}

// house is a depot that can be stopped and started again at the same address.
type house struct {
	t      *testing.T
	conf   Config
	data   string
	server *httptest.Server
	clock  clock

	mu      sync.Mutex
	handler http.Handler // guarded by mu; nil while it is stopped

	shelf *Shelf
	g     *boot.Grove
	stop  func()
}

// clock is the time, and what a test adds to it.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration // guarded by mu
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func newHouse(t *testing.T, c Config, keys ...pack.PublicKey) *house {
	t.Helper()
	h := &house{t: t, conf: c, data: t.TempDir()}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		handler := h.handler
		h.mu.Unlock()
		if handler == nil {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(h.server.Close)
	h.conf.Folder = filepath.Join(t.TempDir(), "depot")
	h.conf.Base = h.server.URL + "/"
	h.conf.Now = h.clock.now
	if c.Allow == nil {
		h.conf.Allow = func(k pack.PublicKey) (int64, bool) {
			for _, key := range keys {
				if k == key {
					return 0, true
				}
			}
			return 0, false
		}
	}
	h.start()
	return h
}

func (h *house) start() {
	h.t.Helper()
	var closed func()
	h.g, closed = grove(h.t, h.data, boot.Options{})
	var err error
	if h.shelf, err = Open(h.t.Context(), h.g, h.conf); err != nil {
		h.t.Fatal(err)
	}
	handler, err := depot.NewHandler(depot.HandlerConfig{Base: h.conf.Base, Shelf: h.shelf, Now: h.clock.now})
	if err != nil {
		h.t.Fatal(err)
	}
	h.set(handler)
	shelf := h.shelf
	h.stop = sync.OnceFunc(func() {
		h.set(nil)
		if err := shelf.Close(); err != nil {
			h.t.Error(err)
		}
		closed()
	})
	h.t.Cleanup(h.stop)
}

func (h *house) set(handler http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handler = handler
}

// pass lets time pass at the depot.
func (h *house) pass(d time.Duration) {
	h.clock.mu.Lock()
	h.clock.ahead += d
	h.clock.mu.Unlock()
	h.shelf.mu.Lock()
	h.shelf.nudge()
	h.shelf.mu.Unlock()
}

// key is the same key in every run.
func key(t *testing.T, n byte) pack.SecretKey {
	t.Helper()
	k, err := pack.NewKey(bytes.NewReader(bytes.Repeat([]byte{n}, 40)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// film is a package of one file and a folder of two, by key n.
func film(t *testing.T, n byte, size int64) *apptest.Made {
	t.Helper()
	k := key(t, n)
	return apptest.Package(t, apptest.Options{Name: "A film", Key: &k, Seed: uint64(n),
		Sizes: map[string]int64{"film.mkv": size, "extra/sub titles.srt": 1234, "extra/empty.html": 0}})
}

// share shares a package from g.
func share(t *testing.T, g *boot.Grove, made *apptest.Made, secret []byte) uuid.UUID {
	t.Helper()
	folder := t.TempDir()
	made.WriteFiles(t, folder)
	id, err := g.Engine.Share(t.Context(), app.Sharing{Described: made.Described(), Path: folder, Secret: secret}, false)
	if err != nil {
		t.Fatal(err)
	}
	await(t, g, id, app.Seeding)
	return id
}

// await waits until a transfer is in a state.
func await(t *testing.T, g *boot.Grove, id uuid.UUID, want app.State) *app.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var since uint64
	var v *app.View
	for {
		snap, err := g.Engine.Next(ctx, since)
		if err != nil {
			t.Fatalf("waiting for %s: %v; %+v", want, err, v)
		}
		since = snap.Version
		if v = snap.Transfer(id); v != nil && v.State == want {
			return v
		}
	}
}

// request is an order about made by its own key.
func request(made *apptest.Made, do pack.Deed) *depot.Request {
	o := pack.Order{Do: do, Package: made.Package.ID, Publisher: made.Package.Publisher()}
	if do == pack.Keep {
		o.Until = time.Now().AddDate(0, 0, 30)
	}
	return &depot.Request{Order: o, Sign: signer(made.Key), Grove: made.Grove, Hashes: made.List, Poster: made.Poster}
}

func signer(k pack.SecretKey) func(context.Context, pack.Order) ([]byte, error) {
	return func(_ context.Context, o pack.Order) ([]byte, error) { return pack.SignOrder(o, k) }
}

func client(t *testing.T) *depot.Client {
	t.Helper()
	c := depot.New(depot.Config{Reach: app.Reach{LocalOnly: true}})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// order gives an order.
func (h *house) order(r *depot.Request) (depot.Status, error) {
	h.t.Helper()
	return client(h.t).Order(h.t.Context(), h.conf.Base, true, r)
}

// until asks until the depot is in a state.
func (h *house) until(r *depot.Request, want depot.State) depot.Status {
	h.t.Helper()
	c := client(h.t)
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		s, err := c.Order(h.t.Context(), h.conf.Base, true, r)
		if err == nil && s.State == want {
			return s
		}
		if time.Now().After(late) {
			h.t.Fatalf("waiting for %s: %+v, %v", want, s, err)
		}
	}
}

// push has the depot keep what g shares, and stays until it does.
func (h *house) push(g *boot.Grove, made *apptest.Made, secret []byte) (*depot.Request, depot.Status) {
	h.t.Helper()
	r := request(made, pack.Keep)
	r.Secret = secret
	s, err := h.order(r)
	if err != nil {
		h.t.Fatal(err)
	}
	leave := h.meet(g, made, secret, s)
	defer leave()
	return r, h.until(r, depot.Kept)
}

// meet keeps a session between g and the depot's node until leave.
func (h *house) meet(g *boot.Grove, made *apptest.Made, secret []byte, s depot.Status) (leave func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var met sync.WaitGroup
	met.Go(func() { _ = g.Node.Meet(ctx, made.Package.ID, secret, s.Peers) })
	return func() {
		cancel()
		met.Wait()
	}
}

// get asks the depot's web server.
func (h *house) get(url string, header ...string) (*http.Response, []byte) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := h.server.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		h.t.Fatal(err)
	}
	return resp, b
}

// download gets a package by g and compares it.
func download(t *testing.T, g *boot.Grove, made *apptest.Made, lead app.Lead) *app.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	o, err := g.Engine.Inspect(ctx, lead)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Engine.Accept(ctx, o, app.Choice{Folder: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	v := await(t, g, o.ID, app.Done)
	for i, f := range made.Package.Manifest.Files {
		b, err := os.ReadFile(filepath.Join(v.Path, filepath.FromSlash(f.Name())))
		if err != nil || !bytes.Equal(b, made.Content[i]) {
			t.Errorf("%s is not what was signed: %v", f.Name(), err)
		}
	}
	return v
}

// left lists what lies in the depot's folder, records aside.
func (h *house) left() []string {
	h.t.Helper()
	var names []string
	err := filepath.WalkDir(h.conf.Folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != h.conf.Folder {
			return nil // removed while this looks
		}
		if err == nil && path != h.conf.Folder && !strings.Contains(path, ordersFolder) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return names
}

func kindOf(err error) app.ProblemKind {
	if err == nil {
		return ""
	}
	return app.AsProblem(err).Kind
}
