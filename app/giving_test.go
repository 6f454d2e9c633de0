package app_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// set changes the settings, and fails where they are refused.
func (w *world) set(change func(s *app.Settings)) {
	w.t.Helper()
	s := w.snap().Settings
	change(&s)
	if err := w.engine.SetSettings(w.t.Context(), s); err != nil {
		w.t.Fatalf("settings: %v", err)
	}
}

func (w *world) snap() *app.Snapshot {
	w.t.Helper()
	s, err := w.engine.Next(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) view(o *app.Offer) app.View {
	w.t.Helper()
	v := w.snap().Transfer(o.ID)
	if v == nil {
		w.t.Fatal("the transfer is gone")
	}
	return *v
}

// did fails the test where a command failed.
func (w *world) did(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) logged(o *app.Offer, event string) bool {
	return slices.ContainsFunc(w.log(o), func(l app.LogEntry) bool { return l.Event == event })
}

// share puts the package on the list as files that were here.
func (w *world) share() *app.Offer {
	w.t.Helper()
	id := uuid.New()
	w.store.SetShared(id, w.made)
	w.did(w.store.SaveTransfer(app.Record{ID: id, Package: w.made.Package.ID, Path: "/films/film.mp4", State: app.Seeding, Order: 77}))
	got, err := w.engine.Share(w.t.Context(), app.Sharing{Described: w.made.Described(), Path: "/films/film.mp4"}, false)
	if err != nil || got != id {
		w.t.Fatalf("shared as %s, %v", got, err)
	}
	o := &app.Offer{ID: id}
	w.until(o, in(app.Seeding))
	synctest.Wait()
	return o
}

func TestSharedEnoughByTimes(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.AfterTimes, s.Giving.AfterHours = 1.5, 100 })
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Seeding))
		w.peers.Give(6*miB - 1)
		time.Sleep(time.Minute)
		if v := w.view(o); v.State != app.Seeding || v.Counts.Given != 6*miB-1 || v.Seed {
			t.Fatalf("%s after %d bytes", v.State, v.Counts.Given)
		}
		w.peers.Give(1)
		begin := time.Now()
		w.until(o, in(app.Done))
		if d := time.Since(begin); d > time.Second {
			t.Errorf("noticed after %s", d)
		}
		synctest.Wait()
		if !w.logged(o, "shared_enough") || len(w.peers.Shares()) != 0 || w.store.Payload(o.ID).IsOpen() {
			t.Error("not closed, or not told")
		}
	})
}

func TestSharedEnoughByHours(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.AfterTimes, s.Giving.AfterHours = 10, 2 })
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true})
		w.until(o, in(app.Seeding))
		begin := time.Now()
		// A restart in between does not begin the hours anew.
		time.Sleep(time.Hour)
		w.stop()
		time.Sleep(30 * time.Minute)
		w.start()
		saved, _ := w.store.LoadTransfers()
		w.did(w.engine.Restore(w.t.Context(), saved[0]))
		w.until(o, in(app.Seeding))
		w.until(o, in(app.Done))
		if d := time.Since(begin); d < 2*time.Hour || d > 2*time.Hour+time.Second {
			t.Errorf("shared for %s", d)
		}
		// Somebody who wants to give more says so.
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		w.until(o, in(app.Seeding))
		time.Sleep(3 * time.Hour)
		if v := w.view(o); v.State != app.Seeding || !v.Seed {
			t.Errorf("%s hours after it was resumed", v.State)
		}
	})
}

func TestEitherZeroEndsSharingWithTheDownload(t *testing.T) {
	for name, g := range map[string]app.Giving{
		"times": {On: true, AfterHours: 2}, "hours": {On: true, AfterTimes: 2}, "both": {On: true}} {
		inWorld(t, 4*miB, func(w *world) {
			w.set(func(s *app.Settings) { s.Giving = g })
			w.origin("o", apptest.Behaviour{})
			o := w.accept(app.Choice{After: true})
			w.until(o, func(v *app.View) bool {
				if v.State == app.Seeding {
					t.Errorf("%s: shared after the download", name)
				}
				return v.State == app.Done
			})
		})
	}
}

