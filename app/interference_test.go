package app_test

import (
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestInterferenceIsShown: what is done on the way is in the view and once in
// the log, while it concerns the download, and the download goes on.
func TestInterferenceIsShown(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		o := w.accept(app.Choice{})
		w.until(o, in(app.Downloading))
		for _, is := range []app.Interference{app.Resets, app.CutOff, app.Undisturbed} {
			w.peers.Interfere(is)
			v := w.until(o, func(v *app.View) bool { return v.Interference == is })
			time.Sleep(2 * time.Second)
			if v.Problem != nil {
				t.Errorf("%q is a problem: %v", is, v.Problem)
			}
		}
		w.peers.Interfere(app.CutOff)
		w.until(o, func(v *app.View) bool { return v.Interference == app.CutOff })
		w.origin("o", apptest.Behaviour{})
		if v := w.until(o, in(app.Done)); v.Interference != app.Undisturbed {
			t.Errorf("what is complete is told of %q", v.Interference)
		}
		synctest.Wait()
		var logged []string
		for _, l := range w.log(o) {
			if l.Event == "interference" {
				logged = append(logged, l.Text)
			}
		}
		if len(logged) != 3 || logged[0] != app.Resets.Sentence() || logged[2] != app.CutOff.Sentence() {
			t.Errorf("the log has %q", logged)
		}
	})
}
