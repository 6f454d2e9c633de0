package p2p

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// TestTurnsAreEven: with more waiting than places, no place is idle, who keeps
// many chunks waiting gets no more than who keeps a few, and a weight of two
// is half.
func TestTurnsAreEven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		var mu sync.Mutex
		given := make([]int, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for i, c := range []struct {
			writers int
			weight  float64
		}{{20, 1}, {5, 1}, {5, 2}} {
			var q queue
			for range c.writers {
				wg.Go(func() {
					for {
						w, err := all.take(ctx, nearRoad, &q, 1000, c.weight)
						if err != nil {
							return
						}
						time.Sleep(10 * time.Millisecond)
						mu.Lock()
						given[i]++
						mu.Unlock()
						w.done()
					}
				})
			}
		}
		wg.Wait()
		if all.roads[nearRoad].active != 0 || all.roads[nearRoad].waiting.Len() != 0 {
			t.Errorf("%d are active and %d wait", all.roads[nearRoad].active, all.roads[nearRoad].waiting.Len())
		}
		if total := given[0] + given[1] + given[2]; total < writesAtOnce*5950 {
			t.Errorf("%d chunks in a minute: places were idle", total)
		}
		if r := float64(given[0]) / float64(given[1]); r < 0.95 || r > 1.05 {
			t.Errorf("chunks given: %v; the first two should have the same", given)
		}
		if r := float64(given[1]) / float64(given[2]); r < 1.9 || r > 2.1 {
			t.Errorf("chunks given: %v; the last should have half", given)
		}
	})
}

// TestWeight: a byte counts for less to who is behind and for more to who is
// ahead. Who says nothing of what he has is neither, and makes nobody else so:
// it is no way to come first.
func TestWeight(t *testing.T) {
	n := &Node{}
	sw := &swarm{sessions: map[peer.ID]*session{}}
	wants := func(id peer.ID, pieces, count int) *session {
		s := &session{node: n, swarm: sw}
		s.wanted.Store(true)
		if pieces > 0 {
			s.theirs.Store(&haveMap{pieces: pieces, count: count})
		}
		sw.sessions[id] = s
		return s
	}
	behind, ahead := wants("behind", 1000, 490), wants("ahead", 1000, 510)
	silent, taker := wants("silent", 0, 0), wants("taker", 1000, 0)
	if behind.weight(app.NearFar) >= 1 || ahead.weight(app.NearFar) <= 1 || behind.weight(app.NearFar) < 0.5 || ahead.weight(app.NearFar) > 2 {
		t.Errorf("behind %g, ahead %g", behind.weight(app.NearFar), ahead.weight(app.NearFar))
	}
	if silent.weight(app.NearFar) != 1 || taker.weight(app.NearFar) != 1 {
		t.Errorf("silent %g, taker %g", silent.weight(app.NearFar), taker.weight(app.NearFar))
	}
	ahead.theirs.Store(&haveMap{pieces: 1000, count: 490})
	if behind.weight(app.NearFar) != 1 || ahead.weight(app.NearFar) != 1 {
		t.Errorf("two alike, among others who say nothing: %g and %g", behind.weight(app.NearFar), ahead.weight(app.NearFar))
	}
	if ahead.weight(app.NearAvoid) != 8 || ahead.weight(app.NearNet) != 1 || silent.weight(app.NearAvoid) != 8 {
		t.Errorf("who is to be avoided: %g, says nothing: %g, near: %g",
			ahead.weight(app.NearAvoid), silent.weight(app.NearAvoid), ahead.weight(app.NearNet))
	}
	sw.share = &serving{node: n, swarm: sw}
	sw.share.Favour(2)
	if behind.weight(app.NearFar) != .5 {
		t.Errorf("of a package that is favoured: %g", behind.weight(app.NearFar))
	}
	sw.share.Favour(1)
	coming := app.NewBitmap(1000)
	coming.Set(7)
	wants("newcomer", 1000, 0).fetching.Store(&coming)
	newcomer := sw.sessions["newcomer"]
	if w := newcomer.weight(app.NearFar); w != 1 || ahead.weight(app.NearFar) != 1 {
		t.Errorf("newcomer %g, those before him %g", w, ahead.weight(app.NearFar))
	}
	// From there on he is compared like anybody.
	newcomer.theirs.Store(&haveMap{pieces: 1000, count: 30})
	if w := newcomer.weight(app.NearFar); w <= 1 || ahead.weight(app.NearFar) >= 1 || behind.weight(app.NearFar) >= 1 {
		t.Errorf("newcomer who gets more than others %g, those before him %g", w, ahead.weight(app.NearFar))
	}
	// Who is a little behind when he comes was only met later.
	wants("met later", 1000, 450)
	if w := sw.sessions["met later"].weight(app.NearFar); w >= 1 {
		t.Errorf("met later %g", w)
	}
}

// TestTurnsSlowLine: those that read nothing do not hold up another for more than
// a second, and for nothing with what follows.
func TestTurnsSlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		take := func(q *queue) (*turn, time.Duration) {
			t.Helper()
			began := time.Now()
			w, err := all.take(t.Context(), nearRoad, q, 1000, 1)
			if err != nil {
				t.Fatal(err)
			}
			return w, time.Since(began)
		}
		var slow queue
		first, _ := take(&slow)
		for range writesAtOnce - 1 {
			take(new(queue))
		}
		w, waited := take(new(queue))
		if waited > writeSlow {
			t.Errorf("it waited for %s", waited)
		}
		time.Sleep(time.Millisecond) // the second of the others ends as well
		first.done()
		w.done()
		w.done()
		for range writesAtOnce {
			take(new(queue))
		}
		// All places are taken by quick ones, and the slow one needs none.
		if _, waited := take(&slow); waited > 0 {
			t.Errorf("the next chunk on a slow line waited for %s", waited)
		}
		all.mu.Lock()
		active := all.roads[nearRoad].active
		all.mu.Unlock()
		if active != writesAtOnce {
			t.Errorf("%d are active", active)
		}
		time.Sleep(2 * writeSlow)
	})
}
