package system

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
)

// TestGather: nothing is told before everybody had a say, and then each change
// once.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		power, line := make(chan app.Fact), make(chan app.Fact)
		ctx, end := context.WithCancel(t.Context())
		var told []app.Surroundings
		done := make(chan struct{})
		go func() {
			defer close(done)
			gather(ctx, []watcher{
				each(power, func(a *app.Surroundings, f app.Fact) { a.Battery = f }),
				each(line, func(a *app.Surroundings, f app.Fact) { a.VPN = f }),
			}, func(a app.Surroundings) { told = append(told, a) })
		}()
		say := func(to chan app.Fact, f app.Fact) { to <- f; synctest.Wait() }
		say(power, app.Yes)
		if len(told) != 0 {
			t.Errorf("told %v before the line was known", told)
		}
		say(line, app.No)
		say(line, app.No)
		say(power, app.No)
		end()
		<-done
		want := []app.Surroundings{{Battery: app.Yes, VPN: app.No}, {Battery: app.No, VPN: app.No}}
		if len(told) != 2 || told[0] != want[0] || told[1] != want[1] {
			t.Errorf("told %v; want %v", told, want)
		}
	})
}

// TestGatherDoesNotWaitLong: who says nothing keeps the others back for two
// seconds.
func TestGatherDoesNotWaitLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		begun, told := time.Now(), make(chan app.Surroundings, 1)
		silent := func(ctx context.Context, _ func(func(*app.Surroundings))) { <-ctx.Done() }
		power := make(chan app.Fact, 1)
		power <- app.Yes
		done := make(chan struct{})
		go func() {
			defer close(done)
			gather(ctx, []watcher{silent, each(power, func(a *app.Surroundings, f app.Fact) { a.Battery = f })},
				func(a app.Surroundings) { told <- a })
		}()
		if a := <-told; a.Battery != app.Yes || time.Since(begun) != firstWord {
			t.Errorf("%+v after %s", a, time.Since(begun))
		}
		end()
		<-done
	})
}

// TestEvery: what is seen is told at once and then again and again, also when it
// is unknown again.
func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		facts, told := []app.Fact{app.Yes, app.Yes, app.Unknown}, make(chan app.Surroundings)
		begun, n := time.Now(), 0
		w := every(time.Minute, func(context.Context) func(*app.Surroundings) {
			fact := facts[n%len(facts)]
			n++
			return func(a *app.Surroundings) { a.Battery = fact }
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			gather(ctx, []watcher{w}, func(a app.Surroundings) { told <- a })
		}()
		for _, want := range []struct {
			fact  app.Fact
			after time.Duration
		}{{app.Yes, 0}, {app.Unknown, 2 * time.Minute}, {app.Yes, 3 * time.Minute}} {
			if a := <-told; a.Battery != want.fact || time.Since(begun) != want.after {
				t.Errorf("%v after %s, not %v after %s", a.Battery, time.Since(begun), want.fact, want.after)
			}
		}
		end()
		<-done
	})
}

// each is a watcher that sets what comes.
func each(from <-chan app.Fact, put func(*app.Surroundings, app.Fact)) watcher {
	return func(ctx context.Context, set func(func(*app.Surroundings))) {
		for {
			select {
			case f := <-from:
				set(func(a *app.Surroundings) { put(a, f) })
			case <-ctx.Done():
				return
			}
		}
	}
}
