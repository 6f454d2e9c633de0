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

// Close implements host.Page: what is being read is given up.
func (c *Share) Close() { c.life.end() }

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
	r := c.form.request(c.paths)
	c.reading = newReading(c)
	c.put(c.reading.sheet)
	progress := c.follow()
	c.h.Do(func(job context.Context) (func(), error) {
		ctx, end := c.life.within(job)
		defer end()
		id, err := c.h.Desk.Share(ctx, r, progress)
		if err != nil {
			return func() { c.failed(err) }, nil
		}
		link, err := c.h.Desk.Link(ctx, id)
		return func() { c.finished(id, link, err) }, nil
	})
}

// follow brings progress to the card, each thousandth once: reading tells far
// more often than anybody can see. Any goroutine.
func (c *Share) follow() func(done, total int64) {
	var seen atomic.Int64
	return func(done, total int64) {
		if total <= 0 || seen.Swap(done*1000/total+1) == done*1000/total+1 {
			return
		}
		c.h.Post(func() {
			if c.reading != nil {
				c.reading.set(readingOf(done, total, c.h.Words))
			}
		})
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
func (c *Share) finished(id uuid.UUID, link string, err error) {
	if c.life.over() {
		c.h.Do(func(ctx context.Context) (func(), error) { return nil, c.h.Engine.Remove(ctx, id) })
		return
	}
	c.reading = nil
	c.made = newMade(c, id, link, err)
	c.put(c.made.sheet)
	c.copy()
	c.h.Window.Canvas().Focus(c.made.done)
	if c.snap != nil {
		c.made.set(c.snap.Transfer(id))
	}
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
