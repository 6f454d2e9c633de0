package netmap

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/pack"
)

func newKey(t *testing.T) pack.SecretKey {
	t.Helper()
	key, err := pack.NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed is a map that is good for so long.
func signed(t *testing.T, key pack.SecretKey, seq uint64, lasts time.Duration) []byte {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	b, err := pack.SignMap(pack.Map{Publisher: key.Public(), Seq: seq, Created: now.Add(-time.Hour), Expires: now.Add(lasts), Name: "test",
		Default: 50, Groups: map[string][]netip.Prefix{"all": {netip.MustParsePrefix("0.0.0.0/0")}}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seen is what was used, by number.
type seen struct {
	mu  sync.Mutex
	all []uint64 // guarded by mu
}

func (s *seen) use(m *pack.Map) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, m.Seq)
}

func (s *seen) say() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]uint64(nil), s.all...)
}

// follow runs Keep while f runs, in virtual time.
func follow(t *testing.T, c Config, f func(*seen)) {
	t.Helper()
	s := &seen{}
	c.Use = s.use
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { Keep(ctx, c); close(done) }()
	synctest.Wait()
	f(s)
	cancel()
	<-done
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeep: the newest map by the right key is used, renewed before it ends, and
// kept for a start at which nothing is to be had; an older one is refused also
// then.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	from, kept := filepath.Join(dir, "from"), filepath.Join(dir, "kept")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24 * time.Hour) // it begins at midnight of the first year that a map may have
		key := newKey(t)
		c := Config{Where: from, Key: key.Public(), File: kept}
		want := func(s *seen, n ...uint64) {
			t.Helper()
			synctest.Wait()
			got := s.say()
			if len(got) != len(n) || len(n) > 0 && got[len(got)-1] != n[len(n)-1] {
				t.Errorf("used %v, want %v", got, n)
			}
		}
		write(t, from, signed(t, key, 5, 10*time.Hour))
		follow(t, c, func(s *seen) {
			want(s, 5)
			write(t, from, signed(t, key, 6, 10*time.Hour))
			time.Sleep(4 * time.Hour)
			want(s, 5)
			time.Sleep(2 * time.Hour) // half of what it had left
			want(s, 5, 6)
			write(t, from, signed(t, key, 5, 10*time.Hour))
			time.Sleep(7 * time.Hour)
			want(s, 5, 6)
			write(t, from, signed(t, newKey(t), 9, 10*time.Hour))
			time.Sleep(2 * time.Hour)
			want(s, 5, 6)
			write(t, from, signed(t, key, 7, 100*time.Hour))
			time.Sleep(2 * time.Hour)
			want(s, 5, 6, 7)
		})
		if err := os.Remove(from); err != nil {
			t.Fatal(err)
		}
		// What is kept has the time of the real clock, not of this bubble.
		touched := time.Now()
		if err := os.Chtimes(kept, touched, touched); err != nil {
			t.Fatal(err)
		}
		follow(t, c, func(s *seen) { want(s, 7) })
		write(t, from, signed(t, key, 6, 100*time.Hour))
		time.Sleep(90 * time.Hour)
		follow(t, c, func(s *seen) { want(s, 7) })
		time.Sleep(11 * time.Hour) // it has expired, and its number counts all the same
		write(t, from, signed(t, key, 6, 100*time.Hour))
		follow(t, c, func(s *seen) { want(s) })
		write(t, from, signed(t, key, 7, 100*time.Hour))
		follow(t, c, func(s *seen) { want(s, 7) })
		other := c
		other.Key = newKey(t).Public()
		follow(t, other, func(s *seen) { want(s) })
	})
}

// TestKeepAsksSeldom: a map that came today is not asked for at the next start.
func TestKeepAsksSeldom(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24 * time.Hour) // it begins at midnight of the first year that a map may have
		key := newKey(t)
		write(t, kept, signed(t, key, 5, 100*time.Hour))
		at := time.Now()
		if err := os.Chtimes(kept, at, at); err != nil {
			t.Fatal(err)
		}
		k := keeper{Config: Config{Key: key.Public(), File: kept, Use: func(*pack.Map) {}}}
		for after, want := range map[time.Duration]time.Duration{0: 24 * time.Hour, 20 * time.Hour: 4 * time.Hour, 30 * time.Hour: 0} {
			if got := k.load(at.Add(after)); got != want {
				t.Errorf("after %s it waits %s, want %s", after, got, want)
			}
		}
	})
}

// TestFetch: over HTTP under the user's rules, and from nowhere else.
func TestFetch(t *testing.T) {
	key := newKey(t)
	good := signed(t, key, 1, time.Hour)
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/map":
			_, _ = w.Write(good)
		case "/long":
			_, _ = w.Write(make([]byte, pack.MaxMap+1))
		case "/moved":
			http.Redirect(w, r, "/map", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	for path, want := range map[string]string{"/map": "", "/long": "more than", "/moved": "302", "/none": "404"} {
		b, err := Fetch(t.Context(), Config{Where: s.URL + path})
		if want == "" && (err != nil || string(b) != string(good)) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %d bytes, %v", path, len(b), err)
		}
	}
	if _, err := Fetch(t.Context(), Config{Where: "http://127.0.0.1:22/map"}); app.AsProblem(err).Kind != app.Refused {
		t.Errorf("a port that no web server has: %v", err)
	}
	before := asked.Load()
	if _, err := Fetch(t.Context(), Config{Where: "http://192.0.2.1/map", Reach: app.Reach{LocalOnly: true}}); app.AsProblem(err).Kind != app.Refused {
		t.Errorf("in local-only mode: %v", err)
	}
	if asked.Load() != before {
		t.Error("somebody else was asked")
	}
}

// TestOpen: whose, and until when.
func TestOpen(t *testing.T) {
	key, now := newKey(t), time.Now()
	b := signed(t, key, 1, time.Hour)
	if _, err := Open(b, key.Public(), now); err != nil {
		t.Error(err)
	}
	for want, err := range map[string]error{
		"is by":   second(Open(b, newKey(t).Public(), now)),
		"expired": second(Open(b, key.Public(), now.Add(2*time.Hour))),
		"signed":  second(Open(b[200:], key.Public(), now)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func second(_ *pack.Map, err error) error { return err }
