package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/ui/look"
)

// guide fills its room with a scroller and tells what is in it the width
// first: how high it is follows from that.
type guide struct{}

// Layout implements fyne.Layout.
func (guide) Layout(o []fyne.CanvasObject, size fyne.Size) {
	scroll := o[0].(*container.Scroll)
	scroll.Content.Resize(fyne.NewSize(size.Width, scroll.Content.Size().Height))
	scroll.Resize(size)
}

// MinSize implements fyne.Layout.
func (guide) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// cells lays a name and figures beside each other, the figures in columns of
// one width; where there is no room for that, the figures go below the name.
type cells struct{ width float32 }

// figureUnits is the width of a column of figures.
const figureUnits = 14

func (c *cells) narrow(figures int) bool {
	return c.width < look.Units(float32(figures)*figureUnits+24)
}

// Layout implements fyne.Layout.
func (c *cells) Layout(o []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	name, high, n := o[0], o[0].MinSize().Height, float32(len(o)-1)
	wide, x, y := look.Units(figureUnits), c.width-n*look.Units(figureUnits), float32(0)
	if c.narrow(len(o) - 1) {
		wide, x, y = c.width/n, 0, high-look.Units(1)
		name.Resize(fyne.NewSize(c.width, high))
	} else {
		name.Resize(fyne.NewSize(x, high))
	}
	name.Move(fyne.Position{})
	for i, figure := range o[1:] {
		figure.Resize(fyne.NewSize(wide, figure.MinSize().Height))
		figure.Move(fyne.NewPos(x+float32(i)*wide, y))
	}
}

// MinSize implements fyne.Layout.
func (c *cells) MinSize(o []fyne.CanvasObject) fyne.Size {
	high := o[0].MinSize().Height
	if c.narrow(len(o) - 1) {
		high += o[1].MinSize().Height - look.Units(1)
	}
	return fyne.NewSize(look.Units(30), high)
}

// beside lays a picture and what belongs to it beside each other, the second
// so many grid units wide; below each other where there is no room for that.
type beside struct {
	units float32
	width float32
}

func (b *beside) narrow() bool { return b.width < look.Units(2*b.units+8) }

// Layout implements fyne.Layout.
func (b *beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	b.width = size.Width
	high := o[0].MinSize().Height
	if b.narrow() {
		o[0].Resize(fyne.NewSize(b.width, high))
		o[1].Resize(fyne.NewSize(b.width, o[1].MinSize().Height))
		o[1].Move(fyne.NewPos(0, high+look.Units(2)))
		return
	}
	w := look.Units(b.units)
	high = max(high, size.Height)
	o[0].Resize(fyne.NewSize(b.width-w-look.Units(2), high))
	o[1].Resize(fyne.NewSize(w, high))
	o[1].Move(fyne.NewPos(b.width-w, 0))
}

// MinSize implements fyne.Layout.
func (b *beside) MinSize(o []fyne.CanvasObject) fyne.Size {
	first, second := o[0].MinSize().Height, o[1].MinSize().Height
	if b.narrow() {
		return fyne.NewSize(look.Units(30), first+look.Units(2)+second)
	}
	return fyne.NewSize(look.Units(30), max(first, second))
}
