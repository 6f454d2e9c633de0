package ui

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

// inPulse runs f beside a follower of an engine that changes every 50 ms while
// busy; shown says when a snapshot came to the UI goroutine, and which.
func inPulse(t *testing.T, f func(w *Window, e *hosttest.Engine, busy func(time.Duration), shown func() []uint64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := hosttest.NewEngine()
		var mu sync.Mutex
		var seen []uint64
		w := &Window{cfg: Config{Engine: e, Desk: &hosttest.Desk{}}, pulse: newPulse()}
		w.host = w.newHost(words.New("en"))
		w.ctx, w.stop = context.WithCancel(t.Context())
		w.box = newMailbox(func(f func()) { f() })
		w.showing = func(s *app.Snapshot) { mu.Lock(); seen = append(seen, s.Version); mu.Unlock() }
		w.jobs.Go(w.follow)
		f(w, e, func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
				e.Set(app.Snapshot{})
			}
			synctest.Wait()
		}, func() []uint64 {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			out := seen
			seen = nil
			return out
		})
		w.stop()
		w.jobs.Wait()
	})
}

func TestTicks(t *testing.T) {
	inPulse(t, func(w *Window, _ *hosttest.Engine, busy func(time.Duration), shown func() []uint64) {
		count := func(what string, want int) {
			t.Helper()
			shown()
			busy(10 * time.Second)
			if n := len(shown()); n < want-1 || n > want+1 {
				t.Errorf("%s: %d ticks in ten seconds, want %d", what, n, want)
			}
		}
		count("in front", 20)
		w.pulse.set(behind)
		count("behind", 10)
		w.pulse.set(hidden)
		busy(2 * time.Second)
		count("hidden", 0)
	})
}

// A window that comes back shows the newest there is at once, also when
// nothing happens any more.
func TestRevealShowsTheNewest(t *testing.T) {
	inPulse(t, func(w *Window, e *hosttest.Engine, busy func(time.Duration), shown func() []uint64) {
		w.pulse.set(hidden)
		busy(5 * time.Second)
		time.Sleep(5 * time.Second)
		shown()
		last := e.Set(app.Snapshot{}).Version
		time.Sleep(5 * time.Second)
		if n := shown(); n != nil {
			t.Fatalf("a hidden window was shown %v", n)
		}
		w.pulse.set(inFront)
		w.newest.deliver(w.box, w.showing)
		if got := shown(); len(got) != 1 || got[0] != last {
			t.Errorf("shown %v, the newest is %d", got, last)
		}
	})
}

// What the user did is seen at once, not at the next tick.
func TestHurry(t *testing.T) {
	inPulse(t, func(w *Window, e *hosttest.Engine, busy func(time.Duration), shown func() []uint64) {
		busy(3 * time.Second)
		shown()
		want := e.Set(app.Snapshot{}).Version
		w.pulse.hurry()
		if got := shown(); len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("shown %v, want %d", got, want)
		}
	})
}

// However much is posted between two visits, one visit does it all, in order.
func TestMailbox(t *testing.T) {
	var visits []func()
	b := newMailbox(func(f func()) { visits = append(visits, f) })
	var got []int
	for i := range 100 {
		b.post(func() { got = append(got, i) })
	}
	if len(visits) != 1 {
		t.Fatalf("%d visits were asked for", len(visits))
	}
	visits[0]()
	for i, n := range got {
		if n != i {
			t.Fatalf("%v", got)
		}
	}
	b.post(func() { got = nil })
	if len(got) != 100 || len(visits) != 2 {
		t.Fatalf("%d done, %d visits", len(got), len(visits))
	}
	if visits[1](); got != nil {
		t.Error("the second visit did nothing")
	}
}
