package shared

import (
	"fyne.io/fyne/v2"

	"grove/ui/look"
)

// stage gives the whole room to its one object, and asks for none.
type stage struct{ page *Page }

// Layout implements fyne.Layout.
func (s stage) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s.page.fit()
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
}

// MinSize implements fyne.Layout.
func (stage) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

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

// coded is a QR code with rows beside it, or above them where there is less
// room.
type coded struct{}

const (
	qrUnits     = 24
	narrowUnits = 56
)

// MinSize implements fyne.Layout.
func (coded) MinSize(objects []fyne.CanvasObject) fyne.Size {
	low := objects[1].Position().Y + objects[1].MinSize().Height
	return fyne.NewSize(0, max(low, objects[0].Position().Y+objects[0].Size().Height))
}

// Layout implements fyne.Layout.
func (coded) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	code, rows, u := objects[0], objects[1], look.Units(1)
	side := look.Units(qrUnits)
	at := fyne.NewPos(side+2*u, 0)
	switch {
	case !code.Visible():
		at, side = fyne.NewPos(0, 0), 0
	case size.Width < look.Units(narrowUnits):
		at = fyne.NewPos(0, side+u)
	}
	code.Move(fyne.NewPos(u, 0))
	code.Resize(fyne.NewSquareSize(side))
	rows.Move(at)
	width := size.Width - at.X
	rows.Resize(fyne.NewSize(width, rows.MinSize().Height))
	rows.Resize(fyne.NewSize(width, rows.MinSize().Height))
}
