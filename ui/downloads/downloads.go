// Package downloads is the place where downloads are watched: a line to get
// something, the list of what comes and came, and everything about the one
// that is selected.
package downloads

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
	want     wanted
	shown    []entry // in the list
	selected uuid.UUID
	sought   uuid.UUID // to be selected once it is there
	last     int       // where in the list something was last selected
	open     bool      // the detail of what is selected

	pictures *pictures
	link     *linkLine
	finder   *finder
	list     *list
	empty    fyne.CanvasObject // there are no downloads
	nothing  fyne.CanvasObject // there are none of those that are wanted
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
	p.link = newLinkLine(h)
	p.finder = newFinder(h.Words, p.narrowTo, p.closeDetail)
	p.list = newList(p)
	say := h.Words.T
	p.empty = look.Empty(say("downloads.empty.title"), say("downloads.empty.text"), say("downloads.empty.action"), p.link.focus)
	p.nothing = look.Empty(say("downloads.nothing.title"), say("downloads.nothing.text"), say("downloads.nothing.action"), p.showAll)
	p.upper = container.NewBorder(container.NewVBox(p.link.content, p.finder.content), nil, nil, nil,
		container.NewStack(p.list, p.empty, p.nothing))
	p.detail = newDetail(p)
	p.split = container.NewVSplit(p.upper, p.detail.content)
	p.detail.content.Hide()
	p.content = container.New(&stage{p}, p.split)
	p.finder.content.Hide()
	p.empty.Hide()
	p.nothing.Hide()
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
}

// Commands implements host.Page.
func (p *Page) Commands() []host.Command { return p.commands }

// Close implements host.Page.
func (p *Page) Close() {}

// Select selects a download, now or as soon as it is there, and shows its
// detail.
func (p *Page) Select(id uuid.UUID) {
	p.sought = id
	if p.snap != nil {
		p.Show(p.snap)
	}
}

// arrange takes the snapshot and what is wanted of it into the list.
func (p *Page) arrange() {
	found := false
	if p.sought != uuid.Nil {
		v := p.snap.Transfer(p.sought)
		found = v != nil && listed(v)
	}
	if found {
		p.selected, p.sought, p.open = p.sought, uuid.Nil, true
	}
	count := p.pick()
	if p.want != (wanted{}) && (count[kindAll] < finderFrom || found && p.index(p.selected) < 0) {
		p.want = wanted{}
		p.finder.reset()
		p.pick()
	}
	if p.current() == nil {
		p.selected, p.open = uuid.Nil, false
	}
	p.finder.show(count)
	changed := visible(p.finder.content, count[kindAll] >= finderFrom)
	visible(p.empty, count[kindAll] == 0)
	visible(p.nothing, count[kindAll] > 0 && len(p.shown) == 0)
	if changed {
		p.upper.Refresh()
	}
	p.mark()
	p.list.Refresh()
	if found {
		p.list.ScrollTo(p.last)
	}
	p.fit()
}

// pick fills the list with what is wanted.
func (p *Page) pick() (count [kinds]int) {
	p.shown, count = filter(p.snap, p.want, p.shown[:0])
	return count
}

// seeAgain shows a picture that has arrived.
func (p *Page) seeAgain() {
	if p.list.filling {
		return
	}
	p.list.Refresh()
	if p.open {
		p.detail.again()
	}
}

// mark marks the selected download in the list, wherever it went; what is in
// view stays there.
func (p *Page) mark() {
	at := p.index(p.selected)
	if at < 0 {
		p.list.UnselectAll()
		return
	}
	offset := p.list.GetScrollOffset()
	p.list.Select(at)
	if at != p.last { // where the keyboard is
		p.last = at
		p.list.Highlight(at)
	}
	if p.list.GetScrollOffset() != offset {
		p.list.ScrollToOffset(offset)
	}
}

// narrowTo takes over what the user is looking for.
func (p *Page) narrowTo(w wanted) {
	p.want = w
	if p.snap == nil {
		return
	}
	p.pick()
	if p.index(p.selected) < 0 {
		p.selected = uuid.Nil
	}
	p.arrange()
}

// showAll ends the narrowing.
func (p *Page) showAll() {
	p.finder.reset()
	p.narrowTo(wanted{})
}

// choose selects a download.
func (p *Page) choose(id uuid.UUID) {
	p.selected, p.sought = id, uuid.Nil
	p.mark()
	if p.open {
		p.detail.show()
	}
}

// openDetail shows everything about the selected download.
func (p *Page) openDetail() {
	if p.current() == nil {
		return
	}
	p.open = true
	p.fit()
	p.detail.show()
	if !p.upper.Visible() {
		p.host.Window.Canvas().Focus(p.detail.back)
	}
}

// closeDetail goes back to the list.
func (p *Page) closeDetail() {
	p.open = false
	p.fit()
	p.host.Window.Canvas().Focus(p.list)
}

// current is the selected download, or nil.
func (p *Page) current() *app.View {
	if p.snap == nil || p.selected == uuid.Nil {
		return nil
	}
	if at := p.index(p.selected); at >= 0 {
		return p.view(at)
	}
	return p.snap.Transfer(p.selected)
}

// view is the download in row i of the list.
func (p *Page) view(i int) *app.View { return &p.snap.Transfers[p.shown[i].view] }

// index is the row of a download, or -1.
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
	size := p.host.Window.Canvas().Size()
	thin := size.Width < look.Units(95)
	narrow := thin || size.Height < look.Units(70)
	if p.finder.setNarrow(thin) {
		p.upper.Refresh()
	}
	p.detail.setNarrow(narrow)
	upper := visible(p.upper, !p.open || !narrow)
	if visible(p.detail.content, p.open) || upper {
		p.split.Refresh()
	}
}

// visible shows or hides o and reports whether that changed anything.
func visible(o fyne.CanvasObject, on bool) bool {
	if o.Visible() == on {
		return false
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}
