package cards

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
)

// Share is the card for sharing files of this computer: what they are called,
// who may have them and for how long; then how far their reading is; then the
// link, which is on the clipboard by then.
type Share struct {
	h       *host.Host
	paths   []string
	life    life
	content *fyne.Container // holds the sheet of the moment
	snap    *app.Snapshot   // the last shown, or nil
	outside host.Outside

	form    *shareForm
	reading *reading // nil when nothing is read
	made    *made    // nil before there is a link
}

// NewShare makes the card for files and folders, at least one.
func NewShare(h *host.Host, paths []string) *Share {
	c := &Share{h: h, paths: paths, life: newLife(), content: container.NewStack()}
	c.form = newShareForm(c)
	c.put(c.form.sheet)
	return c
}

// Content implements host.Page.
func (c *Share) Content() fyne.CanvasObject { return c.content }

// Show implements host.Page.
func (c *Share) Show(s *app.Snapshot) {
	first := c.snap == nil
	c.snap = s
	c.form.setObstacle(obstacleOf(s.Settings, c.h.Words))
	if c.made != nil {
		c.made.set(s.Transfer(c.made.id))
	}
	if first {
		c.h.Window.Canvas().Focus(c.form.title)
		c.askKeeper()
	}
	c.outside.Open(c.h, c.showWay)
}

// askKeeper offers the server that kept the last copy.
func (c *Share) askKeeper() {
	c.h.Do(func(ctx context.Context) (func(), error) {
		last := c.h.Desk.LastKeeper(ctx)
		return func() { c.form.keeper.offer(last) }, nil
	})
}

// showWay says whether the link leads here.
func (c *Share) showWay() {
	if c.made != nil {
		c.made.setWay(c.outside.Now)
	}
}

// Commands implements host.Page.
func (c *Share) Commands() []host.Command {
	w := c.h.Words
	return []host.Command{
		{Text: w.T("share.share"), Shortcut: ctrl(fyne.KeyReturn), Enabled: c.asking, Do: c.share},
		{Text: w.T("share.copy"), Shortcut: ctrl(fyne.KeyL), Enabled: func() bool { return c.made != nil }, Do: c.copy},
	}
}

// Close implements host.Page: what is being read is given up. A copy at a
// server goes on.
func (c *Share) Close() {
	c.life.end()
	c.outside.Close()
}

// asking reports whether the form is what is seen.
func (c *Share) asking() bool { return c.reading == nil && c.made == nil }

// put shows a sheet.
func (c *Share) put(s *sheet) {
	c.content.Objects = []fyne.CanvasObject{s.root}
	c.content.Refresh()
	c.h.Changed()
}

// share reads and signs the files and begins to give them.
func (c *Share) share() {
	if !c.asking() {
		return
	}
	r, ok := c.form.request(c.paths)
	if !ok {
		return
	}
	c.reading = newReading(c)
	c.put(c.reading.sheet)
	progress := c.follow(func(done, total int64) {
		if c.reading != nil {
			c.reading.set(readingOf(done, total, c.h.Words))
		}
	})
	c.h.Do(func(job context.Context) (func(), error) {
		ctx, end := c.life.within(job)
		defer end()
		id, err := c.h.Desk.Share(ctx, r, progress)
		if err != nil {
			return func() { c.failed(err) }, nil
		}
		link, err := c.h.Desk.Link(ctx, id)
		return func() { c.finished(id, link, r.KeepAt, err) }, nil
	})
}

// follow brings progress to the UI goroutine, each thousandth once: what goes
// on tells far more often than anybody can see. Any goroutine.
func (c *Share) follow(show func(done, total int64)) func(done, total int64) {
	var seen atomic.Int64
	return func(done, total int64) {
		if total <= 0 || seen.Swap(done*1000/total+1) == done*1000/total+1 {
			return
		}
		c.h.Post(func() { show(done, total) })
	}
}

// failed goes back to the form, which says why.
func (c *Share) failed(err error) {
	if c.life.over() {
		return
	}
	c.reading = nil
	c.form.refuse(err)
	c.put(c.form.sheet)
}

// finished shows the link, which goes to the clipboard at once. A share that
// was given up is taken back.
func (c *Share) finished(id uuid.UUID, link, server string, err error) {
	if c.life.over() {
		c.h.Do(func(ctx context.Context) (func(), error) { return nil, c.h.Engine.Remove(ctx, id) })
		return
	}
	c.reading = nil
	c.made = newMade(c, id, link, server, err)
	c.put(c.made.sheet)
	c.copy()
	c.h.Window.Canvas().Focus(c.made.done)
	if c.snap != nil {
		c.made.set(c.snap.Transfer(id))
	}
	c.showWay()
	if server != "" {
		c.keep()
	}
}

// keep has the server keep a copy. That goes on when the card is closed; what
// comes of it is then said at the foot of the window.
func (c *Share) keep() {
	m := c.made
	now, at := m.copying, m.copying.Server
	m.setCopy(now)
	progress := c.follow(func(have, size int64) {
		if !m.copying.Done {
			now.Have, now.Size = have, size
			m.setCopy(now)
		}
	})
	c.h.Do(func(ctx context.Context) (func(), error) {
		err := c.h.Desk.Keep(ctx, m.id, at, progress)
		if ctx.Err() != nil { // Grove ends
			return nil, nil
		}
		return func() {
			now.Done, now.Failed = err == nil, err
			c.kept(m, now)
		}, nil
	})
}

// kept shows what became of the copy.
func (c *Share) kept(m *made, now copying) {
	m.setCopy(now)
	switch {
	case c.life.over() && now.Failed != nil:
		c.h.Tell(now.Failed)
		return
	case c.life.over():
		c.h.Say(copyOf(now, c.h.Words).Text)
		return
	case c.snap != nil:
		m.set(c.snap.Transfer(m.id))
	}
	c.showWay()
}

func (c *Share) copy() {
	if c.made != nil && c.made.link != "" {
		c.h.Copy(c.made.link)
	}
}

// leave shows the share in its place.
func (c *Share) leave() {
	id := c.made.id
	c.h.Dismiss()
	c.h.Go(host.Shared)
	c.h.Select(id)
}

// turnOn takes away what keeps others from getting a share.
func (c *Share) turnOn() {
	s := without(c.snap.Settings)
	c.h.Do(func(ctx context.Context) (func(), error) {
		if err := c.h.Engine.SetSettings(ctx, s); err != nil {
			return nil, err
		}
		return func() { c.form.setObstacle("") }, nil
	})
}

var _ host.Page = (*Share)(nil)
