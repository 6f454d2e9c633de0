package p2p

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// public makes a node of the simulation one that others reach over its line.
func public(c *Config) { c.Reach = app.Reach{} }

// TestSimUplink: over a line of 20 Mbit/s the content leaves at what the line
// takes, and that is known afterwards; with half of it, at half.
func TestSimUplink(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 48 << 20}})
		seed, leech := s.node("44.0.0.1", public), s.node("44.0.0.2", public)
		defer seed.Close()
		defer leech.Close()
		v := serve(t, seed, made.Share())
		defer v.Stop()
		r, stop := find(t, leech, made, simAddr(seed, "44.0.0.1"))
		defer stop()
		src := r.source(t, seed.ID())
		const line = 20e6 / 8
		take := func(first int) float64 {
			t.Helper()
			run := app.Run{First: first, Count: made.Package.Layout.Pieces() / 3}
			began := time.Now()
			b, err := fetch(context.Background(), src, run)
			if err != nil || !bytes.Equal(b, made.Run(run)) {
				t.Fatalf("%d bytes and %v came", len(b), err)
			}
			return float64(len(b)) / time.Since(began).Seconds() / line
		}
		third := made.Package.Layout.Pieces() / 3
		if got := take(0); got < 0.6 {
			t.Errorf("from the beginning %.2f of the line was used", got)
		}
		if got := take(third); got < 0.85 {
			t.Errorf("then %.2f of the line was used", got)
		}
		if got := seed.uplink.line.Takes() / line; got < 0.8 || got > 1.1 {
			t.Errorf("the line is taken for %.2f of what it is", got)
		}
		v.Spare(true)
		if got := take(2 * third); got < 0.4 || got > 0.55 {
			t.Errorf("with half to spare %.2f of the line was used", got)
		}
	})
}

// TestClock: a way that becomes longer is seen on that way alone, however far the
// two clocks are apart; a clock that goes faster is not taken for one.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := newClock()
		time.Sleep(time.Hour)
		there := newClock()
		// wait is what is measured when the ways take so long.
		wait := func(go_, back time.Duration) [2]time.Duration {
			t.Helper()
			here.stamp(time.Now())
			asked := here.due(time.Now())
			if len(asked) != 1 || here.due(time.Now()) != nil {
				t.Fatalf("%v is due", asked)
			}
			time.Sleep(go_)
			there.asked(asked[0].GetStamp(), time.Now())
			said := there.due(time.Now())
			time.Sleep(back)
			w, ok := here.answered(said[0].GetSeen(), time.Now())
			if !ok {
				t.Fatal("the answer is refused")
			}
			return [...]time.Duration{w.there, w.back}
		}
		const ms = time.Millisecond
		none := [2]time.Duration{}
		if w := wait(20*ms, 20*ms); w != none {
			t.Errorf("the first: %v", w)
		}
		if w := wait(50*ms, 20*ms); w != [...]time.Duration{30 * ms, 0} {
			t.Errorf("longer there: %v", w)
		}
		if w := wait(20*ms, 200*ms); w != [...]time.Duration{0, 180 * ms} {
			t.Errorf("longer back: %v", w)
		}
		if here.burden() != 1 {
			t.Errorf("burden %v", here.burden())
		}
		for range 20 {
			wait(140*ms, 20*ms)
		}
		if b := here.burden(); b < 6 || b > 8 {
			t.Errorf("burden %v of who is 120 ms late", b)
		}
		there.epoch = there.epoch.Add(-time.Second) // his clock went faster
		if w := wait(20*ms, 20*ms); w != none {
			t.Errorf("another clock: %v", w)
		}
		if _, ok := here.answered(&wire.Seen{Sent: 1 << 60}, time.Now()); ok {
			t.Error("an answer to what was never asked counts")
		}
	})
}

