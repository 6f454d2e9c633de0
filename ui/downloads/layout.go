package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"grove/ui/look"
)

// stack lays objects below each other in the width there is, each as high as
// it is in that width. It asks for no width. With fill the last one takes the
// height that is left.
type stack struct{ fill bool }

// Layout implements fyne.Layout.
func (s *stack) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // which may break its lines anew
		height := o.MinSize().Height
		if s.fill && i == len(objects)-1 {
			height = max(height, size.Height-y)
		}
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, y))
		y += height + theme.Padding()
	}
}

// MinSize implements fyne.Layout.
func (s *stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for _, o := range objects {
		if o.Visible() {
			height += o.MinSize().Height + theme.Padding()
		}
	}
	return fyne.NewSize(0, height)
}

// flow lays objects beside each other, and on in the next line where there is
// no more room. It is as high as it was laid out last.
type flow struct{ height float32 }

// Layout implements fyne.Layout.
func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var x, y, line float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		min := o.MinSize()
		if x > 0 && x+min.Width > size.Width {
			x, y = 0, y+line+theme.Padding()
		}
		o.Move(fyne.NewPos(x, y))
		o.Resize(min)
		x, line = x+min.Width+theme.Padding(), min.Height
	}
	f.height = y + line
}

// MinSize implements fyne.Layout.
func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		if o.Visible() {
			widest = max(widest, o.MinSize().Width)
		}
	}
	return fyne.NewSize(widest, f.height)
}

// inset lays o where the text of a label begins and ends.
func inset(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), theme.InnerPadding()), o)
}

// column gives its one object a fixed width.
type column struct{ width float32 } // units of the grid

// Layout implements fyne.Layout.
func (c *column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
}

// MinSize implements fyne.Layout.
func (c *column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(look.Units(c.width), objects[0].MinSize().Height)
}

// beside lays two objects beside each other, the right one in a fixed width,
// or stacked below each other.
type beside struct {
	right   float32 // units of the grid
	stacked bool
}

// Layout implements fyne.Layout.
func (l *beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	u := look.Units(1)
	height := objects[0].MinSize().Height
	right, y, left := l.right*u, float32(0), size.Width-(l.right+3)*u
	if l.stacked {
		right, y, left = size.Width-2*u, height+u/2, size.Width-2*u
	}
	objects[0].Move(fyne.NewPos(u, 0))
	objects[0].Resize(fyne.NewSize(left, height))
	objects[1].Move(fyne.NewPos(size.Width-right-u, y))
	objects[1].Resize(fyne.NewSize(right, objects[1].MinSize().Height))
}

// MinSize implements fyne.Layout.
func (l *beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	if l.stacked {
		return fyne.NewSize(max(a.Width, b.Width), a.Height+look.Units(0.5)+b.Height)
	}
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}

// stage gives the whole room to its one object, and asks for none.
type stage struct{ page *Page }

// Layout implements fyne.Layout.
func (s *stage) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s.page.fit()
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
}

// MinSize implements fyne.Layout.
func (s *stage) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
