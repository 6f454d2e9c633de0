package app_test

import (
	"fmt"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestNobodyIsLate: what comes last is asked for as soon as nobody else would
// bring it sooner, however short it is.
func TestNobodyIsLate(t *testing.T) {
	small := map[string]int64{} // files shorter than a piece
	for i := range 200 {
		small[fmt.Sprintf("%03d.jpg", i)] = 10 * kiB
	}
	for _, c := range []struct {
		name    string
		sizes   map[string]int64
		sources func(*world)
		want    time.Duration
	}{
		{"a lone slow origin", small, func(w *world) {
			w.origin("https://a.example/", apptest.Behaviour{Rate: 20 * kiB})
		}, 100 * time.Second},
		{"a fast origin that dies beside a slow one", map[string]int64{"film.mp4": 24 * 256 * kiB}, func(w *world) {
			fast := w.origin("https://a.example/", apptest.Behaviour{Rate: 3 * miB})
			w.origin("https://b.example/", apptest.Behaviour{Rate: 20 * kiB})
			time.AfterFunc(time.Second, fast.Stall)
		}, 3 * miB / (20 * kiB) * time.Second},
		{"a slow origin beside a fast one", map[string]int64{"film.mp4": 24 * 256 * kiB}, func(w *world) {
			w.origin("https://a.example/", apptest.Behaviour{Rate: 512 * kiB})
			w.origin("https://b.example/", apptest.Behaviour{Rate: 20 * kiB})
		}, 12 * time.Second},
	} {
		inWorldOf(t, apptest.Package(t, apptest.Options{Sizes: c.sizes}), func(w *world) {
			c.sources(w)
			o := w.accept(app.Choice{})
			w.until(o, in(app.Done))
			w.complete(o)
			if took := time.Since(w.begun); took > c.want+time.Second {
				t.Errorf("%s: it took %v, not %v", c.name, took, c.want)
			}
		})
	}
}

// TestSlowAtFirstIsNotLost: a source that sent nothing for a while is asked
// again when it does, whatever was measured of it.
func TestSlowAtFirstIsNotLost(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		shy := w.peer("shy", apptest.Behaviour{Rate: 2 * miB, Window: -1})
		for _, id := range []string{"a", "b"} {
			w.peer(id, apptest.Behaviour{Rate: miB})
		}
		shy.Stall()
		time.AfterFunc(time.Second, func() { shy.SetWindow(4 * miB) })
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return len(shy.Asked()) > 0 })
		time.Sleep(2 * time.Second)
		shy.SetWindow(-1) // others bring what it was asked for
		time.Sleep(5 * time.Second)
		shy.SetWindow(4 * miB)
		shy.Resume()
		w.until(o, in(app.Done))
		if sent := shy.Sent(); sent < 16*miB {
			t.Errorf("it sent %d of %d bytes", sent, w.made.Package.Layout.Size())
		}
	})
}

// TestNobodyWaitsForTheSilent: at the end, what a source stopped sending is
// brought by another, however quick it was before.
func TestNobodyWaitsForTheSilent(t *testing.T) {
	inWorld(t, 128*miB, func(w *world) {
		w.peer("quick", apptest.Behaviour{Rate: 16 * miB, StallAfter: 96*miB + 1000})
		w.peer("slow", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		// 6 s until it stops, and two for the rest at the other's rate.
		if s := seconds(v.Elapsed); s > 6+2+0.5 {
			t.Errorf("it took %.2f s", s)
		}
	})
}
