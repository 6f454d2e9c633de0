package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/ui/look"
)

// frame lays the sidebar beside the rest. Where the window gets narrow the
// sidebar keeps its icons only.
type frame struct {
	side *sidebar
}

const (
	sideWide   = 200 // of the sidebar, at scale 1
	narrowFrom = 760 // width of the window, at scale 1
)

func newFrame(s *sidebar, rest fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&frame{s}, container.NewPadded(s.content), look.Rule(), rest)
}

// MinSize implements fyne.Layout.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size { return leastSize }

// Layout implements fyne.Layout.
func (f *frame) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.side.collapse(size.Width < look.Units(narrowFrom/look.Grid))
	wide := look.Units(sideWide / look.Grid)
	if f.side.narrow {
		wide = objects[0].MinSize().Width
	}
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(wide, size.Height))
	objects[1].Move(fyne.NewPos(wide, 0))
	objects[1].Resize(fyne.NewSize(1, size.Height))
	objects[2].Move(fyne.NewPos(wide+1, 0))
	objects[2].Resize(fyne.NewSize(size.Width-wide-1, size.Height))
}
