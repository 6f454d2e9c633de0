package app_test

import (
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// three are transfers of every kind that gives: shared in place, complete and
// shared by the rule, and under way without anybody to get from.
func (w *world) three(other *apptest.Made) (own, rule, under *app.Offer) {
	w.t.Helper()
	own = w.share()
	o := w.origin("o", apptest.Behaviour{})
	rule = w.accept(app.Choice{After: true})
	w.until(rule, in(app.Seeding))
	w.servers.Remove(o, nil)
	under, err := w.engine.Inspect(w.t.Context(), app.Lead{Grove: other.Grove, Hashes: other.List})
	w.did(err)
	w.did(w.engine.Accept(w.t.Context(), under, app.Choice{Folder: "/downloads"}))
	w.until(under, in(app.Downloading))
	synctest.Wait()
	return own, rule, under
}

func (w *world) reasons(all ...*app.Offer) (out [3]app.NotGiving) {
	w.t.Helper()
	for i, o := range all {
		out[i] = w.view(o).NotGiving
	}
	return out
}

func TestSpentBudgetSparesWhatIsSharedInPlace(t *testing.T) {
	inZone(t, -5) // a bubble begins on 31 December 1999, at 19:00
	other := apptest.Package(t, apptest.Options{Seed: 5, Sizes: map[string]int64{"other.bin": miB}})
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.Budget, s.Giving.AfterTimes, s.Giving.AfterHours = 3000, 1000, 4 })
		own, rule, under := w.three(other)
		if n := len(w.peers.Shares()); n != 3 {
			t.Fatalf("%d shares at first", n)
		}
		w.peers.Give(999)
		time.Sleep(time.Second)
		if m := w.snap().Month; m.Given != 2997 || m.Spent() || m.Left() != 3 || len(w.peers.Shares()) != 3 {
			t.Fatalf("%+v, %d shares", m, len(w.peers.Shares()))
		}
		w.peers.Give(1)
		time.Sleep(time.Second)
		synctest.Wait()
		if m := w.snap().Month; m.Given != 3000 || !m.Spent() || m.Left() != 0 {
			t.Errorf("%+v", m)
		}
		if r := w.reasons(own, rule, under); r != [3]app.NotGiving{"", app.GivingOverspent, app.GivingOverspent} {
			t.Errorf("not giving because of %q", r)
		}
		if s := w.peers.Shares(); len(s) != 1 || s[0].Package.ID != w.made.Package.ID {
			t.Errorf("%d shares", len(s))
		}
		w.peers.Give(50) // by what is shared in place; it counts
		time.Sleep(time.Second)
		if m := w.snap().Month; m.Given != 3050 {
			t.Errorf("given %d", m.Given)
		}

		// A larger budget holds at once.
		w.set(func(s *app.Settings) { s.Giving.Budget = 4000 })
		if n := len(w.peers.Shares()); n != 3 {
			t.Errorf("%d shares with a larger budget", n)
		}
		w.set(func(s *app.Settings) { s.Giving.Budget = 3050 })
		synctest.Wait()
		if n := len(w.peers.Shares()); n != 1 {
			t.Errorf("%d shares with a smaller budget", n)
		}

		// The rule's end is its end, given or not.
		time.Sleep(3*time.Hour + 30*time.Minute)
		w.until(rule, in(app.Done))
		if d := time.Since(w.begun); d < 4*time.Hour || d > 4*time.Hour+time.Minute {
			t.Errorf("done after %s", d)
		}
		// The new year begins at midnight here, five hours after the bubble.
		time.Sleep(time.Until(w.begun.Add(5*time.Hour + time.Second)))
		synctest.Wait()
		if m := w.snap().Month; m.Given != 0 || m.Spent() {
			t.Errorf("in the new month %+v", m)
		}
		if r := w.reasons(own, under); len(w.peers.Shares()) != 2 || r != [3]app.NotGiving{} {
			t.Errorf("%d shares in the new month, %q", len(w.peers.Shares()), r)
		}
	})
}

// TestSpentStaysSpentOverARestart: the ledger knows.
func TestSpentStaysSpentOverARestart(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.Budget = 100 })
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{Seed: true})
		w.until(o, in(app.Seeding))
		synctest.Wait()
		w.peers.Give(100)
		time.Sleep(time.Second)
		w.stop()
		serves := w.peers.Serves()
		w.start()
		saved, _ := w.store.LoadTransfers()
		w.did(w.engine.Restore(w.t.Context(), saved[0]))
		v := w.until(o, in(app.Seeding))
		if v.NotGiving != app.GivingOverspent || w.peers.Serves() != serves {
			t.Errorf("not giving because of %q, served %d times", v.NotGiving, w.peers.Serves()-serves)
		}
	})
}

