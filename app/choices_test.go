package app_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/apptest"
)

// withLimits starts the engine anew with buckets of its own.
func (w *world) withLimits(fixed app.Limits) (down, up *rate.Limiter) {
	w.stop()
	down, up = app.NewLimiter(0), app.NewLimiter(0)
	ctx, cancel := context.WithCancel(context.Background())
	w.engine = app.New(app.Config{Store: w.store, Swarm: w.peers, Mirrors: w.servers, Down: down, Up: up, Limits: fixed})
	done := make(chan struct{})
	go func() { w.engine.Run(ctx); close(done) }()
	w.stop = func() { cancel(); <-done }
	return down, up
}

func TestSettingsAreSavedAppliedAndShown(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		down, up := w.withLimits(app.Limits{})
		if s := w.snap(); s.Settings.MaxActive != 3 || s.Down != 0 || s.Month.Budget != 20e9 {
			t.Errorf("at first %+v", s)
		}
		w.set(func(s *app.Settings) { s.Down, s.Up, s.Giving.Budget, s.Window.Bits = 5_000_000, 10_000, 7, true })
		s := w.snap()
		if s.Down != 5_000_000 || s.Up != 10_000 || s.Month.Budget != 7 || !s.Settings.Window.Bits {
			t.Errorf("shown as %+v", s)
		}
		if down.Limit() != 5_000_000 || down.Burst() != 500_000 || up.Limit() != 10_000 || up.Burst() != 32<<10 {
			t.Errorf("down %v %d, up %v %d", down.Limit(), down.Burst(), up.Limit(), up.Burst())
		}
		bad := s.Settings
		bad.MaxActive = 0
		if err := w.engine.SetSettings(w.t.Context(), bad); kindOf(err) != app.BadInput {
			t.Errorf("%v", err)
		}
		// What could not be saved does not hold.
		w.store.SetChoicesFault(app.NewProblem(app.NoSpace, "/data", nil))
		lost := s.Settings
		lost.Down = 1_000_000
		if err := w.engine.SetSettings(w.t.Context(), lost); kindOf(err) != app.NoSpace {
			t.Errorf("%v", err)
		}
		w.store.SetChoicesFault(nil)
		if s := w.snap(); s.Down != 5_000_000 {
			t.Errorf("holds although it is not saved: %d", s.Down)
		}
		w.stop()
		w.start()
		if s := w.snap(); s.Down != 5_000_000 || !s.Settings.Window.Bits {
			t.Errorf("after a restart %+v", s.Settings)
		}
	})
}

func TestSettingsThatCannotBeReadAreTheDefaults(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.stop()
		w.store.SetChoicesFault(errors.New("damaged"))
		w.start()
		if s := w.snap(); s.Settings.MaxActive != 3 || !s.Settings.Giving.On {
			t.Errorf("%+v", s.Settings)
		}
	})
}

func TestTimetableHoldsInTime(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 4*miB, func(w *world) {
		down, up := w.withLimits(app.Limits{})
		table, _ := app.ParseTimetable("08:00,512k:128k 23:00,off")
		w.set(func(s *app.Settings) {
			s.Down = 9_000_000 // does not hold beside a timetable
			s.Timetable = table
		})
		clear(table) // the caller's own
		for _, c := range []struct {
			at       time.Duration
			down, up int64
		}{{0, 0, 0}, {8*time.Hour - time.Second, 0, 0}, {8*time.Hour + time.Minute, 512_000, 128_000},
			{23*time.Hour + time.Minute, 0, 0}, {32*time.Hour + time.Minute, 512_000, 128_000}} {
			time.Sleep(time.Until(w.begun.Add(c.at)))
			synctest.Wait()
			want := func(n int64) rate.Limit {
				if n == 0 {
					return rate.Inf
				}
				return rate.Limit(n)
			}
			if s := w.snap(); s.Down != c.down || s.Up != c.up || down.Limit() != want(c.down) || up.Limit() != want(c.up) {
				t.Errorf("after %s: %d and %d, buckets %v and %v", c.at, s.Down, s.Up, down.Limit(), up.Limit())
			}
		}
	})
}

// TestFlagsWinOverSettings: what was said for this run holds, the other
// direction is the settings'.
func TestFlagsWinOverSettings(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Down, s.Up = 5000, 6000 })
		down, up := w.withLimits(app.Limits{Down: 70_000})
		if s := w.snap(); s.Down != 70_000 || s.Up != 6000 || down.Limit() != 70_000 || up.Limit() != 6000 {
			t.Errorf("%d and %d", s.Down, s.Up)
		}
		w.set(func(s *app.Settings) { s.Down, s.Up = 8000, 9000 })
		if s := w.snap(); s.Down != 70_000 || s.Up != 9000 || s.Settings.Down != 8000 {
			t.Errorf("%d and %d", s.Down, s.Up)
		}
	})
}

