package app_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func (w *world) detail(o *app.Offer) *app.Detail {
	w.t.Helper()
	d, err := w.engine.Detail(w.t.Context(), o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// states counts the pieces of a detail.
func pieceCounts(d *app.Detail) map[app.PieceState]int {
	n := map[app.PieceState]int{}
	for _, p := range d.Pieces {
		n[p]++
	}
	return n
}

func TestDetailKnowsWhoBroughtWhat(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a.bin": 8 * miB, "b.bin": 4 * miB}})
	inWorldOf(t, made, func(w *world) {
		pieces := made.Pieces()
		half := app.NewBitmap(pieces)
		for i := range 8 {
			half.Set(i)
		}
		o := w.inspect()
		if d := w.detail(o); len(d.Pieces) != pieces || pieceCounts(d)[app.PieceMissing] != pieces || d.Desc == nil {
			t.Errorf("of an offer: %v", pieceCounts(d))
		}
		w.peer("p", apptest.Behaviour{Have: half})
		w.did(w.engine.Accept(w.t.Context(), o, app.Choice{Folder: "/f", Selected: []int{0}}))
		w.until(o, func(v *app.View) bool { return v.Have == 8*pack.MinPiece })
		d := w.detail(o)
		if n := pieceCounts(d); n[app.PieceFromPeer] != 8 || n[app.PieceMissing] != 24 || n[app.PieceSkipped] != 16 {
			t.Errorf("from a peer with a part: %v", n)
		}
		if d.FileHave(0) != 8*pack.MinPiece || d.FileHave(1) != 0 {
			t.Errorf("files have %d and %d", d.FileHave(0), d.FileHave(1))
		}
		s := w.origin("o", apptest.Behaviour{Rate: miB})
		time.Sleep(time.Second)
		if n := pieceCounts(w.detail(o)); n[app.PieceAsked] == 0 || n[app.PieceFromOrigin] == 0 {
			t.Errorf("while the origin sends: %v", n)
		}
		// What is verified stays known over a pause, and is "before" after a restart.
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		synctest.Wait()
		paused := pieceCounts(w.detail(o))
		if paused[app.PieceFromPeer] != 8 || paused[app.PieceFromOrigin] == 0 || paused[app.PieceAsked] != 0 {
			t.Errorf("paused: %v", paused)
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		w.until(o, in(app.Downloading))
		if n := pieceCounts(w.detail(o)); n[app.PieceFromPeer] != 8 || n[app.PieceBefore] != 0 {
			t.Errorf("resumed: %v", n)
		}
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		have := w.view(o).Have
		w.restart()
		if d := w.detail(o); d.Desc != nil || d.Pieces != nil || d.Have != have || d.FileHave(0) != 0 {
			t.Errorf("not opened in this run: %d pieces, %d bytes of %d", len(d.Pieces), d.Have, have)
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		w.until(o, in(app.Downloading))
		s.Stall()
		if n := pieceCounts(w.detail(o)); int64(n[app.PieceBefore])*pack.MinPiece != have || n[app.PieceSkipped] != 16 {
			t.Errorf("after a restart %v of %d bytes", n, have)
		}
		s.Resume()
		w.until(o, in(app.Done))
		if n := pieceCounts(w.detail(o)); n[app.PieceSkipped] != 16 || n[app.PieceMissing]+n[app.PieceAsked]+n[app.PieceWrong] != 0 {
			t.Errorf("done: %v", n)
		}
	})
}

func TestDetailShowsWrongPiecesUntilTheyAreRight(t *testing.T) {
	inWorld(t, 2*miB, func(w *world) {
		w.peer("liar", apptest.Behaviour{WrongPieces: map[int]bool{3: true}})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Counts.Wasted > 0 })
		synctest.Wait()
		if d := w.detail(o); d.Pieces[3] != app.PieceWrong || pieceCounts(d)[app.PieceWrong] != 1 {
			t.Errorf("%v", d.Pieces)
		}
		w.origin("o", apptest.Behaviour{})
		w.until(o, in(app.Done))
		if d := w.detail(o); d.Pieces[3] != app.PieceFromOrigin || pieceCounts(d)[app.PieceWrong] != 0 {
			t.Errorf("%v", d.Pieces)
		}
	})
}

func TestDetailHistoryIsASampleASecond(t *testing.T) {
	inWorld(t, 600*miB, func(w *world) {
		o := w.accept(app.Choice{Seed: true})
		time.Sleep(time.Minute)
		if n := len(w.detail(o).History); n != 0 {
			t.Errorf("%d samples of nothing", n)
		}
		w.origin("o", apptest.Behaviour{Rate: miB})
		w.peer("p", apptest.Behaviour{Rate: miB})
		time.Sleep(10*time.Second + 100*time.Millisecond)
		h := w.detail(o).History
		if len(h) != 10 {
			t.Fatalf("%d samples in 10 s", len(h))
		}
		for i, s := range h[1:] {
			if s.Peers < 0.9*miB || s.Peers > 1.1*miB || s.Origin < 0.9*miB || s.Origin > 1.1*miB || s.Given != 0 {
				t.Errorf("second %d: %+v", i+1, s)
			}
		}
		w.peers.Give(5000)
		time.Sleep(2 * time.Second)
		h = w.detail(o).History
		if !slices.ContainsFunc(h[10:], func(s app.Sample) bool { return s.Given == 5000 }) {
			t.Errorf("given does not show: %+v", h[10:])
		}
		v := w.until(o, in(app.Seeding))
		if h = w.detail(o).History; len(h) != app.HistoryLength || h[0].Origin == 0 || v.Elapsed < 4*time.Minute {
			t.Errorf("%d samples after %s", len(h), v.Elapsed)
		}
		time.Sleep(3500 * time.Millisecond)
		h = w.detail(o).History
		if last := h[len(h)-3:]; len(h) != app.HistoryLength || slices.Max([]float64{last[0].Origin, last[1].Origin, last[2].Origin}) != 0 || h[0].Origin == 0 {
			t.Errorf("the newest are not the last: %+v", last)
		}
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		synctest.Wait()
		if n := len(w.detail(o).History); n != app.HistoryLength {
			t.Errorf("%d samples once it is closed", n)
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		w.until(o, in(app.Seeding))
		if n := len(w.detail(o).History); n != 0 {
			t.Errorf("%d samples after it was opened anew", n)
		}
	})
}

func TestDetailPeersAndLog(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		link := pack.Link{ID: w.made.Package.ID, Peers: []string{"/ip4/1.2.3.4/tcp/5"}, Secret: []byte("0123456789abcdef")}
		o, err := w.engine.Inspect(w.t.Context(), app.Lead{Link: link})
		w.did(err)
		if d := w.detail(o); !slices.Equal(d.Peers, link.Peers) || !d.Private {
			t.Errorf("of an offer: %v, private %v", d.Peers, d.Private)
		}
		w.did(w.engine.Accept(w.t.Context(), o, app.Choice{Folder: "/f"}))
		synctest.Wait()
		if d := w.detail(o); !slices.Equal(d.Peers, link.Peers) || !d.Private {
			t.Errorf("of a transfer: %v, private %v", d.Peers, d.Private)
		}
		log, err := w.engine.Log(w.t.Context(), o.ID)
		if err != nil || len(log) < 2 || log[0].Event != "accepted" {
			t.Errorf("%v, %v", log, err)
		}
	})
}

// TestListIsRightAfterARestart: nothing is opened to show a list.
func TestListIsRightAfterARestart(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Name: "Films", Expires: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC),
		Poster: []byte("picture"), Sizes: map[string]int64{"a.bin": 8 * miB, "b.bin": 4 * miB, "c.bin": 5}})
	inWorldOf(t, made, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{Selected: []int{0, 2}, Limit: 4 * miB})
		w.until(o, func(v *app.View) bool { return v.Have > 3*miB })
		w.did(w.engine.Pause(w.t.Context(), o.ID))
		synctest.Wait()
		before := w.view(o)
		if before.Size != 8*miB+5 || before.Files != 2 || before.Poster == nil || before.Created.IsZero() ||
			!before.Expires.Equal(made.Package.Manifest.Expires) || before.Shared || before.Private || before.Limit != 4*miB {
			t.Errorf("%+v", before)
		}
		w.restart()
		after := w.view(o)
		if after.Name != "Films" || after.Size != before.Size || after.Have != before.Have || after.Files != 2 ||
			after.Publisher != before.Publisher || !after.Expires.Equal(before.Expires) || !after.Created.Equal(before.Created) {
			t.Errorf("%+v\nwas %+v", after, before)
		}
		w.did(w.engine.Resume(w.t.Context(), o.ID))
		done := w.until(o, in(app.Done))
		w.restart()
		if v := w.view(o); v.State != app.Done || v.Have != v.Size || !v.Finished.Equal(done.Finished) || v.Finished.IsZero() {
			t.Errorf("done: %+v", v)
		}
	})
}
