package app_test

import (
	"testing"
	"testing/synctest"

	"grove/app"
	"grove/app/apptest"
)

// TestNothingFromOutside: what somebody in the next room has is not fetched
// from the origin: not while it is not known yet who has it, and not
// afterwards.
func TestNothingFromOutside(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		release := w.peers.HoldNear()
		origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: 50 * miB})
		o := w.accept(app.Choice{})
		w.until(o, in(app.Downloading))
		synctest.Wait()
		if n := len(origin.Asked()); n != 0 {
			t.Errorf("the origin was asked %d times while neighbours were", n)
		}
		w.peer("near", apptest.Behaviour{Near: app.NearLAN, Rate: 8 * miB})
		release()
		v := w.until(o, in(app.Done))
		if v.Counts.Origin != 0 || v.Counts.Peers != v.Size {
			t.Errorf("%+v", v.Counts)
		}
		w.complete(o)
	})
}

// TestOriginHelpsASlowNeighbour: never slower than the origin alone by much,
// also where the next room is far away.
func TestOriginHelpsASlowNeighbour(t *testing.T) {
	for name, near := range map[string]apptest.Behaviour{
		"slow":       {Near: app.NearLAN, Rate: miB},
		"incomplete": {Near: app.NearLAN, Rate: 20 * miB, Have: few()},
		"far":        {Near: app.NearFar, Rate: 20 * miB},
	} {
		inWorld(t, 64*miB, func(w *world) {
			w.origin("https://cdn.example/", apptest.Behaviour{Rate: 20 * miB})
			w.peer("p", near)
			o := w.accept(app.Choice{})
			v := w.until(o, in(app.Done))
			if v.Counts.Origin < v.Size/4 {
				t.Errorf("%s: %+v", name, v.Counts)
			}
			w.complete(o)
		})
	}
}

// TestCompleteLooksForNobody: who has everything waits for others to come.
func TestCompleteLooksForNobody(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		w.peer("p", apptest.Behaviour{Rate: 64 * kiB})
		o := w.accept(app.Choice{Seed: true})
		w.until(o, in(app.Downloading))
		synctest.Wait()
		if n := w.peers.Looking(); n != 1 {
			t.Fatalf("%d look for it", n)
		}
		w.until(o, in(app.Seeding))
		synctest.Wait()
		if n := w.peers.Looking(); n != 0 {
			t.Errorf("%d go on looking", n)
		}
		if len(w.peers.Shares()) != 1 {
			t.Error("it is not shared any more")
		}
	})
}

// few is a set of three of the pieces.
func few() app.Bitmap {
	b := app.NewBitmap(256)
	for i := range 3 {
		b.Set(i)
	}
	return b
}
