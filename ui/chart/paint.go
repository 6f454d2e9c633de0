package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"sync"

	"golang.org/x/image/vector"
)

// fill paints a rectangle of m, in pixels from its upper left corner, with
// edges as soft as they are between two pixels.
func fill(m *image.RGBA, x0, y0, x1, y1 float64, c color.RGBA) {
	b := m.Bounds()
	x0, y0 = max(x0, 0), max(y0, 0)
	x1, y1 = min(x1, float64(b.Dx())), min(y1, float64(b.Dy()))
	if !(x0 < x1 && y0 < y1) {
		return
	}
	for y := int(y0); y < int(math.Ceil(y1)); y++ {
		down := min(float64(y+1), y1) - max(float64(y), y0)
		row := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := int(x0); x < int(math.Ceil(x1)); x++ {
			cover := down * (min(float64(x+1), x1) - max(float64(x), x0))
			blend(row[4*x:4*x+4:4*x+4], c, uint32(cover*256+0.5))
		}
	}
}

// rect paints a rectangle of whole pixels, which lies within m.
func rect(m *image.RGBA, x0, y0, x1, y1 int, c color.RGBA) {
	at := image.Rect(x0, y0, max(x0, x1), max(y0, y1)).Add(m.Bounds().Min)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		row := m.Pix[m.PixOffset(at.Min.X, y):m.PixOffset(at.Max.X, y)]
		for len(row) >= 4 {
			row[0], row[1], row[2], row[3] = c.R, c.G, c.B, c.A
			row = row[4:]
		}
	}
}

// blend lays c over a pixel, covering it in 256 steps.
func blend(p []uint8, c color.RGBA, cover uint32) {
	if cover >= 256 && c.A == 255 {
		p[0], p[1], p[2], p[3] = c.R, c.G, c.B, c.A
		return
	}
	under := 256*255 - uint32(c.A)*cover
	for i, v := range [4]uint8{c.R, c.G, c.B, c.A} {
		p[i] = uint8((uint32(v)*cover*255 + uint32(p[i])*under + 255*128) / (256 * 255))
	}
}

var brushes = sync.Pool{New: func() any { return &brush{r: vector.NewRasterizer(0, 0), mask: &image.Alpha{}} }}

// brush paints one shape of soft edges, given as closed outlines.
type brush struct {
	r    *vector.Rasterizer
	m    *image.RGBA
	mask *image.Alpha // how far the shape covers each pixel of m
}

func newBrush(m *image.RGBA) *brush {
	b := brushes.Get().(*brush)
	b.m = m
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	b.r.Reset(w, h)
	b.r.DrawOp = draw.Src
	b.mask.Pix = slices.Grow(b.mask.Pix[:0], w*h)[:w*h]
	b.mask.Stride, b.mask.Rect = w, image.Rect(0, 0, w, h)
	return b
}

func (b *brush) move(x, y float64) { b.r.MoveTo(float32(x), float32(y)) }
func (b *brush) line(x, y float64) { b.r.LineTo(float32(x), float32(y)) }
func (b *brush) close()            { b.r.ClosePath() }

// disc is a filled circle; all outlines of a brush turn the same way, so that
// where they overlap they are one shape.
func (b *brush) disc(x, y, radius float64) {
	const corners = 16
	for i := range corners {
		s, c := math.Sincos(float64(i) * 2 * math.Pi / corners)
		if i == 0 {
			b.move(x+radius*c, y+radius*s)
			continue
		}
		b.line(x+radius*c, y+radius*s)
	}
	b.close()
}

// stroke is the line from one point to another.
func (b *brush) stroke(x0, y0, x1, y1, width float64) {
	dx, dy := x1-x0, y1-y0
	long := math.Hypot(dx, dy)
	if long == 0 {
		return
	}
	nx, ny := -dy/long*width/2, dx/long*width/2
	b.move(x0+nx, y0+ny)
	b.line(x0-nx, y0-ny)
	b.line(x1-nx, y1-ny)
	b.line(x1+nx, y1+ny)
	b.close()
}

// paint paints the shape and gives the brush away. Most of a picture is not
// covered or covered fully, which a mask shows faster than a general blend.
func (b *brush) paint(c color.RGBA) {
	b.r.Draw(b.mask, b.mask.Rect, image.Opaque, image.Point{})
	for y := range b.mask.Rect.Dy() {
		row := b.m.Pix[b.m.PixOffset(b.m.Rect.Min.X, b.m.Rect.Min.Y+y):]
		for x, cover := range b.mask.Pix[y*b.mask.Stride:][:b.mask.Stride] {
			if cover > 0 {
				blend(row[4*x:4*x+4:4*x+4], c, uint32(cover)+uint32(cover)>>7)
			}
		}
	}
	b.m = nil
	brushes.Put(b)
}
