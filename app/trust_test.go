package app_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func kindOf(err error) app.ProblemKind {
	if p := app.AsProblem(err); p != nil {
		return p.Kind
	}
	return ""
}

func TestInspectFetchesAndVerifies(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		link := pack.Link{ID: w.made.Package.ID, Publisher: w.made.Package.Manifest.Publisher}
		o, err := w.engine.Inspect(w.t.Context(), app.Lead{Link: link})
		if err != nil {
			t.Fatal(err)
		}
		if o.Package.ID != link.ID || o.Publisher.Packages != 0 {
			t.Errorf("offer of %s by somebody seen %d times", o.Package.ID, o.Publisher.Packages)
		}
		if err := w.engine.Accept(w.t.Context(), o, app.Choice{Folder: "/f"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		again, err := w.engine.Inspect(w.t.Context(), app.Lead{Link: link})
		if err != nil || again.Publisher.Packages != 1 {
			t.Errorf("the second time the publisher was seen %+v, %v", again.Publisher, err)
		}
		// The same target twice would be two transfers writing one file.
		if err := w.engine.Accept(w.t.Context(), again, app.Choice{Folder: "/f"}); kindOf(err) != app.TargetExists {
			t.Errorf("a second transfer to the same target: %v", err)
		}
	})
}

func TestInspectRefuses(t *testing.T) {
	other := apptest.Package(t, apptest.Options{Seed: 9})
	// A bubble begins on 1 January 2000; a program built in 2026 knows better.
	old := apptest.Package(t, apptest.Options{Expires: time.Date(2001, 12, 1, 0, 0, 0, 0, time.UTC),
		Change: func(m *pack.Manifest) { m.Created = time.Date(2001, 11, 1, 0, 0, 0, 0, time.UTC) }})
	inWorld(t, miB, func(w *world) {
		altered := append([]byte(nil), w.made.Grove...)
		altered[len(altered)-10] ^= 1
		key := other.Package.Manifest.Publisher
		for name, c := range map[string]struct {
			lead app.Lead
			want app.ProblemKind
		}{
			"altered":         {app.Lead{Grove: altered}, app.BadSignature},
			"other package":   {app.Lead{Grove: w.made.Grove, Link: pack.Link{ID: other.Package.ID}}, app.WrongPackage},
			"other publisher": {app.Lead{Grove: w.made.Grove, Link: pack.Link{ID: w.made.Package.ID, Publisher: key}}, app.WrongPackage},
			"expired":         {app.Lead{Grove: old.Grove, Hashes: old.List}, app.Expired},
			"unknown":         {app.Lead{Link: pack.Link{ID: other.Package.ID}}, app.WrongPackage},
		} {
			if _, err := w.engine.Inspect(w.t.Context(), c.lead); kindOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		s, err := w.engine.Next(w.t.Context(), 0)
		if err != nil || len(s.Transfers) != 0 {
			t.Errorf("refused leads left %d rows, %v", len(s.Transfers), err)
		}
	})
}

func TestInspectUsesTheHashListOfAnotherWhenOneIsWrong(t *testing.T) {
	other := apptest.Package(t, apptest.Options{Seed: 9})
	inWorld(t, miB, func(w *world) {
		o, err := w.engine.Inspect(w.t.Context(), app.Lead{Grove: w.made.Grove, Hashes: other.List})
		if err != nil || len(o.Hashes) != len(w.made.List) {
			t.Errorf("%v", err)
		}
	})
}

func TestInspectSaysWhenNobodyAnswers(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		gone := app.NewProblem(app.NoSource, "x", nil)
		w.peers.SetDescribe(gone)
		w.servers.SetDescribe(errors.New("connection refused"))
		_, err := w.engine.Inspect(w.t.Context(), app.Lead{Link: pack.Link{ID: w.made.Package.ID}})
		if kindOf(err) != app.NoSource {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithCancel(w.t.Context())
		cancel()
		if _, err := w.engine.Inspect(ctx, app.Lead{Link: pack.Link{ID: w.made.Package.ID}}); err == nil {
			t.Error("an offer after the user gave up")
		}
	})
}

