package app_test

import (
	"sync/atomic"
	"testing"

	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/apptest"
)

// narrow is a line with little room.
type narrow struct {
	limit *rate.Limiter
	came  atomic.Int64
}

func (n *narrow) Limit() *rate.Limiter { return n.limit }
func (n *narrow) Unit() int            { return 8 * kiB }
func (n *narrow) Yields() bool         { return true }
func (n *narrow) Came(k int)           { n.came.Add(int64(k)) }

// TestRoomOnTheLine: what comes over the line is held to the room there is, from
// peers and servers together; what comes from the local network is not.
func TestRoomOnTheLine(t *testing.T) {
	for near, holds := range map[app.Nearness]bool{app.NearFar: true, app.NearNet: true, app.NearLAN: false} {
		inWorld(t, 8*miB, func(w *world) {
			w.stop()
			line := &narrow{limit: rate.NewLimiter(512*kiB, 64*kiB)}
			w.room = line
			w.start()
			w.peer("p", apptest.Behaviour{Rate: 4 * miB, Near: near})
			o := w.accept(app.Choice{})
			w.until(o, func(v *app.View) bool { return v.Yields && v.State == app.Downloading })
			took := seconds(w.until(o, in(app.Done)).Elapsed)
			w.complete(o)
			if w.view(o).Yields {
				t.Error("it yields although it is complete")
			}
			if slow := took > 14; slow != holds || took > 18 {
				t.Errorf("%v: it took %.1f s", near, took)
			}
			if came := line.came.Load(); (came >= 8*miB) != holds || !holds && came > 0 {
				t.Errorf("%v: the line is told of %d bytes", near, came)
			}
		})
	}
}
