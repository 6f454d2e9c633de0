package chart

import "math"

// Top is the next human step (1, 2, 5 and their tens) at or above the largest
// value, with least as the lowest.
func Top(largest, least float64) float64 {
	want := max(amount(largest), amount(least))
	if want == 0 {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(want)))
	for _, step := range []float64{1, 2, 5, 10} {
		// A value on a step stays on it, whatever rounding made of the division.
		if want <= step*ten*(1+1e-9) {
			return step * ten
		}
	}
	return 10 * ten
}

// Settle is Top with a memory, so that a plot does not change its scale at
// every beat: it rises at once and falls only when the largest value is below
// two fifths of the previous top.
func Settle(previous, largest, least float64) float64 {
	top := Top(largest, least)
	if top < previous && amount(largest) >= 0.4*previous {
		return previous
	}
	return top
}