func TestDiskTroubleStopsAndLosesNothing(t *testing.T) {
	for _, kind := range []app.ProblemKind{app.ReadOnly, app.DiskFault} {
		inWorld(t, 16*miB, func(w *world) {
			w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
			o := w.accept(app.Choice{})
			w.until(o, func(v *app.View) bool { return v.Have > 4*miB })
			w.store.SetFault(app.NewProblem(kind, "/downloads", nil))
			v := w.until(o, in(app.Failed))
			if v.Problem.Kind != kind {
				t.Errorf("problem %v", v.Problem)
			}
			w.store.SetFault(nil)
			synctest.Wait()
			if err := w.engine.Resume(w.t.Context(), o.ID); err != nil {
				t.Fatal(err)
			}
			w.until(o, in(app.Done))
			w.complete(o)
		})
	}
}

func TestGoesOnByItselfWhenTheDiskHasRoomAgain(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		w.store.SetFree(10 * miB)
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Failed))
		if v.Problem.Kind != app.NoSpace {
			t.Fatalf("problem %v", v.Problem)
		}
		time.Sleep(time.Minute)
		w.store.SetFree(17 * miB)
		begin := time.Now()
		w.until(o, in(app.Done))
		w.complete(o)
		if d := time.Since(begin); d > 20*time.Second {
			t.Errorf("noticed the room after %s", d-8*time.Second)
		}
	})
}

func TestSpoiledPiecesAreFetchedAgainAfterARecheck(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 8*miB })
		w.stop()
		saved, _ := w.store.LoadTransfers()
		p := w.store.Payload(o.ID)
		for i := range w.made.Pieces() {
			if p.Piece(i) != nil {
				p.Spoil(i)
				break
			}
		}
		w.start()
		if err := w.engine.Restore(w.t.Context(), saved[0]); err != nil {
			t.Fatal(err)
		}
		w.until(o, in(app.Downloading))
		if d := w.detail(o); d.FileHave(0) != d.Have {
			t.Errorf("the file has %d bytes, the list says %d", d.FileHave(0), d.Have)
		}
		v := w.until(o, in(app.Done))
		w.complete(o)
		if again := v.Counts.Origin - v.Size; again != pack.MinPiece {
			t.Errorf("%d bytes were fetched twice, one piece was wrong", again)
		}
	})
}

func TestSharesWhatItHasWhileItDownloads(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 4*miB })
		shares := w.peers.Shares()
		if len(shares) != 1 {
			t.Fatalf("%d shares", len(shares))
		}
		have, _ := shares[0].Have.Snapshot()
		if have.Count() == 0 || have.Full() {
			t.Errorf("offers %d pieces", have.Count())
		}
		b := make([]byte, pack.MinPiece)
		have.Each(func(i int) bool {
			if err := shares[0].Pieces.ReadPiece(i, b, 0); err != nil || !w.made.Hashes.Matches(i, b) {
				t.Errorf("piece %d: %v", i, err)
			}
			return true
		})
		w.until(o, in(app.Done))
		synctest.Wait()
		if n := len(w.peers.Shares()); n != 0 {
			t.Errorf("still shares %d packages when done", n)
		}
	})
}

func TestNoShareGivesNothing(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		o := w.accept(app.Choice{NoShare: true, Seed: true})
		w.until(o, func(v *app.View) bool { return v.Have > 4*miB })
		if n := len(w.peers.Shares()); n != 0 {
			t.Errorf("shares %d packages", n)
		}
		w.until(o, in(app.Done))
	})
}

