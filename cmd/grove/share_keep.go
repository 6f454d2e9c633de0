package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"grove/app"
	"grove/cmd/internal/sharing"
	"grove/p2p/depot"
)

// copying is a shower between two goroutines: the one that follows the share,
// and the one that follows the copy at a depot. What the copy has is shown in
// the share's own line.
type copying struct {
	mu    sync.Mutex
	inner shower // guarded by mu
	json  bool
	t     *terminal

	at         string // guarded by mu; the depot's host; "" when there is nothing more to show
	have, size int64  // guarded by mu; bytes
}

// newCopying puts a copying in the place of s's shower.
func newCopying(s *session) *copying {
	c := &copying{inner: s.show, json: s.json, t: s.t}
	s.show = c
	return c
}

func (c *copying) show(now time.Time, views []app.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at != "" && !c.json {
		views = slices.Clone(views)
		for i := range views {
			views[i].Name = fmt.Sprintf("%s (%d %% at %s)", views[i].Name, percent(c.have, c.size), c.at)
		}
	}
	c.inner.show(now, views)
}

func (c *copying) say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inner.say(text)
}

func (c *copying) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inner.end()
}

// progress takes down how far the copy is.
func (c *copying) progress(at string, have, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.have, c.size = at, have, size
}

// event prints a line of JSON among those of the share.
func (c *copying) event(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.t.printJSON(v) // whoever reads it may go away; the copy goes on
}

// keep has the depot make its copy beside the share. The returned function
// waits for the end of that, which ctx's end brings.
func (s *sharer) keep(ctx context.Context, started sharing.Started) (wait func()) {
	if s.copy == nil || started.Depot == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { s.keepCopy(ctx, started) })
	return func() {
		cancel()
		work.Wait()
	}
}

func (s *sharer) keepCopy(ctx context.Context, started sharing.Started) {
	host := hostOf(started.Depot)
	event := copyJSON{Package: started.Package.ID, Depot: started.Depot, State: depot.Fetching, Size: started.Package.Size()}
	err := s.job.Keep(ctx, s.g, started, func(have, size int64) {
		s.copy.progress(host, have, size)
		if s.json && have > event.Have {
			event.stamp, event.Have = newStamp("copy"), have
			s.copy.event(event)
		}
	})
	s.copy.progress("", 0, 0)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.copy.say(fmt.Sprintf("No copy is made at %s: %s", host, clean(err.Error())))
	default:
		event.stamp, event.State, event.Have = newStamp("kept"), depot.Kept, event.Size
		if s.json {
			s.copy.event(event)
		}
		s.copy.say(fmt.Sprintf("The copy at %s is complete: you may close this.", host))
	}
}
