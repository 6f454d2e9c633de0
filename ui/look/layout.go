package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// length is one that was measured with Units at the scale of that time and
// follows when the scale changes.
type length struct{ then, unit float32 }

func newLength(n float32) length { return length{n, Units(1)} }

func (l length) now() float32 { return l.then * Units(1) / l.unit }

// heightAt is how high o is at a width. Text that breaks its lines knows only
// once it has the width, so o gets it.
func heightAt(o fyne.CanvasObject, width float32) float32 {
	widen(o, width)
	return o.MinSize().Height
}

// widen gives o a width, and the height it has so far.
func widen(o fyne.CanvasObject, width float32) {
	if o.Size().Width != width {
		o.Resize(fyne.NewSize(width, max(o.Size().Height, o.MinSize().Height)))
	}
}

// place lays o where it belongs.
func place(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

// Narrow is an object no wider than width, as Units gives it, at the leading
// edge: lines of text stay short enough to read in a wide window.
func Narrow(width float32, o fyne.CanvasObject) *fyne.Container {
	w := newLength(width)
	return container.New(&boxed{
		width: func(all float32) float32 { return min(all, w.now()) },
		least: func(m fyne.Size) fyne.Size { return fyne.NewSize(min(m.Width, w.now()), m.Height) }}, o)
}

// Fixed is an object exactly so wide: a column whose neighbours do not move
// when its text changes.
func Fixed(width float32, o fyne.CanvasObject) *fyne.Container {
	w := newLength(width)
	return container.New(&boxed{
		width: func(float32) float32 { return w.now() },
		least: func(m fyne.Size) fyne.Size { return fyne.NewSize(w.now(), m.Height) }}, o)
}

// Tall is an object at least so high, for what takes any room it is given: a
// list, a plot, a map of pieces.
func Tall(height float32, o fyne.CanvasObject) *fyne.Container {
	h := newLength(height)
	return container.New(&boxed{
		width: func(all float32) float32 { return all },
		least: func(m fyne.Size) fyne.Size { return fyne.NewSize(m.Width, max(m.Height, h.now())) }}, o)
}

// boxed lays one object over the whole height, with a width of its own.
type boxed struct {
	width func(all float32) float32
	least func(fyne.Size) fyne.Size
}

func (b *boxed) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, b.width(size.Width), size.Height)
}

func (b *boxed) MinSize(o []fyne.CanvasObject) fyne.Size { return b.least(o[0].MinSize()) }

// Inset leaves the room around what is no text that text brings along, so that
// both begin at one line and stand equally far apart.
func Inset(o fyne.CanvasObject) *fyne.Container { return container.New(inset{}, o) }

type inset struct{}

func (inset) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], Units(1), Units(1), size.Width-Units(2), size.Height-Units(2))
}

func (inset) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(Units(2), Units(2))
}

// shown are the objects that are laid out.
func shown(objects []fyne.CanvasObject) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			out = append(out, o)
		}
	}
	return out
}
