package app_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// port is a scripted teller: what is sent to it, it tells.
type port[T any] chan T

func (p port[T]) run(ctx context.Context, tell func(T)) {
	for {
		select {
		case v := <-p:
			tell(v)
		case <-ctx.Done():
			return
		}
	}
}

// inSurroundings is inWorld where the system tells what is around.
func inSurroundings(t *testing.T, size int64, f func(w *world)) {
	inWorld(t, size, func(w *world) {
		w.stop()
		w.around, w.line = make(port[app.Surroundings]), make(port[*app.Problem])
		w.start()
		f(w)
	})
}

// tell says what is around, and waits until the engine knows.
func (w *world) tell(a app.Surroundings) {
	w.around <- a
	synctest.Wait()
}

var (
	onBattery = app.Surroundings{Battery: app.Yes}
	onDesk    = app.Surroundings{Battery: app.No, Metered: app.No, FullScreen: app.No} // a VPN nobody can tell
)

// TestNothingIsGivenThere: each of the four stops all that is given at once,
// what the user shares himself too, unless the settings allow it.
func TestNothingIsGivenThere(t *testing.T) {
	for why, c := range map[app.NotGiving]struct {
		there app.Surroundings
		allow func(*app.Giving)
	}{
		app.GivingBattery:    {onBattery, func(g *app.Giving) { g.OnBattery = true }},
		app.GivingMetered:    {app.Surroundings{Metered: app.Yes}, func(g *app.Giving) { g.OnMetered = true }},
		app.GivingVPN:        {app.Surroundings{VPN: app.Yes}, func(g *app.Giving) { g.OnVPN = true }},
		app.GivingFullScreen: {app.Surroundings{FullScreen: app.Yes}, func(g *app.Giving) { g.OnFullScreen = true }},
	} {
		other := apptest.Package(t, apptest.Options{Seed: 5, Sizes: map[string]int64{"other.bin": miB}})
		inSurroundings(t, 4*miB, func(w *world) {
			w.tell(onDesk)
			own, rule, under := w.three(other)
			if n := len(w.peers.Shares()); n != 3 {
				t.Fatalf("%d shares at the desk", n)
			}
			w.tell(c.there)
			if n := len(w.peers.Shares()); n != 0 {
				t.Errorf("%s: %d shares", why, n)
			}
			if r := w.reasons(own, rule, under); r != [3]app.NotGiving{why, why, why} {
				t.Errorf("not giving because of %q, not %s", r, why)
			}
			if s := w.snap(); s.Around != c.there {
				t.Errorf("the snapshot says %+v", s.Around)
			}
			w.set(func(s *app.Settings) { c.allow(&s.Giving) })
			synctest.Wait()
			if n := len(w.peers.Shares()); n != 3 {
				t.Errorf("%s: %d shares although it is allowed", why, n)
			}
			w.set(func(s *app.Settings) { s.Giving = app.DefaultSettings().Giving })
			synctest.Wait()
			if n := len(w.peers.Shares()); n != 0 {
				t.Errorf("%s: %d shares when it is forbidden again", why, n)
			}
		})
	}
}

// TestGivingWaitsForTheFirstWord: not a byte leaves before the system said
// whether it may; downloads wait for nobody.
func TestGivingWaitsForTheFirstWord(t *testing.T) {
	inSurroundings(t, 4*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{Seed: true})
		w.until(o, in(app.Seeding))
		time.Sleep(time.Minute)
		if v := w.view(o); w.peers.Serves() != 0 || v.NotGiving != "" {
			t.Errorf("served %d times, %q", w.peers.Serves(), v.NotGiving)
		}
		w.tell(app.Surroundings{})
		if w.peers.Serves() != 1 {
			t.Errorf("served %d times once nothing is known", w.peers.Serves())
		}
	})
}