// TestTurnsLimits: what leaves keeps to every limit of its way, nobody's way
// holds up another, and who is slow is counted as well.
func TestTurnsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		user, line := rate.NewLimiter(1e6, 10e3), rate.NewLimiter(4e5, 10e3)
		all.roads[nearRoad].limits = []*rate.Limiter{user}
		all.roads[lineRoad].limits = []*rate.Limiter{user, line}
		var mu sync.Mutex
		sent := map[road]int{}
		all.sent = func(by road, n int) { mu.Lock(); sent[by] += n; mu.Unlock() }
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for _, by := range []road{nearRoad, lineRoad, nearRoad, lineRoad} {
			q := &queue{slow: by == lineRoad}
			wg.Go(func() {
				for {
					w, err := all.take(ctx, by, q, 5000, 1)
					if err != nil {
						return
					}
					w.done()
				}
			})
		}
		wg.Wait()
		if near, far := float64(sent[nearRoad])/20, float64(sent[lineRoad])/20; far < 3.9e5 || far > 4.1e5 || near+far > 1.01e6 || near < 5.8e5 {
			t.Errorf("%.0f and %.0f bytes a second", near, far)
		}
		line.SetLimit(rate.Inf)
		all.look()
		time.Sleep(time.Second)
	})
}

// TestSimDelays: the ways to all are measured, also to those who take nothing: in
// the queues of this simulation, which serve everybody in turn, these never wait.
// With the pacer off the connections take the line and nothing is learnt of it.
func TestSimDelays(t *testing.T) {
	inSimulation(t, func(s *simulation) {
		made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 64 << 20}})
		seed, leech, quiet := s.node("44.0.0.1", public), s.node("44.0.0.2", public), s.node("44.0.0.3", public)
		for _, n := range []*Node{seed, leech, quiet} {
			defer n.Close()
		}
		v := serve(t, seed, made.Share())
		defer v.Stop()
		r, stop := find(t, leech, made, simAddr(seed, "44.0.0.1"))
		defer stop()
		_, stopQuiet := find(t, quiet, made, simAddr(seed, "44.0.0.1"))
		defer stopQuiet()
		src := r.source(t, seed.ID())

		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		heard := make(chan Delay, 10_000)
		ended := make(chan error, 1)
		go func() {
			ended <- seed.Delays(ctx, made.Package.ID, nil, func(d Delay) { heard <- d })
		}()
		// look goes through what was heard since the last call.
		look := func() {
			t.Helper()
			takers, others := 0, 0
			for range len(heard) {
				d := <-heard
				if d.Near != app.NearNet || d.Path != PathQUIC || d.Given != 0 && d.Peer != leech.ID() {
					t.Fatalf("%+v", d)
				}
				switch {
				case d.Peer == leech.ID():
					takers++
				case d.Wait > 2*time.Millisecond:
					t.Errorf("who takes nothing waits %v", d.Wait)
				default:
					others++
				}
			}
			if takers < 30 || others < 30 {
				t.Fatalf("%d and %d answers", takers, others)
			}
		}
		take := func(first int) (part float64) {
			t.Helper()
			began := time.Now()
			b, err := fetch(context.Background(), src, app.Run{First: first, Count: made.Package.Layout.Pieces() / 3})
			if err != nil {
				t.Fatalf("%d bytes and %v came", len(b), err)
			}
			return float64(len(b)) / time.Since(began).Seconds() / (20e6 / 8)
		}
		third := made.Package.Layout.Pieces() / 3
		time.Sleep(5 * time.Second)
		look()
		seed.Pace(false)
		if part := take(0); part < 0.8 {
			t.Errorf("without the pacer %.2f of the line was used", part)
		}
		look()
		if l := seed.Line(); l.Takes != 0 || l.Yields {
			t.Errorf("without the pacer it knows %+v", l)
		}
		time.Sleep(2 * time.Second)
		seed.Pace(true)
		take(third)
		look()
		// The queues of this simulation drop what waits for long, so that the line
		// may never seem full.
		if l := seed.Line(); l.Takes != 0 && (l.Takes < 0.8*20e6/8 || l.Takes > 1.1*20e6/8) {
			t.Errorf("the line is taken for %+v", l)
		}
		moment, end := context.WithTimeout(ctx, time.Second)
		defer end()
		if err := seed.Delays(moment, made.Package.ID, nil, func(Delay) {}); err == nil {
			t.Error("two measure at once")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := seed.Delays(ctx, made.Package.ID, []byte("none"), func(Delay) {}); err == nil {
			t.Error("what is not shared is measured")
		}
	})
}
