package app_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// scouting is a Scout under way, and what it said so far.
type scouting struct {
	mu   sync.Mutex
	said []app.Outlook
	busy bool
	stop context.CancelFunc
	done chan error
}

func (w *world) scout(o *app.Offer) *scouting {
	ctx, cancel := context.WithCancel(w.t.Context())
	s := &scouting{stop: cancel, done: make(chan error, 1)}
	go func() {
		s.done <- w.engine.Scout(ctx, o, func(l app.Outlook) {
			s.mu.Lock()
			if s.busy {
				w.t.Error("found is called while it is being called")
			}
			s.busy = true
			s.mu.Unlock()
			time.Sleep(time.Millisecond)
			s.mu.Lock()
			s.busy = false
			s.said = append(s.said, l)
			s.mu.Unlock()
		})
	}()
	return s
}

// last is what it said last, once nothing moves any more.
func (s *scouting) last() app.Outlook {
	time.Sleep(10 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.said) == 0 {
		return app.Outlook{}
	}
	return s.said[len(s.said)-1]
}

func (s *scouting) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.said)
}

func TestScoutCountsAndFetchesNothing(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		some := app.NewBitmap(w.made.Pieces())
		some.Set(2)
		sources := []*apptest.Source{
			w.peer("near", apptest.Behaviour{Near: app.NearLAN}),
			w.peer("far", apptest.Behaviour{Have: some}),
			w.peer("empty", apptest.Behaviour{Have: app.NewBitmap(w.made.Pieces())}),
			w.origin("good", apptest.Behaviour{}),
			w.origin("bad", apptest.Behaviour{OpenErr: app.NewProblem(app.SourceFault, "bad", nil)}),
		}
		w.did(w.store.AddLedger(
			app.LedgerRow{Day: w.begun.AddDate(0, 0, -13).Format(time.DateOnly), Best: 7 * miB},
			app.LedgerRow{Day: w.begun.AddDate(0, 0, -14).Format(time.DateOnly), Best: 9 * miB}))
		o := w.inspect()
		s := w.scout(o)
		want := app.Outlook{Near: 1, Peers: 2, Complete: 1, Origins: 1, Usual: 7 * miB}
		got := s.last()
		if got.Problem == nil || got.Problem.Kind != app.SourceFault {
			t.Errorf("problem %v", got.Problem)
		}
		if got.Problem = nil; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		time.Sleep(5 * time.Second)
		if l := s.last(); !l.Looked || l.Peers != 2 {
			t.Errorf("after a fair time %+v", l)
		}
		sources[1].SetHave(app.FullBitmap(w.made.Pieces()))
		if l := s.last(); l.Complete != 2 || !l.Looked {
			t.Errorf("once the other is complete: %+v", l)
		}
		w.peers.Remove(sources[0], nil)
		if l := s.last(); l.Peers != 1 || l.Near != 0 {
			t.Errorf("once the near one is gone: %+v", l)
		}
		n := s.count()
		time.Sleep(time.Minute)
		sources[1].SetWindow(5)
		if l := s.last(); s.count() != n {
			t.Errorf("said again what it said: %+v", l)
		}
		s.stop()
		if err := <-s.done; err != nil {
			t.Errorf("the end: %v", err)
		}
		for _, src := range sources {
			if len(src.Asked()) != 0 || src.Sent() != 0 {
				t.Errorf("%s was asked for %v", src.Info().ID, src.Asked())
			}
		}
		if v := w.view(o); v.State != app.Offered || len(v.Sources) != 0 {
			t.Errorf("%s", v.State)
		}
	})
}

func TestScoutSaysThatNobodyIsThere(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		s := w.scout(w.inspect())
		time.Sleep(4900 * time.Millisecond)
		if l := s.last(); s.count() != 0 {
			t.Errorf("said %+v before anybody could answer", l)
		}
		time.Sleep(200 * time.Millisecond)
		if l := s.last(); l != (app.Outlook{Looked: true}) {
			t.Errorf("%+v", l)
		}
		s.stop()
		<-s.done
	})
}

// TestAcceptEndsTheScout: a finder looks for a package once at a time.
func TestAcceptEndsTheScout(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.peers.Once()
		w.peer("p", apptest.Behaviour{})
		o := w.inspect()
		s := w.scout(o)
		if l := s.last(); l.Peers != 1 {
			t.Fatalf("%+v", l)
		}
		w.did(w.engine.Accept(w.t.Context(), o, app.Choice{Folder: "/f"}))
		v := w.until(o, in(app.Done))
		if v.Counts.Peers != v.Size {
			t.Errorf("%d bytes from the peer", v.Counts.Peers)
		}
		if err := <-s.done; err != nil {
			t.Errorf("the end: %v", err)
		}
		if l := s.last(); l.Peers != 1 {
			t.Errorf("said at its end: %+v", l)
		}
	})
}

// TestNewestScoutWins: a card that is opened again looks again.
func TestNewestScoutWins(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.peers.Once()
		w.peer("p", apptest.Behaviour{})
		o := w.inspect()
		var all []*scouting
		for range 3 {
			all = append(all, w.scout(o))
			time.Sleep(300 * time.Millisecond)
		}
		for _, s := range all[:2] {
			if err := <-s.done; err != nil {
				t.Errorf("an old one ended with %v", err)
			}
		}
		time.Sleep(3 * time.Second)
		if l := all[2].last(); l.Peers != 1 || l.Problem != nil {
			t.Errorf("the newest sees %+v", l)
		}
		all[2].stop()
		<-all[2].done
	})
}

func TestScoutEndsWithTheEngine(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		s := w.scout(w.inspect())
		synctest.Wait()
		w.stop()
		if err := <-s.done; kindOf(err) != app.Stopped {
			t.Errorf("the end: %v", err)
		}
		w.start()
	})
}

func TestScoutNeedsAnOffer(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		o := w.accept(app.Choice{})
		w.until(o, in(app.Downloading))
		synctest.Wait()
		for _, o := range []*app.Offer{o, {ID: uuid.New(), Described: w.made.Described()}} {
			err := w.engine.Scout(w.t.Context(), o, func(app.Outlook) { t.Error("found") })
			if kindOf(err) != app.BadInput {
				t.Errorf("%v", err)
			}
		}
		w.store.SetChoicesFault(errors.New("damaged"))
		o = w.inspect()
		s := w.scout(o) // what was usual is no reason not to look
		time.Sleep(6 * time.Second)
		if l := s.last(); !l.Looked {
			t.Errorf("%+v", l)
		}
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
	})
}
