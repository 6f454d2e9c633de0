package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// drawn is the renderer of Grove's own widgets: fixed objects, laid out by one
// function and coloured by another, which is called at each refresh so that a
// change of theme is followed.
type drawn struct {
	widget  fyne.Widget
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	colour  func()
}

func newDrawn(d *drawn) *drawn {
	d.colour()
	return d
}

func (d *drawn) Layout(size fyne.Size)        { d.layout(size) }
func (d *drawn) MinSize() fyne.Size           { return d.min() }
func (d *drawn) Objects() []fyne.CanvasObject { return d.objects }
func (d *drawn) Destroy()                     {}

func (d *drawn) Refresh() {
	d.colour()
	d.layout(d.widget.Size())
	canvas.Refresh(d.widget)
}

// note is a small text beside a picture.
type note struct {
	*canvas.Text
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
}

func newNote(c fyne.ThemeColorName, size fyne.ThemeSizeName) *note {
	n := &note{canvas.NewText("", color.Transparent), c, size}
	n.dress()
	return n
}

// dress takes over the theme.
func (n *note) dress() {
	n.Color, n.TextSize = theme.Color(n.color), theme.Size(n.size)
	n.Refresh()
}

// put lays the text with its left edge, its middle or its right edge at x
// (0, 0.5, 1) and its vertical middle at y.
func (n *note) put(x, y, edge float32) {
	size := n.MinSize()
	n.Resize(size)
	n.Move(fyne.NewPos(x-edge*size.Width, y-size.Height/2))
}

func (n *note) set(s string) {
	if n.Text.Text != s {
		n.Text.Text = s
		n.Refresh()
	}
}
