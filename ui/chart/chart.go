// Package chart paints: pure functions from numbers to an image.RGBA in
// device pixels. It knows no toolkit and no text; labels are laid beside the
// picture by whoever shows it. Numbers that are none, negative or beyond any
// measure are painted as nothing or as the most there is, and no function
// paints outside the bounds of its image.
package chart

import (
	"image/color"
	"math"
)

// Colors are what a chart is painted in.
type Colors struct {
	Ground, Line, Peers, Origin, Given, Wrong color.RGBA
	// Before is what was here already, Asked what is on its way.
	Before, Asked color.RGBA
}

// amount is v as a number to add and compare: 0 for what is none.
func amount(v float64) float64 {
	if v > 0 { // not NaN
		return min(v, math.MaxFloat64/8)
	}
	return 0
}

// part is v as a part of all, from 0 to 1.
func part(v, all float64) float64 {
	v, all = amount(v), amount(all)
	if all == 0 {
		return 0
	}
	return min(v/all, 1)
}

// units is scale as pixels a unit, between what can be painted.
func units(scale float32) float64 {
	if scale > 0.1 { // not NaN
		return min(float64(scale), 16)
	}
	return 0.1
}
