package p2p

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/p2p/tracker"
)

func tracking(c *Config) { c.Finders.Tracker = true }

// startTracker runs a tracker on loopback and returns its base.
func startTracker(t *testing.T) (base string, stop func()) {
	t.Helper()
	var h http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	s, err := tracker.NewServer(tracker.ServerConfig{Bases: []string{web.URL + "/"}, Reach: app.Reach{LocalOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	h = s
	stop = func() {
		web.Close()
		_ = s.Close() // nothing is kept
	}
	return web.URL + "/", stop
}

func tracked(t *testing.T, bases ...string) *apptest.Made {
	return apptest.Package(t, apptest.Options{Change: func(m *pack.Manifest) { m.Trackers = bases }})
}

// TestTracker: those who know nothing but the package find each other at its
// tracker, the dead one beside it costs nothing, and who stops sharing is
// found no more.
func TestTracker(t *testing.T) {
	dead, stopDead := startTracker(t)
	stopDead()
	base, stop := startTracker(t)
	defer stop()
	made := tracked(t, dead, base)
	seed, leech := newNode(t, tracking), newNode(t, tracking)
	v, err := seed.Serve(made.Share())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Stop()
	waitFinder(t, seed, base)
	r, stopFind := find(t, leech, made)
	r.source(t, seed.ID())
	if f := leech.Report().Finders; !found(f, "tracker", 1) {
		t.Errorf("%+v", f)
	}
	stopFind()

	v.Stop()
	seed.mu.Lock()
	left := len(seed.swarms)
	seed.mu.Unlock()
	if left != 0 {
		t.Fatalf("%d swarms are left", left)
	}
	if err := seed.Close(); err != nil { // waits for the goodbye
		t.Fatal(err)
	}
	third := newNode(t, tracking)
	r, _ = find(t, third, made)
	waitFinder(t, third, base)
	if len(r.missed)+len(r.sources) > 0 || found(third.Report().Finders, "tracker", 1) {
		t.Errorf("who has left is still named: %+v", third.Report().Finders)
	}
}

// waitFinder waits until n has asked the tracker at base.
func waitFinder(t *testing.T, n *Node, base string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		for _, f := range n.Report().Finders {
			if f.Where == base && !f.Last.IsZero() {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the tracker was not asked: %+v", n.Report().Finders)
		}
	}
}
