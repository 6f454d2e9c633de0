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

// TestLiesHoldNothingUp: what liars sent does not count as asked for twice, so
// that the last pieces are still taken over from who is slow.
func TestLiesHoldNothingUp(t *testing.T) {
	inWorld(t, 128*miB, func(w *world) {
		wrong := map[int]bool{}
		for i := range w.made.Pieces() {
			wrong[i] = true
		}
		for n := range int64(8) {
			w.peer(fmt.Sprint("liar", n), apptest.Behaviour{Rate: 24<<10 + n<<12, WrongPieces: wrong})
		}
		w.peer("slow", apptest.Behaviour{Rate: 2 << 10})
		w.peer("slower", apptest.Behaviour{Rate: 3 << 10})
		w.origin("origin", apptest.Behaviour{Rate: 6 * miB})
		begin := time.Now()
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if took := time.Since(begin); took > 22*time.Second || v.Counts.Wasted < 8*256<<10 {
			t.Errorf("it took %s, and %d bytes were wasted", took, v.Counts.Wasted)
		}
	})
}
