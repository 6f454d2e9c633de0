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

func TestDownloadsFromOneOrigin(t *testing.T) {
	inWorld(t, 20*miB+17, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if v.Counts.Origin != 20*miB+17 || v.Counts.Peers != 0 || v.Counts.Wasted != 0 {
			t.Errorf("counts %+v", v.Counts)
		}
		if s := seconds(v.Elapsed); s < 5 || s > 5.5 {
			t.Errorf("20 MiB at 4 MiB/s took %.2f s", s)
		}
		if v.Path != "/downloads/film.mp4" {
			t.Errorf("path %q", v.Path)
		}
	})
}

func TestUsesPeersAndOriginAtTheSameTime(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		w.peer("a", apptest.Behaviour{Rate: 3 * miB})
		w.peer("b", apptest.Behaviour{Rate: 1 * miB})
		w.peer("c", apptest.Behaviour{Rate: 2 * miB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		// 8 MiB/s together.
		if s := seconds(v.Elapsed); s > 8.8 {
			t.Errorf("64 MiB at 8 MiB/s took %.2f s", s)
		}
		if v.Counts.Origin > 20*miB || v.Counts.Origin < 12*miB {
			t.Errorf("origin gave %d MiB of about 16", v.Counts.Origin>>20)
		}
		if v.Counts.Wasted > v.Size*15/1000 {
			t.Errorf("%d bytes wasted, more than 1.5 %%", v.Counts.Wasted)
		}
	})
}

func TestSlowSourceDoesNotHoldUpTheEnd(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		w.peer("fast", apptest.Behaviour{Rate: 8 * miB})
		w.peer("slow", apptest.Behaviour{Rate: 64 * kiB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if s := seconds(v.Elapsed); s > 6 {
			t.Errorf("32 MiB with a source of 8 MiB/s took %.2f s", s)
		}
		if v.Counts.Wasted > v.Size*15/1000 {
			t.Errorf("%d bytes wasted, more than 1.5 %%", v.Counts.Wasted)
		}
	})
}

func TestFallsBackWhenPeersDie(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 2 * miB})
		p := w.peer("p", apptest.Behaviour{Rate: 6 * miB, DieAfter: 8 * miB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if p.Sent() != 8*miB {
			t.Fatalf("the peer sent %d", p.Sent())
		}
		// 10.7 MiB in the first 1.33 s, the rest at 2 MiB/s.
		if s := seconds(v.Elapsed); s > 13 {
			t.Errorf("took %.2f s", s)
		}
	})
}

func TestStalledPiecesAreAskedOfAnother(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 4 * miB})
		w.peer("p", apptest.Behaviour{Rate: 4 * miB, StallAfter: 2*miB + 1000})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		// The origin alone needs 4 s; the stall is noticed after 5.
		if s := seconds(v.Elapsed); s > 6.5 {
			t.Errorf("took %.2f s", s)
		}
	})
}

func TestStalledSourceComesBack(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		p := w.peer("p", apptest.Behaviour{Rate: 4 * miB, StallAfter: 2*miB + 1000})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return len(v.Sources) == 1 && v.Sources[0].Stalled })
		time.Sleep(8 * time.Second) // in virtual time, before the run's idle limit
		p.Resume()
		v := w.until(o, in(app.Done))
		w.complete(o)
		if v.Counts.Wasted != 0 {
			t.Errorf("%d bytes were asked for twice of the only source", v.Counts.Wasted)
		}
	})
}

// TestSourceComesBackAfterLong: a source that was silent until its runs ended is
// asked again, and so is one whose pieces others brought meanwhile.
func TestSourceComesBackAfterLong(t *testing.T) {
	for _, alone := range []bool{true, false} {
		inWorld(t, 64*miB, func(w *world) {
			silent := w.origin("https://a.example/", apptest.Behaviour{Rate: 4 * miB, StallAfter: 2*miB + 1000})
			if !alone {
				w.origin("https://b.example/", apptest.Behaviour{Rate: 256 * kiB})
			}
			o := w.accept(app.Choice{})
			w.until(o, func(v *app.View) bool {
				return slices.ContainsFunc(v.Sources, func(s app.SourceView) bool { return s.Stalled })
			})
			time.Sleep(time.Minute)
			silent.Resume()
			v := w.until(o, in(app.Done))
			w.complete(o)
			if s := seconds(v.Elapsed); s > 120 {
				t.Errorf("alone %v: it took %.0f s", alone, s)
			}
		})
	}
}

