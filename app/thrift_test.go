package app_test

import (
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// TestThrifty: with a floor, the origin sends what no peer has, what lifts the
// rate to the floor, and a small allowance; without one it fills the line.
func TestThrifty(t *testing.T) {
	for _, c := range []struct {
		name        string
		policy      app.Policy
		peer        int64 // bytes a second
		least, most float64
		way         app.Interference
	}{
		{"thrifty, a good peer", app.PolicyThrifty, 4 * miB, 0, 0.08, app.Undisturbed},
		{"thrifty, a good peer over QUIC", app.PolicyThrifty, 4 * miB, 0, 0.08, app.Resets},
		{"thrifty, and people are cut off", app.PolicyThrifty, 4 * miB, 0.3, 1, app.CutOff},
		{"thrifty, a slow peer", app.PolicyThrifty, 128 * kiB, 0.5, 1, app.Undisturbed},
		{"fast, a good peer", app.PolicyFast, 4 * miB, 0.3, 1, app.Undisturbed},
	} {
		inWorld(t, 128*miB, func(w *world) {
			w.peers.Interfere(c.way)
			w.origin("https://cdn.example/", apptest.Behaviour{Rate: 4 * miB})
			w.peer("p", apptest.Behaviour{Rate: c.peer})
			o := w.accept(app.Choice{Policy: c.policy})
			v := w.until(o, in(app.Done))
			if part := float64(v.Counts.Origin) / float64(v.Size); part < c.least || part > c.most {
				t.Errorf("%s: the origin sent %.2f of it", c.name, part)
			}
			w.complete(o)
		})
	}
}

// TestThriftyKeepsItsFloor: when the peers stop, the origin brings what it can
// within three seconds.
func TestThriftyKeepsItsFloor(t *testing.T) {
	inWorld(t, 256*miB, func(w *world) {
		origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: 4 * miB})
		p := w.peer("p", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{Policy: app.PolicyThrifty})
		w.until(o, func(v *app.View) bool { return v.Have > 64*miB })
		p.Stall()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		before := origin.Sent()
		time.Sleep(2 * time.Second)
		if got := origin.Sent() - before; got < 2*500_000 {
			t.Errorf("in two seconds the origin sent %d bytes", got)
		}
		p.Resume()
		w.until(o, in(app.Done))
		w.complete(o)
	})
}

// TestThriftyDisturbed: where something interferes with people and they fall
// silent, the origin fills the line within a second.
func TestThriftyDisturbed(t *testing.T) {
	inWorld(t, 256*miB, func(w *world) {
		w.peers.Interfere(app.Resets)
		origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: 4 * miB})
		p := w.peer("p", apptest.Behaviour{Rate: 4 * miB})
		o := w.accept(app.Choice{Policy: app.PolicyThrifty})
		w.until(o, func(v *app.View) bool { return v.Have > 64*miB })
		p.Stall()
		time.Sleep(time.Second)
		synctest.Wait()
		before := origin.Sent()
		time.Sleep(5 * time.Second)
		if got := origin.Sent() - before; got < 18*miB {
			t.Errorf("in five seconds the origin sent %d bytes", got)
		}
		p.Resume()
		w.until(o, in(app.Done))
		w.complete(o)
	})
}

// TestKeepsUp: peers of little or no use keep a fast download below what the
// origin alone would give, and a thrifty one below the floor, for three seconds
// at a time and no longer.
func TestKeepsUp(t *testing.T) {
	const (
		origin = 4 * miB
		floor  = 500_000
		look   = 250 * time.Millisecond
	)
	for name, peers := range map[string]func(*world){
		"stop half way": func(w *world) {
			for _, id := range []string{"a", "b", "c"} {
				p := w.peer(id, apptest.Behaviour{Rate: 2 * miB})
				time.AfterFunc(8*time.Second, p.Stall)
			}
		},
		"send nothing": func(w *world) {
			for _, id := range []string{"a", "b", "c", "d"} {
				w.peer(id, apptest.Behaviour{Rate: miB}).Stall()
			}
		},
		"drip": func(w *world) {
			for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
				w.peer(id, apptest.Behaviour{Rate: 16 * kiB})
			}
		},
		"promise": func(w *world) {
			for _, id := range []string{"a", "b", "c"} {
				w.peer(id, apptest.Behaviour{Rate: 64 * kiB, Have: few(), Coming: app.FullBitmap(w.made.Pieces())})
			}
		},
	} {
		for policy, least := range map[app.Policy]float64{app.PolicyFast: 0.9 * origin, app.PolicyThrifty: 0.9 * floor} {
			inWorld(t, 64*miB, func(w *world) {
				w.origin("https://cdn.example/", apptest.Behaviour{Rate: origin})
				peers(w)
				o := w.accept(app.Choice{Policy: policy})
				w.until(o, in(app.Downloading))
				var below, worst time.Duration
				came := []int64{0, 0, 0, 0} // a second
				for {
					time.Sleep(look)
					synctest.Wait()
					v := w.view(o)
					if v.State != app.Downloading {
						break
					}
					now := v.Counts.Peers + v.Counts.Origin
					below += look
					if float64(now-came[0]) >= least {
						below = 0
					}
					worst = max(worst, below)
					came = append(came[1:], now)
				}
				if worst > 3*time.Second {
					t.Errorf("%s, peers that %s: it was too slow for %v", policy, name, worst)
				}
				w.until(o, in(app.Done))
				w.complete(o)
			})
		}
	}
}

// TestLeavesWhatIsComing: what a peer says it is getting is not asked of the
// origin, until it turns out that it does not come.
func TestLeavesWhatIsComing(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		n := w.made.Pieces()
		half, rest := app.NewBitmap(n), app.NewBitmap(n)
		for i := range n {
			if i < n/2 {
				half.Set(i)
			} else {
				rest.Set(i)
			}
		}
		origin := w.origin("https://cdn.example/", apptest.Behaviour{Rate: 4 * miB})
		w.peer("p", apptest.Behaviour{Rate: 2 * miB, Have: half, Coming: rest}) // it never gets them
		o := w.accept(app.Choice{Policy: app.PolicyThrifty})
		w.until(o, func(v *app.View) bool { return v.Have > 24*miB })
		early := 0
		for _, r := range origin.Asked() {
			early += r.Count
		}
		if early > n/4 {
			t.Errorf("the origin was asked for %d of %d pieces that were here or coming", early, n)
		}
		w.until(o, in(app.Done))
		w.complete(o)
	})
}

// TestTellsWhatIsComing: peers hear which pieces are on their way here, and
// nobody hears it from who gives nothing.
func TestTellsWhatIsComing(t *testing.T) {
	for _, noShare := range []bool{false, true} {
		inWorld(t, 16*miB, func(w *world) {
			w.origin("https://cdn.example/", apptest.Behaviour{Rate: miB})
			o := w.accept(app.Choice{NoShare: noShare})
			w.until(o, func(v *app.View) bool { return v.Have > 2*miB })
			synctest.Wait()
			if told := w.peers.Coming().Count(); (told == 0) != noShare {
				t.Errorf("no share %v: %d pieces were told", noShare, told)
			}
			w.until(o, in(app.Done))
			if told := w.peers.Coming().Count(); told != 0 {
				t.Errorf("complete, and %d pieces are still coming", told)
			}
		})
	}
}
