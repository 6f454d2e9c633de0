// Package settings is the place where a person says how Grove behaves. Each
// choice is applied at once, and has its default beside it.
package settings

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

// Page is the place Settings. It is laid out when it is first seen.
type Page struct {
	host *host.Host
	texts
	changes changes
	outside host.Outside // how others reach this computer
	now     app.Settings // with every edit that was made here
	month   app.Month
	down    int64 // the limits that hold, bytes a second
	up      int64

	controls []control
	grouped  int // of controls, those that are in a group
	binds    *choice
	hours    *timetable
	reporter *widget.Button
	scroll   *container.Scroll
	content  fyne.CanvasObject // nil until it is first seen
	seen     bool
	showing  bool // every control is being shown
	moved    bool // and one of them needs another height
}

// control shows a setting of page.now, unless a person is changing it.
type control interface{ show() }

// New makes the page.
func New(h *host.Host) *Page {
	p := &Page{host: h, texts: newTexts(h.Words), now: app.DefaultSettings()}
	p.changes.page = p
	return p
}

// Content implements host.Page.
func (p *Page) Content() fyne.CanvasObject {
	if p.content == nil {
		all := look.Stack(3, look.Big(p.say.T("window.settings")), p.downloads(), p.sharing(), p.limits(), p.network(),
			p.finding(), p.reached(), p.window(), p.desktop(), p.about())
		p.scroll = container.NewVScroll(container.New(&centre{units: 90}, all))
		p.content = container.New(guide{}, p.scroll)
	}
	return p.content
}

// Show implements host.Page.
func (p *Page) Show(s *app.Snapshot) {
	if !p.seen {
		p.seen = true
		p.findInterfaces()
	}
	p.take(s)
	p.outside.Open(p.host, p.refresh)
}

// take takes over a snapshot; its settings only once they have in them what
// was changed here.
func (p *Page) take(s *app.Snapshot) {
	p.month, p.down, p.up = s.Month, s.Down, s.Up
	if p.changes.settled(s) {
		p.now = s.Settings
	}
	p.refresh()
}

// refresh shows every control, and lays the page out once for all of them.
func (p *Page) refresh() {
	p.showing = true
	for _, c := range p.controls {
		c.show()
	}
	p.showing = false
	if p.moved {
		p.relayout()
	}
}

// Commands implements host.Page.
func (p *Page) Commands() []host.Command {
	keys := func(key fyne.KeyName, more fyne.KeyModifier) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | more}
	}
	return []host.Command{
		{Text: p.say.T("settings.folder.choose"), Shortcut: keys(fyne.KeyD, 0), Do: p.chooseFolder},
		{Text: p.say.T("settings.data.reveal"), Shortcut: keys(fyne.KeyD, fyne.KeyModifierShift), Do: p.revealData},
		{Text: p.say.T("settings.report.make"), Shortcut: keys(fyne.KeyR, 0), Do: func() { p.reporter.Tapped(nil) }},
	}
}

// Close implements host.Page. What was typed and can be taken is applied.
func (p *Page) Close() {
	p.seen = false
	p.outside.Close()
	for _, c := range p.controls {
		if f, ok := c.(interface{ apply() }); ok {
			f.apply()
		}
	}
}

// change makes an edit, here at once and then in the engine. refused, where
// it is not nil, is told instead of the user when the engine does not take it.
func (p *Page) change(e edit, refused func(error)) {
	p.now = e(p.now)
	p.refresh()
	p.changes.add(change{e, refused})
}

// sentence is what an error says, with what to do about it.
func (p *Page) sentence(err error) string {
	what, advice, _ := p.say.Problem(app.AsProblem(err))
	return what + " " + advice
}

// findInterfaces offers the network interfaces there are now.
func (p *Page) findInterfaces() {
	p.host.Do(func(ctx context.Context) (func(), error) {
		names := p.host.Desk.Interfaces(ctx)
		return func() { p.binds.offer(p.bindOptions(names)) }, nil
	})
}

// relayout makes room for what has another height than before.
func (p *Page) relayout() {
	if p.moved = p.showing; !p.moved && p.scroll != nil {
		p.scroll.Refresh()
	}
}

// bring scrolls to what got the focus.
func (p *Page) bring(o fyne.CanvasObject) {
	if p.scroll == nil {
		return
	}
	driver := fyne.CurrentApp().Driver()
	y := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(p.scroll.Content).Y
	p.scroll.ScrollToOffset(fyne.NewPos(0, p.scroll.Offset.Y+reach(y, o.Size().Height, p.scroll.Offset.Y, p.scroll.Size().Height)))
}

// reach is how far to scroll until what lies at y, that high, is in a view
// that begins at top: as little as shows it with a unit of room.
func reach(y, high, top, view float32) float32 {
	room := look.Units(3)
	if y-room < top {
		return max(y-room, 0) - top
	}
	return max(y+high+room-top-view, 0)
}