func TestSharedFileThatChangesIsNoLongerShared(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		id := uuid.New()
		w.store.SetShared(id, w.made)
		rec := app.Record{ID: id, Package: w.made.Package.ID, Path: "/films/film.mp4", State: app.Seeding}
		if err := w.store.SaveTransfer(rec); err != nil {
			t.Fatal(err)
		}
		// Sharing the same path again is the same transfer.
		got, err := w.engine.Share(w.t.Context(), app.Sharing{Described: w.made.Described(), Path: "/films/film.mp4"}, true)
		if err != nil || got != id {
			t.Fatalf("shared as %s, %v", got, err)
		}
		o := &app.Offer{ID: id}
		w.until(o, in(app.Seeding))
		share := w.peers.Shares()[0]
		w.store.Payload(id).SetChanged(app.NewProblem(app.FileChanged, "/films/film.mp4", nil))
		if err := share.Pieces.ReadPiece(0, make([]byte, 10), 0); kindOf(err) != app.FileChanged {
			t.Errorf("read: %v", err)
		}
		v := w.until(o, in(app.Failed))
		if v.Problem.Kind != app.FileChanged {
			t.Errorf("problem %v", v.Problem)
		}
		synctest.Wait()
		if len(w.peers.Shares()) != 0 {
			t.Error("still shared")
		}
	})
}

func TestSelectedFilesOnly(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a.bin": 4 * miB, "b.bin": 4 * miB, "c.bin": 4*miB + 5}})
	inWorldOf(t, made, func(w *world) {
		w.peer("p", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{Selected: []int{0, 2}})
		v := w.until(o, in(app.Done))
		if v.Size != 8*miB+5 || v.Counts.Peers != v.Size {
			t.Errorf("size %d, from peers %d", v.Size, v.Counts.Peers)
		}
		first, end := made.Package.Layout.FilePieces(1)
		for i := first; i < end; i++ {
			if w.store.Payload(o.ID).Piece(i) != nil {
				t.Errorf("piece %d was not selected", i)
			}
		}
	})
}

func TestModesAskOnlyWhomTheUserAllowed(t *testing.T) {
	for mode, want := range map[app.Mode][2]bool{
		app.ModePeersOnly: {true, false}, app.ModeOriginOnly: {false, true}, app.ModeAll: {true, true}} {
		inWorld(t, 8*miB, func(w *world) {
			p := w.peer("p", apptest.Behaviour{Rate: 2 * miB})
			s := w.origin("o", apptest.Behaviour{Rate: 2 * miB})
			o, err := w.engine.Inspect(w.t.Context(), app.Lead{Grove: w.made.Grove, Hashes: w.made.List, Mode: mode})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.engine.Accept(w.t.Context(), o, app.Choice{Folder: "/f"}); err != nil {
				t.Fatal(err)
			}
			w.until(o, in(app.Done))
			if got := [2]bool{p.Sent() > 0, s.Sent() > 0}; got != want {
				t.Errorf("mode %d asked %v", mode, got)
			}
		})
	}
}

func TestLimitHolds(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.peer("p", apptest.Behaviour{})
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{Limit: 2 * miB})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if s := seconds(v.Elapsed); s < 7.5 || s > 8.6 {
			t.Errorf("16 MiB at 2 MiB/s took %.2f s", s)
		}
	})
}

func TestRemoveLeavesNothingBehind(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 0 })
		if err := w.engine.Remove(w.t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		w.stop()
		if saved, _ := w.store.LoadTransfers(); len(saved) != 0 || w.store.Payload(o.ID) != nil {
			t.Errorf("%d records left", len(saved))
		}
	})
}

func TestStoppedEngineAnswers(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		w.stop()
		if err := w.engine.Pause(w.t.Context(), uuid.New()); kindOf(err) != app.Stopped {
			t.Errorf("%v", err)
		}
		if _, err := w.engine.Next(w.t.Context(), 0); kindOf(err) != app.Stopped {
			t.Errorf("%v", err)
		}
	})
}
