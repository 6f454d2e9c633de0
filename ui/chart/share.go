package chart

import (
	"image"
	"math"
)

// Share paints a ring: peers' part, the origin's part, the hole free for text.
func Share(m *image.RGBA, scale float32, c Colors, peers, origin float64) {
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	unit := units(scale)
	r := ring{x: w / 2, y: h / 2, outer: min(w, h) / 2}
	r.inner = r.outer - min(14*unit, r.outer/2)
	if r.outer < 1 {
		return
	}
	peers, origin = amount(peers), amount(origin)
	if peers+origin == 0 {
		r.arc(newBrush(m), 0, 1).paint(c.Line)
		return
	}
	share := peers / (peers + origin)
	gap := 0.0
	if share > 0 && share < 1 {
		gap = min(3*unit/(2*math.Pi*r.outer), share/2, (1-share)/2)
	}
	if share > 0 {
		r.arc(newBrush(m), gap/2, share-gap/2).paint(c.Peers)
	}
	if share < 1 {
		r.arc(newBrush(m), share+gap/2, 1-gap/2).paint(c.Origin)
	}
}

type ring struct{ x, y, outer, inner float64 }

// arc outlines the ring between two parts of the turn, clockwise from above.
func (r ring) arc(b *brush, from, to float64) *brush {
	steps := max(2, int(r.outer*(to-from)*2*math.Pi/2))
	point := func(radius float64, i int) (x, y float64) {
		s, c := math.Sincos((from + (to-from)*float64(i)/float64(steps)) * 2 * math.Pi)
		return r.x + radius*s, r.y - radius*c
	}
	b.move(point(r.outer, 0))
	for i := 1; i <= steps; i++ {
		b.line(point(r.outer, i))
	}
	for i := steps; i >= 0; i-- {
		b.line(point(r.inner, i))
	}
	b.close()
	return b
}
