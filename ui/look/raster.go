package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Raster shows what a pure function paints. The buffer is reused; the
// function is called on the UI goroutine with device pixels, only after
// Redraw or a change of size or theme.
type Raster struct {
	widget.BaseWidget
	paint func(m *image.RGBA, scale float32)
	min   length2
	name  string

	buf     *image.RGBA
	painted state
	dirty   bool
}

// state is what a picture depends on beside its numbers.
type state struct {
	palette Palette
	scale   float32
}

// length2 is a size that follows when the scale changes.
type length2 struct{ width, height length }

// NewRaster makes one of at least that size, as Units gives it. name is for
// those who do not see it; scale is device pixels a unit of which a Grid has
// 8.
func NewRaster(name string, min fyne.Size, paint func(m *image.RGBA, scale float32)) *Raster {
	r := &Raster{}
	r.set(name, min, paint)
	r.ExtendBaseWidget(r)
	return r
}

func (r *Raster) set(name string, min fyne.Size, paint func(m *image.RGBA, scale float32)) {
	r.name, r.paint, r.min = name, paint, length2{newLength(min.Width), newLength(min.Height)}
}

// Redraw paints anew.
func (r *Raster) Redraw() {
	r.dirty = true
	r.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (r *Raster) AccessibilityLabel() string { return r.name }

// AccessibilityRole implements fyne.Accessible.
func (r *Raster) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// MinSize implements fyne.CanvasObject.
func (r *Raster) MinSize() fyne.Size { return fyne.NewSize(r.min.width.now(), r.min.height.now()) }

// CreateRenderer implements fyne.Widget.
func (r *Raster) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRaster(r.generate))
}

// generate is called whenever the toolkit wants pixels, also when nothing
// changed.
func (r *Raster) generate(w, h int) image.Image {
	now := state{Now(), Units(1) / Grid}
	if s := r.Size().Width; s > 0 {
		now.scale *= float32(w) / s
	}
	fits := r.buf != nil && r.buf.Bounds().Dx() == w && r.buf.Bounds().Dy() == h
	if fits && !r.dirty && now == r.painted {
		return r.buf
	}
	if fits {
		clear(r.buf.Pix)
	} else {
		r.buf = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	r.painted, r.dirty = now, false
	r.paint(r.buf, now.scale)
	return r.buf
}