func TestPeerThatLiesIsBannedAfterOnePiece(t *testing.T) {
	inWorld(t, 16*miB, func(w *world) {
		w.peer("liar", apptest.Behaviour{Rate: 4 * miB, WrongPieces: all(w.made.Pieces())})
		w.peer("good", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		v := w.until(o, in(app.Done))
		w.complete(o)
		if !w.peers.Banned("liar") || w.peers.Banned("good") {
			t.Error("the wrong peer was banned")
		}
		for _, s := range v.Sources {
			if s.ID == "liar" && (s.Bytes != 0 || s.Problem == nil || s.Problem.Kind != app.WrongBytes) {
				t.Errorf("liar: %+v", s)
			}
		}
	})
}

func TestOriginThatLiesIsBenchedAndNothingWrongIsKept(t *testing.T) {
	inWorld(t, 8*miB, func(w *world) {
		liar := w.origin("liar", apptest.Behaviour{Rate: 4 * miB, WrongPieces: all(w.made.Pieces())})
		o := w.accept(app.Choice{})
		v := w.until(o, func(v *app.View) bool { return v.Problem != nil })
		if v.Problem.Kind != app.NoSource || v.Have != 0 {
			t.Fatalf("problem %v with %d bytes", v.Problem, v.Have)
		}
		asked := len(liar.Asked())
		time.Sleep(10 * time.Minute)
		if n := len(liar.Asked()); n != asked {
			t.Errorf("a benched origin was asked %d more times", n-asked)
		}
		w.origin("good", apptest.Behaviour{Rate: 4 * miB})
		w.until(o, in(app.Done))
		w.complete(o)
	})
}

func TestRetriesAServerWithGrowingPauses(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		bad := app.NewProblem(app.SourceFault, "origin", nil)
		s := w.origin("origin", apptest.Behaviour{Rate: 4 * miB, OpenErr: bad})
		o := w.accept(app.Choice{})
		time.Sleep(5 * time.Minute)
		if n := len(s.Asked()); n < 6 || n > 30 {
			t.Errorf("asked %d times in 5 minutes", n)
		}
		time.Sleep(24 * time.Hour)
		if n := len(s.Asked()); n > 24*20 {
			t.Errorf("asked %d times in a day", n)
		}
		s.SetOpenErr(nil)
		begin := time.Now()
		w.until(o, in(app.Done))
		if d := time.Since(begin); d > 8*time.Minute {
			t.Errorf("went on %s after the server was well", d)
		}
	})
}

func TestBusyServerIsLeftAloneAsLongAsItAsks(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		busy := &app.Problem{Kind: app.SourceBusy, Subject: "origin", After: 5 * time.Minute}
		s := w.origin("origin", apptest.Behaviour{OpenErr: busy})
		w.accept(app.Choice{})
		time.Sleep(4 * time.Minute)
		if n := len(s.Asked()); n > 2 { // the runs that were under way together
			t.Errorf("asked %d times within the 5 minutes", n)
		}
		time.Sleep(2 * time.Minute)
		if n := len(s.Asked()); n < 2 {
			t.Error("never asked again")
		}
	})
}

func TestSaysWhenNobodyAnswersAndGoesOnWhenSomebodyDoes(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.accept(app.Choice{})
		v := w.until(o, func(v *app.View) bool { return v.Problem != nil })
		if v.Problem.Kind != app.NoSource || v.State != app.Downloading {
			t.Fatalf("%s with %v", v.State, v.Problem)
		}
		if d := time.Since(w.begun); d < 10*time.Second || d > 11*time.Second {
			t.Errorf("said so after %s", d)
		}
		time.Sleep(3 * time.Hour)
		w.peer("late", apptest.Behaviour{Rate: miB})
		v = w.until(o, func(v *app.View) bool { return v.Have > 0 && v.State == app.Downloading })
		if v.Problem != nil {
			t.Errorf("still %v while bytes come", v.Problem)
		}
		w.until(o, in(app.Done))
	})
}

func TestPauseKeepsEveryVerifiedPiece(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		s := w.origin("origin", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 10*miB })
		if err := w.engine.Pause(w.t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		w.until(o, in(app.Paused))
		synctest.Wait()
		if w.store.Payload(o.ID).IsOpen() || s.Readers() != 0 {
			t.Error("something is still open")
		}
		before := s.Sent()
		time.Sleep(time.Minute)
		if s.Sent() != before {
			t.Error("it went on")
		}
		if err := w.engine.Resume(w.t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		v := w.until(o, in(app.Done))
		w.complete(o)
		if v.Counts.Origin != v.Size {
			t.Errorf("%d verified bytes fetched of %d", v.Counts.Origin, v.Size)
		}
	})
}

