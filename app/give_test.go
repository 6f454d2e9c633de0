package app_test

import (
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestGive: each measure of one package, from a rule of one time and two hours.
func TestGive(t *testing.T) {
	for _, c := range []struct {
		give   app.Give
		bytes  int64 // that are given, or 0: others than the rule ends it
		hours  float64
		favour float64
	}{
		{app.GiveUsual, 4 * miB, 2, 1}, {app.GiveMore, 8 * miB, 4, 2}, {app.GiveLess, 2 * miB, 1, .5},
	} {
		setUp := func(w *world) *app.Offer {
			w.origin("o", apptest.Behaviour{})
			o := w.accept(app.Choice{After: true})
			w.until(o, in(app.Seeding))
			w.did(w.engine.SetGive(w.t.Context(), o.ID, c.give))
			synctest.Wait()
			if v := w.view(o); v.Give != c.give || w.peers.Favour() != c.favour {
				t.Errorf("%q: shown as %q, favour %g", c.give, v.Give, w.peers.Favour())
			}
			return o
		}
		inWorld(t, 4*miB, func(w *world) {
			o := setUp(w)
			var n int64
			for w.peers.GiveTo(app.NearLAN, 64*kiB) > 0 {
				n += 64 * kiB
			}
			if n != c.bytes {
				t.Errorf("%q: %d bytes given", c.give, n)
			}
			time.Sleep(time.Second)
			w.until(o, in(app.Done))
		})
		inWorld(t, 4*miB, func(w *world) {
			o := setUp(w)
			time.Sleep(time.Duration(c.hours*60-1) * time.Minute)
			if st := w.view(o).State; st != app.Seeding {
				t.Errorf("%q: %s a minute before the end", c.give, st)
			}
			time.Sleep(2 * time.Minute)
			if st := w.view(o).State; st != app.Done {
				t.Errorf("%q: %s a minute after the end", c.give, st)
			}
		})
	}
}

func TestGiveNoneAndAlways(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		ctx := w.t.Context()
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Seeding))
		if err := w.engine.SetGive(ctx, o.ID, "all"); kindOf(err) != app.BadInput {
			t.Errorf("%v", err)
		}
		w.did(w.engine.SetGive(ctx, o.ID, app.GiveNone))
		if v := w.until(o, in(app.Done)); v.Give != app.GiveNone {
			t.Errorf("shown as %q", v.Give)
		}
		w.did(w.engine.SetGive(ctx, o.ID, app.GiveAlways)) // it is shared again
		w.until(o, in(app.Seeding))
		time.Sleep(50 * time.Hour)
		if v := w.view(o); v.State != app.Seeding || v.Give != app.GiveAlways || !v.Seed {
			t.Errorf("%s, %q", v.State, v.Give)
		}
		w.did(w.engine.SetGive(ctx, o.ID, app.GiveMore)) // four hours are over
		w.until(o, in(app.Done))
		synctest.Wait()
		saved, _ := w.store.LoadTransfers()
		if r := saved[0]; r.Gives() != app.GiveMore || r.Seed || r.NoShare {
			t.Errorf("saved as %+v", r)
		}
	})
}

// TestSharedInPlaceHasNoRule: more and less are about its turns.
func TestSharedInPlaceHasNoRule(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		for _, g := range []app.Give{app.GiveMore, app.GiveLess, app.GiveUsual} {
			w.did(w.engine.SetGive(w.t.Context(), o.ID, g))
			time.Sleep(10 * time.Hour)
			want := g
			if g == app.GiveUsual {
				want = app.GiveAlways
			}
			if v := w.view(o); v.State != app.Seeding || v.Give != want {
				t.Errorf("%q: %s, %q", g, v.State, v.Give)
			}
		}
	})
}

// TestSpare: half of the line is left to others once a download is complete,
// unless the user wants others to have it.
func TestSpare(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Downloading))
		synctest.Wait()
		if w.peers.Spare() {
			t.Error("half is left while it downloads")
		}
		w.origin("o", apptest.Behaviour{})
		w.until(o, in(app.Seeding))
		synctest.Wait()
		if !w.peers.Spare() {
			t.Error("all is taken once it is complete")
		}
		w.did(w.engine.SetGive(w.t.Context(), o.ID, app.GiveAlways))
		synctest.Wait()
		if w.peers.Spare() {
			t.Error("half is left of what the user wants others to have")
		}
	})
}
