package app_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestNothingFromOutside: what somebody in the next room has is not fetched
// from the origin, but for a hundredth, one piece at a time: not while it is
// not known yet who has it, and not afterwards.
func TestNothingFromOutside(t *testing.T) {
	for size, pieces := range map[int64]int{64 * miB: 2, 16 * miB: 0} {
		inWorld(t, size, func(w *world) {
			release := w.peers.HoldNear()
			origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: 50 * miB})
			o := w.accept(app.Choice{})
			w.until(o, in(app.Downloading))
			synctest.Wait()
			time.Sleep(100 * time.Millisecond) // 20 pieces would be here
			synctest.Wait()
			if asked := origin.Asked(); len(asked) != pieces || pieces > 0 && asked[1].Count != 1 || origin.Spared() != pieces {
				t.Errorf("the origin was asked for %v while neighbours were", asked)
			}
			w.peer("near", apptest.Behaviour{Near: app.NearLAN, Rate: 8 * miB})
			release()
			v := w.until(o, in(app.Done))
			if from := int64(pieces) * 256 * kiB; v.Counts.Origin != from || v.Counts.Peers != v.Size-from {
				t.Errorf("%+v", v.Counts)
			}
			w.complete(o)
		})
	}
}

// TestSparesOthers: a server is asked sparingly where others download too, and
// fully where nobody does, or it is quick enough for all.
func TestSparesOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		peer app.Bitmap
		rate int64 // bytes a second
		want bool
	}{
		{"a rival", few(), miB, true},
		{"somebody who has all", app.Bitmap{}, miB, false},
		{"a rival, and a quick server", few(), 40 * miB, false},
	} {
		inWorld(t, 64*miB, func(w *world) {
			w.peer("p", apptest.Behaviour{Rate: 64 * kiB, Have: c.peer})
			origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: c.rate})
			o := w.accept(app.Choice{})
			w.until(o, in(app.Done))
			spared, asked := origin.Spared(), len(origin.Asked())
			if few := spared < asked/2; few == c.want {
				t.Errorf("%s: %d of %d runs were asked for sparingly", c.name, spared, asked)
			}
		})
	}
}

// TestGiversComeFirst: who gives, where most only take, does not hold back at a
// server: all wait for what he has.
func TestGiversComeFirst(t *testing.T) {
	for _, c := range []struct {
		name   string
		takers int
		choice app.Choice
		spared bool
	}{
		{"among takers", 3, app.Choice{}, false},
		{"as many give", 1, app.Choice{}, true},
		{"who takes himself", 3, app.Choice{NoShare: true}, true},
	} {
		inWorld(t, 64*miB, func(w *world) {
			w.peer("gives", apptest.Behaviour{Rate: 64 * kiB, Have: few()})
			for i := range c.takers {
				w.peer(fmt.Sprint("takes", i), apptest.Behaviour{Have: app.NewBitmap(256), Window: -1})
			}
			origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: miB})
			o := w.accept(c.choice)
			w.until(o, in(app.Done))
			spared, asked := origin.Spared(), len(origin.Asked())
			if most := spared > asked/2; most != c.spared {
				t.Errorf("%s: %d of %d runs were asked for sparingly", c.name, spared, asked)
			}
		})
	}
}

// TestLeavesTheSeedToOthers: who alone has what others are getting from it is
// not asked for what others have.
func TestLeavesTheSeedToOthers(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		n := w.made.Pieces()
		most, last := app.NewBitmap(n), app.NewBitmap(n)
		for i := range n {
			if i < n-4 {
				most.Set(i)
			} else {
				last.Set(i)
			}
		}
		w.peer("p", apptest.Behaviour{Rate: 20 * miB, Have: most, Coming: last}) // it never gets them
		seed := w.peer("seed", apptest.Behaviour{Rate: 20 * miB})
		o := w.accept(app.Choice{})
		w.until(o, in(app.Done))
		if part := float64(seed.Sent()) / (16 * miB); part > 0.25 {
			t.Errorf("the seed gave %.2f of it", part)
		}
		w.complete(o)
	})
}

// TestNearFirst: where cost counts, peers far away are left alone, unless they are
// so much quicker than near ones that it would do nobody good.
func TestNearFirst(t *testing.T) {
	for _, c := range []struct {
		name        string
		far         int64 // bytes a second; the near one sends one MiB
		least, most float64
	}{
		{"as quick", miB, 0, 0.1},
		{"half again as quick", miB * 3 / 2, 0, 0.1},
		{"five times as quick", 5 * miB, 0.5, 0.9},
	} {
		inWorld(t, 128*miB, func(w *world) {
			w.peer("near", apptest.Behaviour{Near: app.NearNet, Rate: miB})
			o := w.accept(app.Choice{Policy: app.PolicyThrifty})
			w.until(o, func(v *app.View) bool { return v.Have > 4*miB }) // the floor is kept without it
			far := w.peer("far", apptest.Behaviour{Near: app.NearFar, Rate: c.far})
			w.until(o, in(app.Done))
			if part := float64(far.Sent()) / (128 * miB); part < c.least || part > c.most {
				t.Errorf("one far away who is %s sent %.2f of it", c.name, part)
			}
			w.complete(o)
		})
	}
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