func TestGoesOnAfterTheProgramEnded(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 10*miB })
		w.stop()
		have := w.store.Payload(o.ID)
		w.start()
		records, _ := w.store.LoadTransfers()
		if len(records) != 1 || records[0].State != app.Downloading {
			t.Fatalf("records %+v", records)
		}
		if err := w.engine.Restore(w.t.Context(), records[0]); err != nil {
			t.Fatal(err)
		}
		v := w.until(o, in(app.Done))
		w.complete(o)
		if v.Counts.Origin != v.Size || have != w.store.Payload(o.ID) {
			t.Errorf("%d verified bytes fetched of %d", v.Counts.Origin, v.Size)
		}
		w.stop()
		log := w.log(o)
		if first, last := log[0].Session, log[len(log)-1].Session; first == last || first == uuid.Nil || last == uuid.Nil {
			t.Errorf("the log names the two runs %s and %s", first, last)
		}
	})
}

func TestPowerCutLosesAtMostASecond(t *testing.T) {
	inWorld(t, 32*miB, func(w *world) {
		w.origin("origin", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Have > 12*miB })
		// Nothing is closed in order: the store forgets what was not durable.
		w.store.Crash()
		saved, _ := w.store.LoadTransfers()
		durable := 0
		for i := range w.made.Pieces() {
			if w.store.Payload(o.ID).Piece(i) != nil {
				durable++
			}
		}
		if lost := 12*miB - int64(durable)*256*kiB; lost > 5*miB+miB {
			t.Errorf("%d bytes lost at 4 MiB/s", lost)
		}
		if saved[0].State != app.Downloading {
			t.Errorf("saved as %s", saved[0].State)
		}
	})
}

func TestFloorLetsTheOriginTopUpOnly(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.mp4": 400 * miB}, Floor: 4 * miB})
	inWorldOf(t, made, func(w *world) {
		o := w.origin("origin", apptest.Behaviour{Rate: 16 * miB})
		w.peer("a", apptest.Behaviour{Rate: 3 * miB})
		w.peer("b", apptest.Behaviour{Rate: 3 * miB})
		of := w.accept(app.Choice{})
		w.until(of, func(v *app.View) bool { return v.Elapsed > 6*time.Second })
		before := o.Sent()
		w.until(of, func(v *app.View) bool { return v.Elapsed > 16*time.Second })
		if sent := o.Sent() - before; sent > 2*miB {
			t.Errorf("the origin sent %d MiB although peers gave more than the floor", sent>>20)
		}
		w.peers.Kill()
		before = o.Sent()
		w.until(of, func(v *app.View) bool { return v.Elapsed > 26*time.Second || v.State == app.Done })
		if rate := float64(o.Sent()-before) / 10; rate < 3*miB {
			t.Errorf("the origin gave %.1f MiB/s when the peers went, floor 4", rate/miB)
		}
	})
}

func TestQueueRunsTwoAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made []*apptest.Made
		for i := range uint64(4) {
			made = append(made, apptest.Package(t, apptest.Options{Seed: i, Name: string('a' + rune(i)),
				Sizes: map[string]int64{string('a'+rune(i)) + ".bin": 4 * miB}}))
		}
		w := &world{t: t, store: apptest.NewStore(), begun: time.Now(),
			peers: apptest.NewNet(made), servers: apptest.NewNet(made)}
		set := app.DefaultSettings()
		set.MaxActive = 2
		w.did(w.store.SaveSettings(set))
		w.start()
		defer func() { w.stop() }()
		var offers []*app.Offer
		for _, m := range made {
			w.made = m
			offers = append(offers, w.accept(app.Choice{}))
		}
		// Nobody answers, so the first two make room for the others.
		w.until(offers[1], in(app.Downloading))
		s, _ := w.engine.Next(w.t.Context(), 0)
		if s.Transfer(offers[2].ID).State != app.Queued {
			t.Error("the third did not wait")
		}
		w.until(offers[3], in(app.Downloading))
		if d := time.Since(w.begun); d < 10*time.Second {
			t.Errorf("the fourth started after %s", d)
		}
	})
}

func all(n int) map[int]bool {
	m := map[int]bool{}
	for i := range n {
		m[i] = true
	}
	return m
}
