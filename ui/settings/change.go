package settings

import (
	"context"

	"grove/app"
)

// edit makes settings of settings. It does not change what it is given.
type edit func(app.Settings) app.Settings

// change is an edit on its way to the engine, and what to do when the engine
// refuses it; nil is to tell the user.
type change struct {
	edit    edit
	refused func(error)
}

// changes brings edits to the engine one after another, each on top of what
// holds by then. Everything runs on the UI goroutine but the job itself.
type changes struct {
	page    *Page
	waiting []change
	busy    bool
	since   uint64 // the version of the first snapshot with all that was sent
}

func (c *changes) add(ch change) {
	c.waiting = append(c.waiting, ch)
	c.next()
}

// settled reports whether a snapshot's settings have every edit in them.
func (c *changes) settled(s *app.Snapshot) bool {
	return !c.busy && len(c.waiting) == 0 && s.Version >= c.since
}

func (c *changes) next() {
	if c.busy || len(c.waiting) == 0 {
		return
	}
	ch := c.waiting[0]
	c.waiting, c.busy = c.waiting[1:], true
	c.page.host.Do(func(ctx context.Context) (func(), error) {
		now, err := c.send(ctx, ch.edit)
		if err != nil && ch.refused != nil {
			refusal := err
			return func() { c.done(now); ch.refused(refusal) }, nil
		}
		return func() { c.done(now) }, err
	})
}

// send applies an edit and returns a snapshot in which it holds, or doesn't
// where err says so; nil where nothing can be known.
func (c *changes) send(ctx context.Context, e edit) (*app.Snapshot, error) {
	engine := c.page.host.Engine
	s, err := engine.Next(ctx, 0)
	if err != nil {
		return nil, err
	}
	if err := engine.SetSettings(ctx, e(s.Settings)); err != nil {
		return s, err
	}
	return engine.Next(ctx, 0)
}

func (c *changes) done(now *app.Snapshot) {
	c.busy = false
	if now != nil {
		c.since = now.Version
		c.page.Show(now)
	}
	c.next()
}
