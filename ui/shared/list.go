package shared

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// list is the list of shares, with the keys of this place.
type list struct {
	widget.List
	page    *Page
	filling bool // rows are being filled
}

func newList(p *Page) *list {
	l := &list{page: p}
	l.Length = func() int { return len(p.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newRowView(p) }
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		l.filling = true
		defer func() { l.filling = false }()
		v := p.view(i)
		o.(*rowView).set(rowOf(v, p.host.Words), p.pictures.of(v))
	}
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements fyne.Focusable.
func (l *list) TypedKey(e *fyne.KeyEvent) {
	p := l.page
	switch e.Name {
	case fyne.KeyUp:
		p.step(-1)
	case fyne.KeyDown:
		p.step(1)
	case fyne.KeyPageUp:
		p.step(-l.seen())
	case fyne.KeyPageDown:
		p.step(l.seen())
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
	}
}

// seen is about how many rows there are room for.
func (l *list) seen() int { return max(int(l.Size().Height/look.Units(rowHeight+0.5)), 1) }

// TypedShortcut implements fyne.Shortcutable: copying copies the link of what
// is selected. Any other shortcut is the window's.
func (l *list) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); ok {
		l.page.run(actCopy)
		return
	}
	if c, ok := l.page.host.Window.Canvas().(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}