// TestLimitsChangeUnderWay: a limit is felt within a moment, a looser one too,
// and nothing breaks where the buckets' sizes change.
func TestLimitsChangeUnderWay(t *testing.T) {
	inWorld(t, 256*miB, func(w *world) {
		w.withLimits(app.Limits{})
		for _, id := range []string{"a", "b", "c", "d"} {
			w.peer(id, apptest.Behaviour{Rate: 4 * miB})
		}
		o := w.accept(app.Choice{})
		rate := func(d time.Duration) float64 {
			w.t.Helper()
			time.Sleep(time.Second) // what was under way
			before := w.view(o)
			time.Sleep(d)
			v := w.view(o)
			if v.State != app.Downloading || v.Counts.Wasted != 0 {
				t.Fatalf("%s, %d bytes wasted; log %v", v.State, v.Counts.Wasted, w.log(o))
			}
			return float64(v.Have-before.Have) / d.Seconds() / miB
		}
		between := func(what string, got, low, high float64) {
			w.t.Helper()
			if got < low || got > high {
				t.Errorf("%s: %.2f MiB/s, not %.2f to %.2f", what, got, low, high)
			}
		}
		between("free", rate(2*time.Second), 14, 18)
		w.set(func(s *app.Settings) { s.Down = 2000 })
		between("2 kB/s", rate(60*time.Second), 0, 0.05)
		w.set(func(s *app.Settings) { s.Down = 0 })
		between("free again", rate(2*time.Second), 12, 18)
		w.did(w.engine.SetLimit(w.t.Context(), o.ID, 2*miB))
		// A reading is off by what four sources hold of an unfinished piece and
		// what a bucket saved up, together 1.5 MiB: 0.1 MiB/s over 15 seconds.
		between("2 MiB/s of its own", rate(15*time.Second), 1.8, 2.2)
		w.set(func(s *app.Settings) { s.Down = miB })
		between("1 MiB/s of all", rate(15*time.Second), 0.8, 1.2)
		w.set(func(s *app.Settings) { s.Down = 0 })
		w.did(w.engine.SetLimit(w.t.Context(), o.ID, 0))
		between("free at last", rate(2*time.Second), 12, 18)
		w.until(o, in(app.Done))
		w.complete(o)
	})
}

func TestLimitOfOneIsKept(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.peer("p", apptest.Behaviour{})
		o := w.accept(app.Choice{Limit: 64 * kiB})
		w.until(o, func(v *app.View) bool { return v.Limit == 64*kiB && v.State == app.Downloading })
		for _, n := range []int64{-1, 999, 1 << 60} {
			if err := w.engine.SetLimit(w.t.Context(), o.ID, n); kindOf(err) != app.BadInput {
				t.Errorf("%d: %v", n, err)
			}
		}
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		w.did(w.engine.SetLimit(w.t.Context(), o.ID, 2*miB)) // also where nothing is open
		w.restart()
		if v := w.view(o); v.Limit != 2*miB {
			t.Errorf("limit %d after a restart", v.Limit)
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		if v := w.until(o, in(app.Done)); seconds(v.Elapsed) < 7 || seconds(v.Elapsed) > 8.6 {
			t.Errorf("16 MiB at 2 MiB/s took %s", v.Elapsed)
		}
	})
}

func TestPolicyOfOneIsKept(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		o := w.accept(app.Choice{Policy: app.PolicyFast})
		w.until(o, func(v *app.View) bool { return v.Policy == app.PolicyFast && v.State == app.Downloading })
		if err := w.engine.SetPolicy(w.t.Context(), o.ID, "cheap"); kindOf(err) != app.BadInput {
			t.Errorf("another policy: %v", err)
		}
		w.restart()
		if v := w.view(o); v.Policy != app.PolicyFast {
			t.Errorf("policy %q after a restart", v.Policy)
		}
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		w.did(w.engine.SetPolicy(w.t.Context(), o.ID, app.PolicyThrifty)) // also where nothing is open
		w.restart()
		if v := w.view(o); v.Policy != app.PolicyThrifty {
			t.Errorf("policy %q after another", v.Policy)
		}
		w.did(w.engine.SetPolicy(w.t.Context(), o.ID, app.PolicyPublisher))
		if v := w.view(o); v.Policy != app.PolicyPublisher {
			t.Errorf("policy %q, taken back", v.Policy)
		}
	})
}

// TestPolicyChangesUnderWay: what the origin is asked for follows the choice
// within seconds, whether it is made for one download or for all.
func TestPolicyChangesUnderWay(t *testing.T) {
	inWorld(t, 512*miB, func(w *world) {
		w.peer("p", apptest.Behaviour{Rate: miB}) // above the usual floor
		w.origin("o", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{Policy: app.PolicyThrifty})
		origin := func() float64 {
			time.Sleep(5 * time.Second) // what was under way
			before := w.view(o)
			time.Sleep(10 * time.Second)
			v := w.view(o)
			if v.State != app.Downloading {
				t.Fatalf("%s; log %v", v.State, w.log(o))
			}
			return float64(v.Counts.Origin-before.Counts.Origin) / 10 / miB
		}
		w.until(o, func(v *app.View) bool { return v.Counts.Peers > 0 })
		// Thrifty may still send the little that a crowd is allowed beside its own.
		for _, c := range []struct {
			what      string
			change    func()
			low, high float64 // MiB/s from the origin
		}{
			{"thrifty", func() {}, 0, 1.5},
			{"fast", func() { w.did(w.engine.SetPolicy(w.t.Context(), o.ID, app.PolicyFast)) }, 3, 4.5},
			{"thrifty again", func() { w.did(w.engine.SetPolicy(w.t.Context(), o.ID, app.PolicyThrifty)) }, 0, 1.5},
			{"as the publisher asks", func() { w.did(w.engine.SetPolicy(w.t.Context(), o.ID, app.PolicyPublisher)) }, 3, 4.5},
			{"thrifty in the settings", func() { w.set(func(s *app.Settings) { s.Policy = app.PolicyThrifty }) }, 0, 1.5},
			{"as the publisher asks, in the settings", func() { w.set(func(s *app.Settings) { s.Policy = app.PolicyPublisher }) }, 3, 4.5},
		} {
			c.change()
			if got := origin(); got < c.low || got > c.high {
				t.Errorf("%s: %.2f MiB/s from the origin, not %.1f to %.1f", c.what, got, c.low, c.high)
			}
		}
	})
}
