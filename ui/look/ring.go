package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/chart"
)

// Ring is what came from people and what from the origin, with a number in
// the middle and a word below it.
type Ring struct {
	widget.BaseWidget
	name          string
	peers, origin float64
	picture       *Raster
	middle, under *note
}

// NewRing makes an empty ring; name is for those who do not see it.
func NewRing(name string) *Ring {
	r := &Ring{name: name, middle: newNote(theme.ColorNameForeground, SizeBig), under: newNote(ColorQuiet, SizeSmall)}
	r.middle.TextStyle.Bold = true
	r.picture = NewRaster("", fyne.NewSize(1, 1), func(m *image.RGBA, scale float32) {
		chart.Share(m, scale, Colors(), r.peers, r.origin)
	})
	r.ExtendBaseWidget(r)
	return r
}

// Set takes over the two parts, in any unit, and the texts in the middle.
func (r *Ring) Set(peers, origin float64, middle, under string) {
	r.peers, r.origin = peers, origin
	r.middle.set(middle)
	r.under.set(under)
	r.Refresh()
	r.picture.Redraw()
}

// AccessibilityLabel implements fyne.Accessible.
func (r *Ring) AccessibilityLabel() string {
	return r.name + ", " + r.middle.Text.Text + " " + r.under.Text.Text
}

// AccessibilityRole implements fyne.Accessible.
func (r *Ring) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (r *Ring) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: r, objects: []fyne.CanvasObject{r.picture, r.middle.Text, r.under.Text},
		min:    func() fyne.Size { return fyne.NewSquareSize(Units(18)) },
		colour: func() { r.middle.dress(); r.under.dress() },
		layout: func(size fyne.Size) {
			side := min(size.Width, size.Height)
			r.picture.Move(fyne.NewPos((size.Width-side)/2, (size.Height-side)/2))
			r.picture.Resize(fyne.NewSquareSize(side))
			big, small := r.middle.MinSize().Height, r.under.MinSize().Height
			top := (size.Height - big - small) / 2
			r.middle.put(size.Width/2, top+big/2, 0.5)
			r.under.put(size.Width/2, top+big+small/2, 0.5)
		}})
}
