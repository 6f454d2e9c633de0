package app_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestWhyNobodyComes: where those who have the package are there and cannot be
// reached, the user is told that, and not that nobody answers; a source takes
// it back.
func TestWhyNobodyComes(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		o := w.accept(app.Choice{})
		w.until(o, in(app.Downloading))
		synctest.Wait() // the finder looks
		w.peers.Miss("a", app.NewProblem(app.SourceGone, "a", nil))
		v := w.until(o, func(v *app.View) bool { return v.Problem != nil })
		if v.Problem.Kind != app.NoSource || !strings.Contains(v.Problem.Error(), "a went away") {
			t.Errorf("after %s: %v", v.Elapsed, v.Problem)
		}
		w.peers.Miss("b", app.NewProblem(app.NoPath, "b", errors.New("met at a relay")))
		w.peers.Miss("b", app.NewProblem(app.NoPath, "b", errors.New("met at a relay"))) // said again, logged once
		v = w.until(o, func(v *app.View) bool { return v.Problem.Kind == app.NoPath })
		if v.State != app.Downloading || v.Problem.Subject != v.Name || !strings.Contains(v.Problem.Error(), "(met at a relay)") {
			t.Errorf("%s: %v", v.State, v.Problem)
		}
		time.Sleep(time.Second)
		logged := 0
		for _, l := range w.log(o) {
			if l.Event == "not_reached" {
				logged++
			}
		}
		if logged != 2 {
			t.Errorf("%d lines in the log: %v", logged, w.log(o))
		}
		w.peer("b", apptest.Behaviour{})
		w.until(o, in(app.Done))
		w.complete(o)
	})
}
