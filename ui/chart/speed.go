package chart

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// Point is one moment of Speed, in any unit.
type Point struct{ Peers, Origin, Given float64 }

// Speed paints the speed over time, oldest left and the newest at the right
// edge: peers below, the origin stacked on them, and given as a thin line with
// a dot where it is now; grid lines at the base, the middle and the top. top
// is the value at the upper edge (Settle chooses it); room for slots points is
// kept.
func Speed(m *image.RGBA, scale float32, c Colors, points []Point, slots int, top float64) {
	s := newSpeed(m, scale, points, slots, top)
	thin := max(1, math.Floor(s.unit))
	for _, at := range []float64{0, 0.5, 1} {
		y := math.Floor(s.y(at) - thin/2)
		fill(m, 0, y, s.right, y+thin, c.Line)
	}
	if s.right <= 0 || len(s.points) == 0 {
		return
	}
	s.area(c.Peers, func(p Point) (low, high float64) { return 0, s.part(p.Peers) })
	s.area(c.Origin, func(p Point) (low, high float64) {
		return s.part(p.Peers), s.part(amount(p.Peers) + amount(p.Origin))
	})
	s.given(c)
}

// speed is where things lie in the picture of Speed.
type speed struct {
	m             *image.RGBA
	unit          float64
	points        []Point
	step, right   float64 // between two points; of the newest
	base, highest float64 // of nothing and of top
	top           float64
}

func newSpeed(m *image.RGBA, scale float32, points []Point, slots int, top float64) *speed {
	if slots = max(slots, 2); len(points) > slots {
		points = points[len(points)-slots:]
	}
	unit := units(scale)
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	dot := 3 * unit // room for the dot at the end, also at the top
	return &speed{m: m, unit: unit, points: points, top: top,
		right: w - dot, step: (w - dot) / float64(slots-1),
		base: h - dot, highest: dot}
}

func (s *speed) part(v float64) float64 { return part(v, s.top) }

func (s *speed) y(part float64) float64 { return s.base - part*(s.base-s.highest) }

func (s *speed) x(i int) float64 { return s.right - float64(len(s.points)-1-i)*s.step }

// area fills what lies between two parts of the height at each point, if
// anything does.
func (s *speed) area(c color.RGBA, between func(Point) (low, high float64)) {
	if !slices.ContainsFunc(s.points, func(p Point) bool { low, high := between(p); return high > low }) {
		return
	}
	b := newBrush(s.m)
	b.move(s.x(0), s.base)
	for i, p := range s.points {
		_, high := between(p)
		b.line(s.x(i), s.y(high))
	}
	for i := len(s.points) - 1; i >= 0; i-- {
		low, _ := between(s.points[i])
		b.line(s.x(i), s.y(low))
	}
	b.close()
	b.paint(c)
}

// given draws the line of what was given, if anything was, with the ground on
// both sides of it, so that it is seen on any colour.
func (s *speed) given(c Colors) {
	if !slices.ContainsFunc(s.points, func(p Point) bool { return amount(p.Given) > 0 }) {
		return
	}
	s.line(c.Ground, 3.5*s.unit, 0)
	s.line(c.Given, 1.5*s.unit, 3*s.unit)
}

func (s *speed) line(c color.RGBA, width, end float64) {
	b := newBrush(s.m)
	at := func(i int) (x, y float64) { return s.x(i), s.y(s.part(s.points[i].Given)) }
	for i := range s.points {
		x, y := at(i)
		if i > 0 {
			fromX, fromY := at(i - 1)
			b.stroke(fromX, fromY, x, y, width)
		}
		b.disc(x, y, width/2)
	}
	x, y := at(len(s.points) - 1)
	b.disc(x, y, max(end, width/2))
	b.paint(c)
}
