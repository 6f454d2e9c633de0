package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"grove/ui/look"
)

// fit is the height that o has at a width. Text that wraps only knows once it
// has the width, so o gets it.
func fit(o fyne.CanvasObject, width float32) float32 {
	o.Resize(fyne.NewSize(width, max(o.Size().Height, o.MinSize().Height)))
	return o.MinSize().Height
}

// controlUnits is how wide the controls beside a text are.
const controlUnits = 30

// row lays a text and its control beside each other, or below each other
// where there is no room for that.
type row struct{ width float32 }

func newRow(text, control fyne.CanvasObject) *fyne.Container {
	return container.New(&row{}, text, control)
}

func (r *row) narrow() bool { return r.width < look.Units(2*controlUnits+2) }

// Layout implements fyne.Layout.
func (r *row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	r.width = size.Width
	text, control := objects[0], objects[1]
	if r.narrow() {
		h := fit(text, r.width)
		text.Resize(fyne.NewSize(r.width, h))
		inset := theme.InnerPadding()
		w := min(r.width-2*inset, look.Units(1.5*controlUnits))
		control.Resize(fyne.NewSize(w, fit(control, w)))
		control.Move(fyne.NewPos(inset, h))
		return
	}
	w := look.Units(controlUnits)
	rest := r.width - w - look.Units(2)
	text.Resize(fyne.NewSize(rest, fit(text, rest)))
	control.Resize(fyne.NewSize(w, fit(control, w)))
	control.Move(fyne.NewPos(r.width-w, 0))
}

// MinSize implements fyne.Layout.
func (r *row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least := fyne.NewSize(look.Units(controlUnits), 0)
	if r.width == 0 {
		least.Height = objects[0].MinSize().Height + objects[1].MinSize().Height
		return least
	}
	r.Layout(objects, fyne.NewSize(r.width, 0))
	text, control := objects[0].Size().Height, objects[1].Size().Height
	if r.narrow() {
		least.Height = text + control
	} else {
		least.Height = max(text, control)
	}
	return least
}

// centre lays its object in the middle, at most so many grid units wide, with
// room around it.
type centre struct {
	units float32
	inner float32
}

// Layout implements fyne.Layout.
func (c *centre) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.inner = min(size.Width-look.Units(4), look.Units(c.units))
	objects[0].Resize(fyne.NewSize(c.inner, fit(objects[0], c.inner)))
	objects[0].Move(fyne.NewPos((size.Width-c.inner)/2, look.Units(2)))
}

// MinSize implements fyne.Layout.
func (c *centre) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := objects[0].MinSize().Height
	if c.inner > 0 {
		h = fit(objects[0], c.inner)
	}
	return fyne.NewSize(look.Units(controlUnits+4), h+look.Units(6))
}

// guide fills its room with a scroller and tells what is in it the width
// first: how high it is follows from that.
type guide struct{}

// Layout implements fyne.Layout.
func (guide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	scroll := objects[0].(*container.Scroll)
	scroll.Content.Resize(fyne.NewSize(size.Width, scroll.Content.Size().Height))
	scroll.Resize(size)
}

// MinSize implements fyne.Layout.
func (guide) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }
