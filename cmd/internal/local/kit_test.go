package local

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine runs an engine until the test ends.
func engine(t *testing.T, store app.Store) *app.Engine {
	t.Helper()
	e := app.New(app.Config{Store: store})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); e.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return e
}

func noLine() Line { return Line{} }

// serve answers in the folder data until the test ends.
func serve(t *testing.T, data string) (*Server, *app.Engine) {
	t.Helper()
	return serveFrom(t, data, apptest.NewStore())
}

func serveFrom(t *testing.T, data string, store app.Store) (*Server, *app.Engine) {
	t.Helper()
	e := engine(t, store)
	s, err := Serve(data, e, store, true, noLine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the test may have done it
	return s, e
}

// soon is a context for what must come.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func empty(t *testing.T, data string) {
	t.Helper()
	left, err := os.ReadDir(data)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left in %s", err, left, filepath.Base(data))
	}
}

// question asks for path as a script would.
func question(t *testing.T, data, path string, into any) (code int) {
	t.Helper()
	r, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http://grove"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answered(t, data, r, into)
}

func answered(t *testing.T, data string, r *http.Request, into any) (code int) {
	t.Helper()
	c := NewClient(data)
	a, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if err := json.NewDecoder(a.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", r.URL, err)
	}
	return a.StatusCode
}

func publicKey(t *testing.T) pack.PublicKey {
	t.Helper()
	k, err := pack.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}