// TestSeedIsUntilStop: the rule is not for who said more.
func TestSeedIsUntilStop(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{After: true, Seed: true})
		w.until(o, in(app.Seeding))
		w.peers.Give(100 * miB)
		time.Sleep(5 * time.Hour)
		if v := w.view(o); v.State != app.Seeding || !v.Seed {
			t.Errorf("%s", v.State)
		}
		w.did(w.engine.StopSharing(w.t.Context(), o.ID))
		w.until(o, func(v *app.View) bool { return v.State == app.Done && !v.Seed })
		synctest.Wait()
		saved, _ := w.store.LoadTransfers()
		if r := saved[0]; r.Seed || r.After || r.State != app.Done || !w.logged(o, "sharing_stopped") {
			t.Errorf("saved as %+v", r)
		}
	})
}

func TestStopSharingWhileDownloading(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{Seed: true})
		w.until(o, func(v *app.View) bool { return v.Have > 0 })
		w.peers.Give(1000)
		time.Sleep(time.Second)
		w.did(w.engine.StopSharing(w.t.Context(), o.ID))
		synctest.Wait()
		if n := len(w.peers.Shares()); n != 0 {
			t.Errorf("%d shares after the stop", n)
		}
		v := w.until(o, in(app.Done))
		if v.Counts.Given != 1000 || v.NotGiving != "" {
			t.Errorf("given %d, not giving %q", v.Counts.Given, v.NotGiving)
		}
		if w.peers.Serves() != 1 {
			t.Errorf("served %d times", w.peers.Serves())
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID)) // he changed his mind
		w.until(o, in(app.Seeding))
		if n := len(w.peers.Shares()); n != 1 {
			t.Errorf("%d shares once it is resumed", n)
		}
	})
}

func TestStopSharingInPlaceAndShareAgain(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		if saved, _ := w.store.LoadTransfers(); saved[0].Order != 77 {
			t.Errorf("its place is %d", saved[0].Order)
		}
		if v := w.view(o); !v.Shared || !v.Seed || !v.Finished.IsZero() || v.Have != v.Size || v.Size != 4*miB {
			t.Errorf("%+v", v)
		}
		w.did(w.engine.StopSharing(w.t.Context(), o.ID))
		w.until(o, in(app.Done))
		synctest.Wait()
		got, err := w.engine.Share(w.t.Context(), app.Sharing{Described: w.made.Described(), Path: "/films/film.mp4"}, false)
		if err != nil || got != o.ID {
			t.Fatalf("shared again as %s, %v", got, err)
		}
		w.until(o, in(app.Seeding))
		if len(w.peers.Shares()) != 1 {
			t.Error("not shared again")
		}
	})
}

func TestGivingOffAndOn(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		w.set(func(s *app.Settings) { s.Giving.On = false })
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 0 })
		shared := w.share()
		for _, o := range []*app.Offer{o, shared} {
			if v := w.view(o); v.NotGiving != app.GivingOff {
				t.Errorf("%s: not giving because of %q", v.State, v.NotGiving)
			}
		}
		if w.peers.Serves() != 0 {
			t.Fatal("served although giving is off")
		}
		w.set(func(s *app.Settings) { s.Giving.On = true })
		synctest.Wait()
		if n := len(w.peers.Shares()); n != 2 {
			t.Errorf("%d shares once it is on", n)
		}
		w.peers.Give(7)
		time.Sleep(time.Second)
		w.set(func(s *app.Settings) { s.Giving.On = false })
		synctest.Wait()
		if n := len(w.peers.Shares()); n != 0 {
			t.Errorf("%d shares once it is off again", n)
		}
		w.set(func(s *app.Settings) { s.Giving.On = true })
		synctest.Wait()
		w.peers.Give(5)
		time.Sleep(time.Second)
		if v := w.view(o); v.Counts.Given != 12 || v.NotGiving != "" || v.Serving.Given != 5 {
			t.Errorf("given %d in all, %d of late", v.Counts.Given, v.Serving.Given)
		}
	})
}

// TestOffAndOnAtOnce: it is served again only when the last read has ended.
func TestOffAndOnAtOnce(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		release := w.peers.HoldStop()
		w.peers.Give(100)
		w.set(func(s *app.Settings) { s.Giving.On = false })
		w.set(func(s *app.Settings) { s.Giving.On = true })
		synctest.Wait()
		if w.peers.Serves() != 1 {
			t.Error("served while it was still being stopped")
		}
		release()
		synctest.Wait()
		time.Sleep(time.Second)
		if v := w.view(o); w.peers.Serves() != 2 || v.Counts.Given != 100 {
			t.Errorf("served %d times, given %d", w.peers.Serves(), v.Counts.Given)
		}
	})
}
