package app_test

import (
	"fmt"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestSlowPeersHoldNothingUp: who is slow takes nothing over from others as slow,
// which would keep it from who is quick.
func TestSlowPeersHoldNothingUp(t *testing.T) {
	for _, rate := range []int64{2 << 10, 4 << 10, 16 << 10, 48 << 10} {
		var took [2]time.Duration
		for i, peers := range []int{0, 8} {
			inWorld(t, 128*miB, func(w *world) {
				for n := range peers {
					w.peer(fmt.Sprint("p", n), apptest.Behaviour{Rate: rate + rate*int64(n)/16})
				}
				w.origin("origin", apptest.Behaviour{Rate: 6 * miB})
				begin := time.Now()
				o := w.accept(app.Choice{})
				w.until(o, in(app.Done))
				w.complete(o)
				took[i] = time.Since(begin)
			})
		}
		if took[1] > took[0]*102/100 {
			t.Errorf("with peers of %d bytes a second %s, without them %s", rate, took[1], took[0])
		}
	}
}
