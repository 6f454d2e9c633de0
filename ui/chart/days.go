package chart

import (
	"image"
	"math"
)

// Day is one bar of Days.
type Day struct{ Peers, Origin, Given float64 }

// Days paints a bar a day: received upwards (peers below, origin on them),
// given downwards from the same line. top is the value at the upper edge,
// bottom at the lower one, both positive.
func Days(m *image.RGBA, scale float32, c Colors, days []Day, top, bottom float64) {
	unit := units(scale)
	h := float64(m.Bounds().Dy())
	zero := DaysZero(h, top, bottom)
	thin := max(1, math.Floor(unit))
	for _, y := range []float64{0, (zero - thin) / 2} {
		fill(m, 0, math.Floor(y), float64(m.Bounds().Dx()), math.Floor(y)+thin, c.Line)
	}
	for i, d := range days {
		x0, x1 := DaysColumn(float64(m.Bounds().Dx()), unit, len(days), i)
		peers := part(d.Peers, top) * (zero - thin)
		all := part(amount(d.Peers)+amount(d.Origin), top) * (zero - thin)
		given := part(d.Given, bottom) * (h - zero)
		fill(m, x0, zero-thin-peers, x1, zero-thin, c.Peers)
		fill(m, x0, zero-thin-all, x1, zero-thin-peers, c.Origin)
		fill(m, x0, zero, x1, zero+given, c.Given)
	}
	fill(m, 0, zero-thin, float64(m.Bounds().Dx()), zero, c.Before)
}

// DaysZero is where the line between received and given lies, from above.
func DaysZero(height, top, bottom float64) float64 {
	top, bottom = amount(top), amount(bottom)
	if top+bottom == 0 {
		return height
	}
	return math.Round(height * top / (top + bottom))
}

// DaysColumn is where the bar of a day begins and ends, in pixels.
func DaysColumn(width, unit float64, days, i int) (from, to float64) {
	pitch := width / float64(max(days, 1))
	wide := min(pitch*0.72, 24*unit)
	if wide >= 3 {
		wide = math.Floor(wide)
	}
	from = float64(i)*pitch + (pitch-wide)/2
	if wide >= 3 {
		from = math.Floor(from)
	}
	return from, from + wide
}
