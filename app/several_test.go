package app_test

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestStalledHoldNobodyUp: transfers that nobody has leave their places to the
// next ones, in the order of the list, and go on beside them when somebody comes.
func TestStalledHoldNobodyUp(t *testing.T) {
	inCrowd(t, 5, func(w *world, o []*app.Offer) {
		d, q := app.Downloading, app.Queued
		if !slices.Equal(w.states(), []app.State{d, d, d, q, q}) {
			t.Fatalf("at first %v", w.states())
		}
		time.Sleep(12 * time.Second) // the first three are known to have nobody
		synctest.Wait()
		if !slices.Equal(w.states(), []app.State{d, d, d, d, d}) {
			t.Fatalf("then %v", w.states())
		}
		for _, last := range []int{4, 0} { // w.made is the fifth
			w.made = w.all[last]
			w.peer("p"+w.made.Package.Manifest.Name, apptest.Behaviour{Rate: miB})
			w.until(o[last], in(app.Done))
			w.complete(o[last])
		}
	})
}

// TestLimitHoldsForAll: what comes to several transfers together is the limit, no
// more and no less, and each has its part of it, from however many sources.
func TestLimitHoldsForAll(t *testing.T) {
	inCrowd(t, 3, func(w *world, o []*app.Offer) {
		const limit = 300 * kiB
		w.set(func(s *app.Settings) { s.Down = limit })
		for i, made := range w.all {
			w.made = made
			for n := range 1 + 2*i {
				w.peer(made.Package.Manifest.Name+string('0'+rune(n)), apptest.Behaviour{Rate: miB})
			}
		}
		first, last := math.Inf(1), 0.0
		for i, made := range w.all {
			w.made = made
			took := seconds(w.until(o[i], in(app.Done)).Elapsed)
			first, last = min(first, took), max(last, took)
			w.complete(o[i])
		}
		if first < 0.9*last {
			t.Errorf("the first took %.1f s, the last %.1f", first, last)
		}
		if all := float64(3*4*miB) / limit; last < all*0.9 || last > all*1.15 {
			t.Errorf("all took %.1f s, not %.1f", last, all)
		}
	})
}

// TestLimitIsNoStall: many sources that wait for the user's own limit are not
// taken for stalled, and nothing but the one piece that is asked for twice at the
// end comes twice.
func TestLimitIsNoStall(t *testing.T) {
	inWorld(t, 8*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Down = 64 * kiB })
		for n := range 24 {
			w.peer(string('a'+rune(n)), apptest.Behaviour{Rate: miB})
		}
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if v.Counts.Wasted > 320*kiB || w.logged(o, "no_source") {
			t.Errorf("%d bytes came for nothing", v.Counts.Wasted)
		}
	})
}