// TestEndIsBelievedLater: it stops at once, and begins again when it has been
// over for five seconds.
func TestEndIsBelievedLater(t *testing.T) {
	inSurroundings(t, 4*miB, func(w *world) {
		o := w.share()
		game := app.Surroundings{FullScreen: app.Yes}
		w.tell(onDesk)
		for range 3 { // looks away from it again and again
			w.tell(game)
			time.Sleep(time.Minute)
			w.tell(onDesk)
			time.Sleep(4900 * time.Millisecond)
		}
		if n := w.peers.Serves(); n != 1 || len(w.peers.Shares()) != 0 || w.view(o).NotGiving != app.GivingFullScreen {
			t.Fatalf("served %d times, %q", n, w.view(o).NotGiving)
		}
		time.Sleep(500 * time.Millisecond)
		if n := w.peers.Serves(); n != 2 || w.view(o).NotGiving != "" || w.snap().Around != onDesk {
			t.Errorf("served %d times, %q, %+v", n, w.view(o).NotGiving, w.snap().Around)
		}
		// Another fact does not wait for the first to end.
		w.tell(game)
		w.tell(onBattery)
		if a := w.snap().Around; a.Battery != app.Yes || a.FullScreen != app.Yes {
			t.Errorf("%+v", a)
		}
		time.Sleep(6 * time.Second)
		if v := w.view(o); v.NotGiving != app.GivingBattery || w.snap().Around != onBattery {
			t.Errorf("%q, %+v", v.NotGiving, w.snap().Around)
		}
		w.tell(app.Surroundings{}) // whoever knew is gone
		time.Sleep(6 * time.Second)
		if v := w.view(o); v.NotGiving != "" || len(w.peers.Shares()) != 1 {
			t.Errorf("%q when nothing is known", v.NotGiving)
		}
	})
}

// TestEndIsBelievedWhileIdle: an engine with nothing open looks as soon.
func TestEndIsBelievedWhileIdle(t *testing.T) {
	inSurroundings(t, 4*miB, func(w *world) {
		w.tell(onBattery)
		time.Sleep(2 * time.Minute)
		w.tell(onDesk)
		time.Sleep(6 * time.Second)
		if a := w.snap().Around; a != onDesk {
			t.Errorf("%+v", a)
		}
	})
}

// TestCutLine: without the interface that everything goes through nothing is
// asked and nothing given; the problem has its name at once, and with the
// interface the download goes on.
func TestCutLine(t *testing.T) {
	inSurroundings(t, 64*miB, func(w *world) {
		w.tell(onDesk)
		origin := w.origin("o", apptest.Behaviour{Rate: miB})
		peer := w.peer("p", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{Seed: true})
		w.until(o, func(v *app.View) bool { return v.Counts.Peers > 0 && v.Counts.Origin > 0 })
		w.line <- app.NewProblem(app.NoInterface, "wg0", nil)
		synctest.Wait()
		v := w.view(o)
		if v.Problem == nil || v.Problem.Kind != app.NoInterface || v.Problem.Subject != "wg0" || v.NotGiving != app.GivingCut {
			t.Fatalf("%v, %q", v.Problem, v.NotGiving)
		}
		if n := len(w.peers.Shares()); n != 0 {
			t.Errorf("%d shares", n)
		}
		if n := origin.Readers() + peer.Readers(); n != 0 {
			t.Errorf("%d runs are still under way", n)
		}
		opened, before := len(origin.Asked())+len(peer.Asked()), v.Have
		time.Sleep(10 * time.Minute)
		if v = w.view(o); v.Have != before || len(origin.Asked())+len(peer.Asked()) != opened || v.Problem.Kind != app.NoInterface {
			t.Errorf("%d bytes came, %d runs were asked for, %v", v.Have-before, len(origin.Asked())+len(peer.Asked())-opened, v.Problem)
		}
		if !w.logged(o, "no_interface") {
			t.Error("the log does not say so")
		}
		w.line <- nil
		synctest.Wait()
		if p := w.view(o).Problem; p != nil {
			t.Errorf("with the line back: %v", p)
		}
		began := time.Now()
		w.until(o, func(v *app.View) bool { return v.Have > before })
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("it goes on after %s", d)
		}
		w.until(o, in(app.Seeding))
		synctest.Wait()
		if v := w.view(o); v.NotGiving != "" || len(w.peers.Shares()) != 1 {
			t.Errorf("%q, %d shares", v.NotGiving, len(w.peers.Shares()))
		}
		w.complete(o)
	})
}

// TestBegunWithoutLine: what begins while there is no line says so as well.
func TestBegunWithoutLine(t *testing.T) {
	inSurroundings(t, 4*miB, func(w *world) {
		w.line <- app.NewProblem(app.NoInterface, "wg0", nil)
		w.origin("o", apptest.Behaviour{})
		o := w.accept(app.Choice{})
		w.until(o, func(v *app.View) bool { return v.Problem != nil && v.Problem.Kind == app.NoInterface })
		w.line <- nil
		w.until(o, in(app.Done))
	})
}
