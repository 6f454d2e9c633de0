package app_test

import (
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// avoided is a download of 128 MiB from near peers and four to avoid: how long it
// took, and the part that came from those to avoid.
func avoided(t *testing.T, near []apptest.Behaviour, rate int64, class app.Nearness) (took time.Duration, part float64) {
	inWorld(t, 128*miB, func(w *world) {
		for i, b := range near {
			b.Near = app.NearNet
			w.peer("near"+string(rune('a'+i)), b)
		}
		var far []*apptest.Source
		for i := range 4 {
			far = append(far, w.peer("far"+string(rune('a'+i)), apptest.Behaviour{Near: class, Rate: rate}))
		}
		began := time.Now()
		o := w.accept(app.Choice{})
		w.until(o, in(app.Done))
		took = time.Since(began)
		for _, f := range far {
			part += float64(f.Sent()) / (128 * miB)
		}
		w.complete(o)
	})
	return took, part
}

// tryCost is what a transfer may lose before it is known that it does.
const tryCost = 4 * time.Second

// TestAvoided: whom a map says to avoid is left alone where those nearer have the
// capacity, and nobody waits for that where they have not.
func TestAvoided(t *testing.T) {
	one, quick := []apptest.Behaviour{{Rate: miB}}, []apptest.Behaviour{{Rate: 2 * miB}, {Rate: 2 * miB}}
	for _, c := range []struct {
		name        string
		near        []apptest.Behaviour
		far         int64
		least, most float64 // of it comes from those to avoid
	}{
		{"nobody is nearer", nil, miB, 1, 1},
		{"one near peer as quick as each of them", one, miB, 0.7, 0.85},
		{"a slow near peer", []apptest.Behaviour{{Rate: 64 * kiB}}, miB / 2, 0.9, 1},
		{"near peers with few pieces", []apptest.Behaviour{{Rate: 4 * miB, Have: few()}, {Rate: 4 * miB, Have: few()}}, miB / 2, 0.9, 1},
		{"quick near peers", quick, 48 * kiB, 0, 0.038},
	} {
		free, _ := avoided(t, c.near, c.far, app.NearNet)
		took, part := avoided(t, c.near, c.far, app.NearAvoid)
		t.Logf("%s: %.2f of it after %s, %.3f of the time", c.name, part, took, took.Seconds()/free.Seconds())
		if part < c.least || part > c.most || took > free+free/20+tryCost {
			t.Errorf("%s: %.2f of it in %s instead of %s", c.name, part, took, free)
		}
	}
}
