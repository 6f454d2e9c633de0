// Package cards holds what comes in front of a page to be answered once: the
// welcome, the offer of a package, and the sharing of files.
//
// A card is a host.Page. It owns its widgets on the UI goroutine; what takes
// time is a job of the host that ends when the card closes. What a card says
// follows from plain structs by pure functions.
package cards

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// sheetWidth is how wide a card gets, in grid units.
const sheetWidth = 80

// sheet is a card: a body that scrolls where it does not fit, and below it a
// foot that is always seen. It begins at the top of the page, so that nothing
// moves when the body grows.
type sheet struct {
	root  *fyne.Container // what to show
	inner *fyne.Container // in the card: the body's scroll, a line, the foot
	body  *fyne.Container // in the scroll
	list  *fileList       // in the body; it gets shorter before the body scrolls. nil: none
}

func newSheet(body, foot fyne.CanvasObject, list *fileList) *sheet {
	s := &sheet{list: list}
	side := look.Units(inset)
	s.body = container.New(layout.NewCustomPaddedLayout(0, 0, side, side), body)
	s.inner = container.New(s, container.NewVScroll(s.body), look.Rule(), foot)
	s.root = container.New(centered{s}, look.Card(s.inner))
	return s
}

// refresh lays everything out anew, after texts in it changed.
func (s *sheet) refresh() {
	s.root.Refresh()
	s.inner.Refresh()
}

// centered puts a sheet in the middle of the page, no larger than it has to
// be.
type centered struct{ *sheet }

// MinSize implements fyne.Layout. A sheet fits into any window.
func (c centered) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(look.Units(30), look.Units(20))
}

// Layout implements fyne.Layout.
func (c centered) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	card, margin := objects[0], look.Units(2)
	room := size.SubtractWidthHeight(2*margin, 2*margin)
	room.Width = min(room.Width, look.Units(sheetWidth))
	card.Resize(room)
	frame := room.Height - c.inner.Size().Height
	room.Height = min(room.Height, c.wanted(c.inner.Size())+frame)
	card.Resize(room)
	card.Move(fyne.NewPos((size.Width-room.Width)/2, margin))
}

// inset is the room around what is in a sheet, beside what the card and the
// labels bring.
const inset = 1 // grid units

// wanted is the height with which nothing has to scroll, the list cut to what
// there is room for.
func (s *sheet) wanted(room fyne.Size) float32 {
	around := heightAt(s.inner.Objects[2], room.Width-2*look.Units(inset)) + 4*look.Units(inset)
	if s.list == nil {
		return heightAt(s.body, room.Width) + around
	}
	s.list.rows = rowsMost
	over := heightAt(s.body, room.Width) + around - room.Height
	if over > 0 {
		s.list.rows = max(rowsLeast, s.list.seen()-int(math.Ceil(float64(over/s.list.rowHeight()))))
	}
	return heightAt(s.body, room.Width) + around
}

// MinSize implements fyne.Layout.
func (s *sheet) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (s *sheet) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	scroll, line, foot, u := objects[0], objects[1], objects[2], look.Units(inset)
	low := heightAt(foot, size.Width-2*u)
	top := size.Height - low - u
	foot.Move(fyne.NewPos(u, top))
	foot.Resize(fyne.NewSize(size.Width-2*u, low))
	line.Move(fyne.NewPos(0, top-u))
	line.Resize(fyne.NewSize(size.Width, 1))
	heightAt(s.body, size.Width)
	scroll.Move(fyne.NewPos(0, u))
	scroll.Resize(fyne.NewSize(size.Width, top-3*u))
}

// heightAt is the height an object needs at a width. A text that wraps knows
// it only when it has that width.
func heightAt(o fyne.CanvasObject, width float32) float32 {
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	return o.MinSize().Height
}

// field is a row of a form: what it is, and beside that its rows. Where the
// card is narrow they go under it.
type field struct{}

const (
	fieldUnits  = 14 // of the first column
	narrowUnits = 44 // below which there is one column
)

func newField(name string, rows ...fyne.CanvasObject) *fyne.Container {
	title := look.Para(name)
	title.Importance = widget.LowImportance
	return container.New(field{}, title, look.Stack(-1, rows...))
}

// MinSize implements fyne.Layout.
func (field) MinSize(objects []fyne.CanvasObject) fyne.Size {
	title, rows := objects[0].MinSize().Height, objects[1].MinSize().Height
	if objects[1].Position().Y > 0 { // under it
		return fyne.NewSize(0, rows+objects[1].Position().Y)
	}
	return fyne.NewSize(0, max(title, rows))
}

// Layout implements fyne.Layout.
func (field) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	title, rows := objects[0], objects[1]
	at, left := fyne.NewPos(look.Units(fieldUnits), 0), look.Units(fieldUnits)
	if size.Width < look.Units(narrowUnits) {
		left = size.Width
		at = fyne.NewPos(0, heightAt(title, left)-look.Units(1))
	}
	title.Resize(fyne.NewSize(left, heightAt(title, left)))
	rows.Move(at)
	rows.Resize(fyne.NewSize(size.Width-at.X, heightAt(rows, size.Width-at.X)))
}

// pictured is a square picture with rows beside it. Where the card is narrow
// the picture gets smaller, and a large one stands above the rows.
type pictured struct{ side float32 } // grid units

// largeUnits is the side from which a picture has to be seen as it is.
const largeUnits = 20

// MinSize implements fyne.Layout.
func (p pictured) MinSize(objects []fyne.CanvasObject) fyne.Size {
	picture, rows := objects[0], objects[1]
	low := picture.Position().Y + picture.Size().Height + look.Units(1)
	return fyne.NewSize(0, max(low, rows.Position().Y+rows.MinSize().Height))
}

// Layout implements fyne.Layout.
func (p pictured) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	picture, rows, u := objects[0], objects[1], look.Units(1)
	side := look.Units(p.side)
	at := fyne.NewPos(side+2*u, 0)
	if size.Width < look.Units(narrowUnits+p.side/2) {
		if p.side < largeUnits {
			side /= 2
			at.X = side + 2*u
		} else {
			at = fyne.NewPos(0, side+2*u)
		}
	}
	picture.Move(fyne.NewPos(u, u))
	picture.Resize(fyne.NewSquareSize(side))
	rows.Move(at)
	rows.Resize(fyne.NewSize(size.Width-at.X, heightAt(rows, size.Width-at.X)))
}

// filled is an object with another right of it that takes the rest of the
// width, or under it where that is too little.
type filled struct{}

const restUnits = 18 // is enough

func (filled) fits(first fyne.CanvasObject, width float32) bool {
	return width-first.MinSize().Width-look.Units(1) >= look.Units(restUnits)
}

// MinSize implements fyne.Layout.
func (filled) MinSize(objects []fyne.CanvasObject) fyne.Size {
	one, two := objects[0].MinSize().Height, objects[1].MinSize().Height
	if objects[1].Position().Y > 0 {
		return fyne.NewSize(0, one+look.Units(1)+two)
	}
	return fyne.NewSize(0, max(one, two))
}

// Layout implements fyne.Layout.
func (f filled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	one, two := objects[0], objects[1]
	m := one.MinSize()
	one.Resize(m)
	at := fyne.NewPos(m.Width+look.Units(1), 0)
	if !f.fits(one, size.Width) {
		at = fyne.NewPos(0, m.Height+look.Units(1))
	}
	two.Move(at)
	two.Resize(fyne.NewSize(size.Width-at.X, two.MinSize().Height))
}
