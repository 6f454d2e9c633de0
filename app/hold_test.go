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

// inCrowd runs f in a bubble with n packages that nobody has, accepted a
// second apart.
func inCrowd(t *testing.T, n int, f func(w *world, offers []*app.Offer)) {
	t.Helper()
	var made []*apptest.Made
	for i := range n {
		name := string('a' + rune(i))
		made = append(made, apptest.Package(t, apptest.Options{Seed: uint64(i), Name: name,
			Sizes: map[string]int64{name + ".bin": 4 * miB}}))
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, all: made, store: apptest.NewStore(), begun: time.Now(),
			peers: apptest.NewNet(made), servers: apptest.NewNet(made)}
		w.start()
		defer func() { w.stop() }()
		var offers []*app.Offer
		for _, m := range made {
			w.made = m
			offers = append(offers, w.accept(app.Choice{}))
			time.Sleep(time.Second)
		}
		f(w, offers)
	})
}

// states are those of the list, in its order.
func (w *world) states() (out []app.State) {
	w.t.Helper()
	for _, v := range w.snap().Transfers {
		out = append(out, v.State)
	}
	return out
}

// restart ends the engine and starts another with what is saved.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
	saved, err := w.store.LoadTransfers()
	w.did(err)
	for _, r := range saved {
		w.did(w.engine.Restore(w.t.Context(), r))
	}
	synctest.Wait()
}

func TestHoldAndGoOn(t *testing.T) {
	inCrowd(t, 5, func(w *world, o []*app.Offer) {
		ctx := w.t.Context()
		w.did(w.engine.Pause(ctx, o[0].ID))
		w.did(w.engine.PauseAll(ctx))
		synctest.Wait()
		p := app.Paused
		if s := w.snap(); s.Held != 4 || !slices.Equal(w.states(), []app.State{p, p, p, p, p}) {
			t.Fatalf("%d held of %v", s.Held, w.states())
		}
		w.restart()
		if s := w.snap(); s.Held != 4 || !slices.Equal(w.states(), []app.State{p, p, p, p, p}) {
			t.Fatalf("after a restart %d held of %v", s.Held, w.states())
		}
		// What somebody touches by itself is no longer among them.
		w.did(w.engine.Pause(ctx, o[1].ID))
		w.did(w.engine.Resume(ctx, o[2].ID))
		if s := w.snap(); s.Held != 2 {
			t.Errorf("%d held after one was paused and one resumed", s.Held)
		}
		w.did(w.engine.ResumeAll(ctx))
		synctest.Wait()
		d := app.Downloading
		if s := w.snap(); s.Held != 0 || !slices.Equal(w.states(), []app.State{p, p, d, d, d}) {
			t.Errorf("%d held of %v", s.Held, w.states())
		}
		w.did(w.engine.ResumeAll(ctx)) // nothing is left to do
		if !slices.Equal(w.states(), []app.State{p, p, d, d, d}) {
			t.Errorf("the second time %v", w.states())
		}
		w.restart()
		if !slices.Equal(w.states(), []app.State{p, p, d, d, d}) {
			t.Errorf("after a restart %v", w.states())
		}
	})
}

func TestHoldSharesTooAndLeavesOffers(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		shared, offer := w.share(), w.inspect()
		w.did(w.engine.PauseAll(w.t.Context()))
		synctest.Wait()
		if w.view(shared).State != app.Paused || w.view(offer).State != app.Offered || len(w.peers.Shares()) != 0 {
			t.Errorf("%v, %d shares", w.states(), len(w.peers.Shares()))
		}
		w.did(w.engine.ResumeAll(w.t.Context()))
		w.until(shared, in(app.Seeding))
		if len(w.peers.Shares()) != 1 || w.view(offer).State != app.Offered {
			t.Errorf("%v, %d shares", w.states(), len(w.peers.Shares()))
		}
	})
}

func TestFewerAtATimeHoldsAtOnce(t *testing.T) {
	inCrowd(t, 4, func(w *world, o []*app.Offer) {
		d, q := app.Downloading, app.Queued
		if !slices.Equal(w.states(), []app.State{d, d, d, q}) {
			t.Fatalf("%v", w.states())
		}
		w.set(func(s *app.Settings) { s.MaxActive = 1 })
		synctest.Wait()
		if !slices.Equal(w.states(), []app.State{d, q, q, q}) || w.store.Payload(o[2].ID).IsOpen() {
			t.Errorf("%v", w.states())
		}
		w.set(func(s *app.Settings) { s.MaxActive = 4 })
		synctest.Wait()
		if !slices.Equal(w.states(), []app.State{d, d, d, d}) {
			t.Errorf("%v", w.states())
		}
	})
}

func TestRemoveWaitsUntilNothingIsOpen(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 0 })
		p := w.store.Payload(o.ID)
		release := w.peers.HoldStop()
		removed := make(chan error, 2)
		for range 2 { // whoever asks twice is answered twice
			go func() { removed <- w.engine.Remove(w.t.Context(), o.ID) }()
		}
		time.Sleep(time.Minute)
		select {
		case err := <-removed:
			t.Fatalf("removed while a peer still reads: %v", err)
		default:
		}
		if !p.IsOpen() {
			t.Error("closed while a peer still reads")
		}
		release()
		for range 2 {
			if err := <-removed; err != nil || p.IsOpen() {
				t.Errorf("%v, open %v", err, p.IsOpen())
			}
		}
		if n := len(w.snap().Transfers); n != 0 {
			t.Errorf("%d rows left", n)
		}
		if err := w.engine.Remove(w.t.Context(), o.ID); kindOf(err) != app.BadInput {
			t.Errorf("removed again: %v", err)
		}
	})
}

func TestCommandsOnWhatIsNotThere(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		ctx, id := w.t.Context(), uuid.New()
		_, detail := w.engine.Detail(ctx, id)
		for name, err := range map[string]error{
			"move": w.engine.Move(ctx, id, 0), "limit": w.engine.SetLimit(ctx, id, 0),
			"policy":       w.engine.SetPolicy(ctx, id, app.PolicyFast),
			"stop sharing": w.engine.StopSharing(ctx, id), "detail": detail,
			"scout": w.engine.Scout(ctx, &app.Offer{ID: id, Described: w.made.Described()}, func(app.Outlook) {}),
		} {
			if kindOf(err) != app.BadInput {
				t.Errorf("%s: %v", name, err)
			}
		}
		// An offer is no transfer yet.
		o := w.inspect()
		if err := w.engine.SetLimit(ctx, o.ID, 5000); kindOf(err) != app.BadInput {
			t.Errorf("limit of an offer: %v", err)
		}
		if err := w.engine.SetPolicy(ctx, o.ID, app.PolicyFast); kindOf(err) != app.BadInput {
			t.Errorf("policy of an offer: %v", err)
		}
		if err := w.engine.StopSharing(ctx, o.ID); err != nil || w.view(o).State != app.Offered {
			t.Errorf("stop sharing an offer: %v", err)
		}
		for _, selected := range [][]int{{}, {-1}, {1}} {
			if err := w.engine.Accept(ctx, o, app.Choice{Folder: "/f", Selected: selected}); kindOf(err) != app.BadInput {
				t.Errorf("selected %v: %v", selected, err)
			}
		}
	})
}
