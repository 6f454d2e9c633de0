// Package shared is the place for what others get from this computer: the
// list of shares, and the link of the one that is selected.
package shared

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

var _ host.Page = (*Page)(nil)

// Page is the place. All of it is owned by the UI goroutine.
type Page struct {
	host     *host.Host
	snap     *app.Snapshot // nil before the first
	shown    []int         // in the list: places in the snapshot
	selected uuid.UUID
	sought   uuid.UUID // to be selected once it is there
	last     int       // where in the list something was last selected
	open     bool      // the detail of what is selected
	outside  host.Outside

	pictures *pictures
	list     *list
	empty    fyne.CanvasObject
	upper    *fyne.Container
	detail   *detail
	split    *container.Split
	content  *fyne.Container
	commands []host.Command
}

// New makes the place.
func New(h *host.Host) *Page {
	p := &Page{host: h}
	p.pictures = newPictures(h, p.seeAgain)
	p.list = newList(p)
	say := h.Words.T
	p.empty = look.Empty(say("shared.empty_title"), say("shared.empty_text"), say("shared.empty_action"),
		func() { h.ChooseFiles(h.Share) })
	p.empty.Hide()
	p.upper = container.NewStack(p.list, p.empty)
	p.detail = newDetail(p)
	p.detail.content.Hide()
	p.split = container.NewVSplit(p.upper, p.detail.content)
	p.split.Offset = 0.4
	p.content = container.New(stage{p}, p.split)
	p.commands = p.newCommands()
	return p
}

// Content implements host.Page.
func (p *Page) Content() fyne.CanvasObject { return p.content }

// Show implements host.Page.
func (p *Page) Show(s *app.Snapshot) {
	p.snap = s
	p.arrange()
	if p.open {
		p.detail.show()
	}
	p.outside.Open(p.host, p.reached)
}

// reached shows that others reach this computer in another way than before.
func (p *Page) reached() {
	if v := p.current(); v != nil && p.open {
		p.detail.set(v)
	}
}

// Commands implements host.Page.
func (p *Page) Commands() []host.Command { return p.commands }

// Close implements host.Page.
func (p *Page) Close() { p.outside.Close() }

// Select selects a share, now or as soon as it is there, and shows its link.
func (p *Page) Select(id uuid.UUID) {
	p.sought = id
	if p.snap != nil {
		p.Show(p.snap)
	}
}

// arrange takes the shares of the snapshot into the list.
func (p *Page) arrange() {
	p.shown = p.shown[:0]
	for i := range p.snap.Transfers {
		if listed(&p.snap.Transfers[i]) {
			p.shown = append(p.shown, i)
		}
	}
	found := p.sought != uuid.Nil && p.index(p.sought) >= 0
	if found {
		p.selected, p.sought, p.open = p.sought, uuid.Nil, true
	}
	if p.current() == nil {
		p.selected, p.open = uuid.Nil, false
	}
	visible(p.empty, len(p.shown) == 0)
	visible(p.list, len(p.shown) > 0)
	p.mark()
	p.list.Refresh()
	if found {
		p.list.ScrollTo(p.last)
	}
	p.fit()
}

// seeAgain shows a picture that has arrived.
func (p *Page) seeAgain() {
	if !p.list.filling {
		p.list.Refresh()
	}
}

// mark marks the selected share in the list, wherever it went; what is in
// view stays there.
func (p *Page) mark() {
	at := p.index(p.selected)
	if at < 0 {
		p.list.UnselectAll()
		return
	}
	offset := p.list.GetScrollOffset()
	p.last = at
	p.list.Select(at)
	if p.list.GetScrollOffset() != offset {
		p.list.ScrollToOffset(offset)
	}
}

// choose selects a share.
func (p *Page) choose(id uuid.UUID) {
	p.selected, p.sought = id, uuid.Nil
	p.mark()
	p.host.Changed()
	if p.open {
		p.detail.show()
	}
}

// tapped selects a row and shows its detail.
func (p *Page) tapped(id uuid.UUID) {
	p.choose(id)
	p.openDetail()
}

// step selects the row that many further down. Where nothing is selected the
// first step is to where something was last.
func (p *Page) step(by int) {
	if len(p.shown) == 0 {
		return
	}
	at := p.index(p.selected)
	switch {
	case at >= 0:
	case by > 0:
		at, by = p.last, by-1
	default:
		at, by = p.last, by+1
	}
	at = min(max(at+by, 0), len(p.shown)-1)
	p.choose(p.view(at).ID)
	p.list.ScrollTo(at)
}

// openDetail shows everything about the selected share.
func (p *Page) openDetail() {
	if p.current() == nil {
		return
	}
	p.open = true
	p.fit()
	p.detail.show()
	if p.upper.Visible() {
		p.host.Window.Canvas().Focus(p.list)
	} else {
		p.host.Window.Canvas().Focus(p.detail.back)
	}
}

// closeDetail goes back to the list.
func (p *Page) closeDetail() {
	p.open = false
	p.fit()
	p.host.Window.Canvas().Focus(p.list)
}

// current is the selected share, or nil.
func (p *Page) current() *app.View {
	if at := p.index(p.selected); at >= 0 {
		return p.view(at)
	}
	return nil
}

// view is the share in row i of the list.
func (p *Page) view(i int) *app.View { return &p.snap.Transfers[p.shown[i]] }

// index is the row of a share, or -1.
func (p *Page) index(id uuid.UUID) int {
	if p.last < len(p.shown) && p.view(p.last).ID == id { // as a rule
		return p.last
	}
	for i := range p.shown {
		if p.view(i).ID == id {
			return i
		}
	}
	return -1
}

// fit shares the room between list and detail: both where there is enough,
// else the one that is wanted.
func (p *Page) fit() {
	size := p.content.Size()
	narrow := size.Height < look.Units(64)
	p.detail.setNarrow(narrow)
	upper := visible(p.upper, !p.open || !narrow)
	if visible(p.detail.content, p.open) || upper {
		p.split.Refresh()
	}
}
