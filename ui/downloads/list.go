package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/ui/look"
)

// list is the list of downloads, with the keys of this place.
type list struct {
	widget.List
	key     func(fyne.KeyName) bool // reports whether it means something here
	trash   func()
	other   func(fyne.Shortcut) // what is the window's
	filling bool                // rows are being filled
}

// TypedKey implements fyne.Focusable.
func (l *list) TypedKey(e *fyne.KeyEvent) {
	if !l.key(e.Name) {
		l.List.TypedKey(e)
	}
}

// TypedShortcut implements fyne.Shortcutable. The toolkit takes Shift+Delete
// for its old meaning, cut; any other shortcut is the window's.
func (l *list) TypedShortcut(s fyne.Shortcut) {
	if cut, ok := s.(*fyne.ShortcutCut); ok && cut.Secondary {
		l.trash()
		return
	}
	l.other(s)
}

func newList(p *Page) *list {
	l := &list{key: p.typed, trash: func() { p.run(actTrash) }, other: func(s fyne.Shortcut) {
		if c, ok := p.host.Window.Canvas().(fyne.Shortcutable); ok {
			c.TypedShortcut(s)
		}
	}}
	l.Length = func() int { return len(p.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newRowView(p) }
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		l.filling = true
		defer func() { l.filling = false }()
		v := p.view(i)
		o.(*rowView).set(rowOf(v, p.shown[i].place, p.host.Words, p.host.Desk.CanOpen), p.pictures.of(v))
	}
	l.ExtendBaseWidget(l)
	return l
}

// typed handles a key in the list.
func (p *Page) typed(key fyne.KeyName) bool {
	switch key {
	case fyne.KeyUp:
		p.step(-1)
	case fyne.KeyDown:
		p.step(1)
	case fyne.KeyPageUp:
		p.step(-p.seen())
	case fyne.KeyPageDown:
		p.step(p.seen())
	case fyne.KeyHome:
		p.step(-len(p.shown))
	case fyne.KeyEnd:
		p.step(len(p.shown))
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.openDetail()
	case fyne.KeyEscape:
		p.closeDetail()
	case fyne.KeyDelete:
		p.run(actRemove)
	default:
		return false
	}
	return true
}

// seen is about how many rows the list shows at a time.
func (p *Page) seen() int { return max(int(p.list.Size().Height/look.Units(rowHeight+1)), 1) }

// step selects the row that many further down, or where nothing is selected
// the one where something was last.
func (p *Page) step(by int) {
	if len(p.shown) == 0 {
		return
	}
	at := p.index(p.selected)
	if at < 0 {
		at, by = p.last, 0
	}
	at = min(max(at+by, 0), len(p.shown)-1)
	p.choose(p.view(at).ID)
	p.list.ScrollTo(at)
}

// tapped selects a row and shows its detail.
func (p *Page) tapped(id uuid.UUID) {
	p.choose(id)
	p.host.Window.Canvas().Focus(p.list)
	p.openDetail()
}
