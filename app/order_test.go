package app_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
)

// order is the names of the list.
func (w *world) order() string {
	w.t.Helper()
	var names []string
	for _, v := range w.snap().Transfers {
		names = append(names, v.Name)
	}
	return strings.Join(names, "")
}

func TestMoveKeepsOverARestart(t *testing.T) {
	inCrowd(t, 5, func(w *world, o []*app.Offer) {
		for _, step := range []struct {
			who, to int
			want    string
		}{
			{4, 0, "eabcd"}, {0, 2, "ebacd"}, {1, 9, "eacdb"}, {2, -1, "ceadb"}, {2, 0, "ceadb"}, {3, 1, "cdeab"},
		} {
			w.did(w.engine.Move(w.t.Context(), o[step.who].ID, step.to))
			if got := w.order(); got != step.want {
				t.Fatalf("%d to %d: %s, want %s", step.who, step.to, got, step.want)
			}
		}
		w.restart()
		if got := w.order(); got != "cdeab" {
			t.Errorf("after a restart %s", got)
		}
	})
}

// TestMovesAtOneMoment: no room is left between neighbours, and there is no
// limit to how often one may change his mind.
func TestMovesAtOneMoment(t *testing.T) {
	inCrowd(t, 4, func(w *world, o []*app.Offer) {
		list := []int{0, 1, 2, 3}
		rng := rand.New(rand.NewPCG(1, 1))
		for range 200 {
			who, to := rng.IntN(4), rng.IntN(4)
			w.did(w.engine.Move(w.t.Context(), o[who].ID, to))
			list = slices.DeleteFunc(list, func(n int) bool { return n == who })
			list = slices.Insert(list, to, who)
		}
		want := ""
		for _, n := range list {
			want += string('a' + rune(n))
		}
		if got := w.order(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		w.restart()
		if got := w.order(); got != want {
			t.Errorf("after a restart %s, want %s", got, want)
		}
		// What comes after all that comes last, now and after a restart.
		w.accept(app.Choice{Folder: "/elsewhere"})
		synctest.Wait()
		if got := w.order(); !strings.HasPrefix(got, want) || len(got) != 5 {
			t.Errorf("with a new one %s", got)
		}
		w.restart()
		if got := w.order(); !strings.HasPrefix(got, want) || len(got) != 5 {
			t.Errorf("with a new one after a restart %s", got)
		}
	})
}

// TestMoveChangesTheQueue: who comes first starts first.
func TestMoveChangesTheQueue(t *testing.T) {
	inCrowd(t, 6, func(w *world, o []*app.Offer) {
		w.did(w.engine.Move(w.t.Context(), o[5].ID, 3))
		w.did(w.engine.Pause(w.t.Context(), o[0].ID))
		synctest.Wait()
		if v := w.view(o[5]); v.State != app.Downloading {
			t.Errorf("%s", v.State)
		}
		if v := w.view(o[3]); v.State != app.Queued {
			t.Errorf("%s", v.State)
		}
	})
}

// TestClockSetBack: what is new comes last whatever the clock says.
func TestClockSetBack(t *testing.T) {
	inCrowd(t, 1, func(w *world, o []*app.Offer) {
		w.stop()
		saved, _ := w.store.LoadTransfers()
		saved[0].Created = time.Now().Add(24 * time.Hour)
		w.start()
		w.did(w.engine.Restore(w.t.Context(), saved[0]))
		late := w.inspect()
		w.did(w.engine.Accept(w.t.Context(), late, app.Choice{Folder: "/elsewhere"}))
		if s := w.snap(); s.Transfers[0].ID != o[0].ID || s.Transfers[1].ID != late.ID {
			t.Error("the new one is not the last")
		}
		w.restart()
		if s := w.snap(); s.Transfers[0].ID != o[0].ID || s.Transfers[1].ID != late.ID {
			t.Error("nor after a restart")
		}
	})
}

// TestMovesBetweenTheSameTwo halve the room there until there is none.
func TestMovesBetweenTheSameTwo(t *testing.T) {
	inCrowd(t, 4, func(w *world, o []*app.Offer) {
		for i := range 61 {
			w.did(w.engine.Move(w.t.Context(), o[2+i%2].ID, 1))
		}
		if got := w.order(); got != "acdb" {
			t.Errorf("%s", got)
		}
		w.restart()
		if got := w.order(); got != "acdb" {
			t.Errorf("after a restart %s", got)
		}
		saved, _ := w.store.LoadTransfers()
		for i, r := range saved[1:] {
			if place(saved[i]) >= place(r) {
				t.Errorf("%s and %s are at %d and %d", saved[i].Name, r.Name, place(saved[i]), place(r))
			}
		}
	})
}

func place(r app.Record) int64 {
	if r.Order != 0 {
		return r.Order
	}
	return r.Created.UnixMicro()
}

// TestRestoredInAnyOrder: places count, not who came first.
func TestRestoredInAnyOrder(t *testing.T) {
	inCrowd(t, 3, func(w *world, o []*app.Offer) {
		w.did(w.engine.Move(w.t.Context(), o[2].ID, 0))
		w.stop()
		w.start()
		saved, _ := w.store.LoadTransfers()
		slices.Reverse(saved)
		for _, r := range saved {
			w.did(w.engine.Restore(w.t.Context(), r))
		}
		if got := w.order(); got != "cab" {
			t.Errorf("%s", got)
		}
	})
}

// TestMovedToTheEndIsBeforeWhatComes at the same moment.
func TestMovedToTheEndIsBeforeWhatComes(t *testing.T) {
	inCrowd(t, 3, func(w *world, o []*app.Offer) {
		w.did(w.engine.Move(w.t.Context(), o[0].ID, 2))
		w.did(w.engine.Move(w.t.Context(), o[1].ID, 2))
		w.accept(app.Choice{Folder: "/elsewhere"})
		time.Sleep(time.Second)
		w.restart()
		if got := w.order(); got != "cabc" {
			t.Errorf("%s", got)
		}
	})
}