// TestMonthTurnsWhileIdle: the budget of an engine with nothing to do is that
// of the new month.
func TestMonthTurnsWhileIdle(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		w.peers.Give(77)
		time.Sleep(time.Second)
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		time.Sleep(31 * 24 * time.Hour)
		if m := w.snap().Month; m.Given != 0 {
			t.Errorf("given %d in February", m.Given)
		}
	})
}

// TestLocalNetworkIsNotOfTheMonth: the budget is about the line.
func TestLocalNetworkIsNotOfTheMonth(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.Budget, s.Giving.AfterTimes = 3000, 1000 })
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Seeding))
		synctest.Wait()
		w.peers.GiveTo(app.NearLAN, 5000)
		w.peers.GiveTo(app.NearNet, 700)
		w.peers.GiveTo(app.NearFar, 80)
		time.Sleep(time.Second)
		if m := w.snap().Month; m.Given != 780 {
			t.Errorf("%d bytes in the month", m.Given)
		}
		if c := w.view(o).Counts; c.Given != 5780 || c.GivenLAN != 5000 || c.GivenNear != 700 || c.GivenFar() != 80 || c.Out() != 780 {
			t.Errorf("%+v", c)
		}
		w.stop()
		rows, _ := w.store.LoadLedger("", "9")
		if len(rows) != 1 || rows[0].GivenLAN != 5000 || rows[0].GivenNear != 700 || rows[0].Given != 5780 {
			t.Errorf("%+v", rows)
		}
	})
}

// TestPublishersBudget: it holds for his packages, and a larger one at once.
func TestPublishersBudget(t *testing.T) {
	other := apptest.Package(t, apptest.Options{Seed: 5, Sizes: map[string]int64{"other.bin": miB}})
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.AfterTimes, s.Giving.AfterHours = 1000, 4 })
		own, rule, under := w.three(other)
		key := w.made.Package.Manifest.Publisher
		if other.Package.Manifest.Publisher == key {
			t.Fatal("both are of one publisher")
		}
		if err := w.engine.SetPublisherBudget(w.t.Context(), key, -1); kindOf(err) != app.BadInput {
			t.Errorf("%v", err)
		}
		w.did(w.engine.SetPublisherBudget(w.t.Context(), key, 1000))
		w.peers.Give(600) // of his twice: what is shared in place counts too
		time.Sleep(time.Second)
		if r := w.reasons(own, rule, under); r != [3]app.NotGiving{"", app.GivingPublisher, ""} {
			t.Errorf("not giving because of %q", r)
		}
		if v := w.view(rule); v.Publisher.Budget != 1000 || v.Publisher.Given != 1200 || v.Publisher.Packages == 0 {
			t.Errorf("%+v", v.Publisher)
		}
		if all, err := w.engine.Publishers(w.t.Context()); err != nil || len(all) == 0 || all[0].Given+all[len(all)-1].Given != 1800 {
			t.Errorf("%+v, %v", all, err)
		}
		w.did(w.engine.SetPublisherBudget(w.t.Context(), key, 2000))
		if r := w.reasons(own, rule, under); r != [3]app.NotGiving{} || len(w.peers.Shares()) != 3 {
			t.Errorf("with a larger budget %q", r)
		}
	})
}

// TestCrashForgetsNothingGiven: the record may be hours old, the account is not.
func TestCrashForgetsNothingGiven(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.AfterTimes, s.Giving.AfterHours = 1, 100 })
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Seeding))
		synctest.Wait()
		for range 16 {
			w.peers.Give(256*kiB - 1)
		}
		crashed := w.stop
		defer crashed()
		saved, _ := w.store.LoadTransfers() // as a kill leaves it
		if g := saved[0].Counts.Given; g != 0 {
			t.Fatalf("the record knows of %d bytes", g)
		}
		w.start()
		w.did(w.engine.Restore(w.t.Context(), saved[0]))
		v := w.until(o, func(v *app.View) bool { return v.State == app.Seeding || v.State == app.Done })
		if g := v.Counts.Given; g < 16*(256*kiB-1) || g > 4*miB {
			t.Errorf("%d bytes given before the crash", g)
		}
		if m := w.snap().Month; m.Given < 16*(256*kiB-1) {
			t.Errorf("%d bytes in the month", m.Given)
		}
	})
}
