package settings

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host/hosttest"
)

func TestTimetable(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	test.Tap(r.button("Full speed only at night", 0))
	r.enter("From", 0, "9h30")
	r.enter("Giving", 1, "2 MB/s")
	r.enter("Download", 0, "")
	half := 9*time.Hour + 30*time.Minute
	want := app.Timetable{{From: half, Up: 100_000}, {From: 23 * time.Hour, Up: 2_000_000}}
	if d := cmp.Diff(want, r.Engine.Settings.Timetable); d != "" {
		t.Fatalf("after typing (-want +got):\n%s", d)
	}
	if got := r.field("From", 0).Text; got != "09:30" {
		t.Errorf("the time shows as %q", got)
	}
	if night[0].From != 8*time.Hour || night[0].Down != 500_000 {
		t.Errorf("typing changed the preset: %v", night)
	}

	for _, bad := range []string{"23:00", "25:00", "soon", ""} {
		r.enter("From", 0, bad)
		r.sees("A time such as 08:30 that has no row yet.")
		if got := r.field("From", 0).Text; got != bad {
			t.Errorf("%q became %q", bad, got)
		}
	}
	r.enter("From", 0, "23:30") // now the later of the two
	if got := r.Engine.Settings.Timetable; len(got) != 2 || got[1].From != 23*time.Hour+30*time.Minute || got[1].Up != 100_000 {
		t.Fatalf("after moving an entry: %v", got)
	}
	test.Tap(r.button("Remove", 0))
	if got := r.Engine.Settings.Timetable; len(got) != 1 || got[0].Up != 100_000 {
		t.Errorf("after taking one away: %v", got)
	}
	test.Tap(r.button("Remove", 0))
	if got := hosttest.All[*field](r.page.hours.content); len(got) != 0 {
		t.Errorf("an empty timetable has %d fields", len(got))
	}
}

func TestARowKeepsWhatIsTypedWhenOthersChange(t *testing.T) {
	s := app.DefaultSettings()
	s.Timetable = night
	r := open(t, hosttest.New(t), wide, s)
	r.write(r.field("Download", 1), "7")
	r.elsewhere(func(s *app.Settings) { s.Timetable = added(s.Timetable) }) // at 00:00, before the others
	if got := r.field("Download", 2).Text; got != "7" {
		t.Errorf("what was being typed became %q", got)
	}
}

func TestWhatHoldsNow(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.sees("Now: download without limit, giving without limit")
	r.page.Show(r.Engine.Set(app.Snapshot{Settings: app.DefaultSettings(), Down: 500_000, Up: 2_000_000, Month: app.Month{Given: 1e9}}))
	r.sees("Now: download 500 kB/s, giving 2 MB/s")
	r.sees("1.0 GB given this month")
	r.page.Show(r.Engine.Set(app.Snapshot{Settings: app.DefaultSettings(), Month: app.Month{Given: 21e9, Budget: 20e9}}))
	r.sees("21.0 GB of 20.0 GB given this month")
}
