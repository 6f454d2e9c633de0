// Package publishers is the place that lists whose packages this computer has
// seen, by the keys that signed them.
package publishers

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// Page is the place Publishers. It is laid out when it is first seen.
type Page struct {
	host *host.Host
	say  *words.Words

	known     []app.Publisher
	transfers []app.View
	marks     []mark
	all       []entry
	shown     []entry // of all, those that are searched for
	chosen    pack.PublicKey

	loading, again bool // publishers are being asked for, and are to be asked for again
	seen           bool

	list    *widget.List
	search  *search
	finding fyne.CanvasObject // the search with its room
	detail  *detail
	pair    *pair
	at      int  // the row that is marked, -1 for none
	placing bool // the mark follows chosen, not a person
	area    *fyne.Container
	both    fyne.CanvasObject
	empty   fyne.CanvasObject
}

// New makes the page.
func New(h *host.Host) *Page { return &Page{host: h, say: h.Words} }

// Content implements host.Page.
func (p *Page) Content() fyne.CanvasObject {
	if p.area == nil {
		p.build()
	}
	return p.area
}

func (p *Page) build() {
	p.list = widget.NewList(func() int { return len(p.shown) },
		func() fyne.CanvasObject { return newRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(rowOf(p.shown[i], p.say)) })
	p.list.OnSelected = func(i widget.ListItemID) {
		if !p.placing {
			p.at = i
			p.choose(p.shown[i].key)
		}
	}
	p.search = newSearch(p.say.T("publishers.search"), p.filter)
	p.finding = look.Inset(p.search)
	p.detail = newDetail(p)
	p.at, p.pair = -1, &pair{turned: p.mark}
	room := look.Units(2)
	left := container.New(layout.NewCustomPaddedLayout(room, 0, room, 0), container.NewBorder(
		container.NewVBox(look.Big(p.say.T("window.publishers")), p.finding), nil, nil, nil, p.list))
	p.both = container.New(p.pair, left, p.detail.content)
	p.empty = look.Empty(p.say.T("publishers.empty.title"), p.say.T("publishers.empty.text"), p.say.T("publishers.empty.action"),
		func() { p.host.Go(host.Downloads) })
	p.area = container.NewStack()
}

// Show implements host.Page.
func (p *Page) Show(s *app.Snapshot) {
	if p.seen && unchanged(p.marks, s.Transfers) {
		return
	}
	p.seen, p.transfers, p.marks = true, s.Transfers, marks(s.Transfers)
	p.load()
}

// Commands implements host.Page.
func (p *Page) Commands() []host.Command {
	if p.area == nil {
		p.build()
	}
	keys := func(key fyne.KeyName, more fyne.KeyModifier) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | more}
	}
	d, focus := p.detail, func(f fyne.Focusable) func() { return func() { p.host.Window.Canvas().Focus(f) } }
	chosen := func() bool { return place(p.all, p.chosen) >= 0 }
	return []host.Command{
		{Text: p.say.T("publishers.search"), Shortcut: keys(fyne.KeyF, 0), Enabled: func() bool { return len(p.all) >= searchFrom }, Do: focus(p.search)},
		{Text: p.say.T("publishers.rename"), Shortcut: keys(fyne.KeyE, 0), Enabled: chosen, Do: focus(d.name)},
		{Text: p.say.T("publishers.copy_key"), Shortcut: keys(fyne.KeyK, 0), Enabled: chosen, Do: d.copyKey},
		{Text: p.say.T("publishers.block"), Shortcut: keys(fyne.KeyB, 0), Enabled: func() bool { return chosen() && d.block.Visible() }, Do: d.askBlock},
		{Text: p.say.T("publishers.unblock"), Shortcut: keys(fyne.KeyB, fyne.KeyModifierShift),
			Enabled: func() bool { return chosen() && d.unblock.Visible() }, Do: d.doUnblock},
	}
}

// Close implements host.Page. A name that was typed is kept.
func (p *Page) Close() {
	p.seen = false
	if p.detail != nil {
		p.detail.name.apply()
	}
}

// load asks for the publishers; one question at a time.
func (p *Page) load() {
	if p.loading {
		p.again = true
		return
	}
	p.loading = true
	p.host.Do(func(ctx context.Context) (func(), error) {
		known, err := p.host.Engine.Publishers(ctx)
		if err != nil {
			return func() { p.loading = false; p.fail(err) }, nil
		}
		return func() { p.loading = false; p.take(known) }, nil
	})
}

func (p *Page) take(known []app.Publisher) {
	if p.again {
		p.again = false
		p.load()
		return
	}
	p.known = known
	p.all = entries(known, p.transfers)
	if len(p.all) == 0 {
		p.bring(p.empty)
		p.host.Changed()
		return
	}
	p.bring(p.both)
	if many := len(p.all) >= searchFrom; many != p.finding.Visible() {
		setVisible(p.finding, many)
		p.both.Refresh()
	}
	if place(p.all, p.chosen) < 0 {
		p.chosen = p.all[0].key
		p.pair.open = false
	}
	p.filter()
}

// fail says why there is no list.
func (p *Page) fail(err error) {
	what, advice, _ := p.say.Problem(app.AsProblem(err))
	p.bring(look.Empty(what, advice, p.say.T("common.try_again"), p.load))
}

func (p *Page) bring(o fyne.CanvasObject) {
	if len(p.area.Objects) != 1 || p.area.Objects[0] != o {
		p.area.Objects = []fyne.CanvasObject{o}
		p.area.Refresh()
	}
}

// filter shows those that are searched for, and the one that is chosen.
func (p *Page) filter() {
	p.shown = matching(p.all, p.search.Text)
	p.list.Refresh()
	p.mark()
	p.showDetail()
}

// mark marks the row of the one that is chosen. A list that is seen alone has
// no mark, so that any row can be tapped.
func (p *Page) mark() {
	setVisible(p.detail.back, p.pair.narrow)
	i := place(p.shown, p.chosen)
	if p.pair.narrow {
		i = -1
	}
	if i == p.at {
		return
	}
	p.placing, p.at = true, i
	p.list.UnselectAll()
	if i >= 0 {
		p.list.Select(i)
	}
	p.placing = false
}

// choose shows a publisher's detail.
func (p *Page) choose(key pack.PublicKey) {
	p.chosen, p.pair.open = key, true
	p.showDetail()
	p.mark()
	p.both.Refresh()
}

// back shows the list again, where there is room for one of both only.
func (p *Page) back() {
	p.pair.open = false
	p.both.Refresh()
}

func (p *Page) showDetail() {
	if i := place(p.all, p.chosen); i >= 0 {
		some, more := items(p.transfers, p.chosen)
		p.detail.show(p.all[i], some, more)
	}
	p.host.Changed()
}

// set names or blocks a publisher; failed, where it is not nil, is called
// when that did not work.
func (p *Page) set(e entry, name string, blocked bool, failed func()) {
	p.host.Do(func(ctx context.Context) (func(), error) {
		err := p.host.Engine.SetPublisher(ctx, e.key, name, blocked)
		if err != nil && failed != nil {
			return failed, err
		}
		return p.load, err
	})
}

func setVisible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
