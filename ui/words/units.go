package words

import "math"

// unknown stands for a figure that nobody can know, or that cannot be.
const unknown = "—"

// SetBits makes rates show as Mbit/s instead of MB/s.
func (w *Words) SetBits(on bool) { w.bits = on }

// Count is a whole number with the language's separators.
func (w *Words) Count(n int64) string {
	if n < 0 {
		return unknown
	}
	return w.print.Sprintf("%d", n)
}

// Size is a size in decimal units, as file managers show it.
func (w *Words) Size(n int64) string {
	switch {
	case n < 0:
		return unknown
	case n < 1000:
		return w.N("unit.bytes", int(n))
	}
	v := float64(n)
	for _, unit := range []string{"unit.kB", "unit.MB", "unit.GB", "unit.TB"} {
		if v /= 1000; v < 999.5 {
			return w.T(unit, "v", w.short(v))
		}
	}
	return w.T("unit.PB", "v", w.short(v/1000))
}

// Rate is a rate of bytes a second. MB/s from a tenth on, so that the unit of
// a line that is in use stays the same.
func (w *Words) Rate(v float64) string {
	k, m, g := "unit.kB_s", "unit.MB_s", "unit.GB_s"
	if w.bits {
		k, m, g = "unit.kbit_s", "unit.Mbit_s", "unit.Gbit_s"
		v *= 8
	}
	switch {
	case !(v >= 0 && v < 1e15): // NaN is neither
		return unknown
	case v < 99_500:
		return w.T(k, "v", w.whole(v/1e3))
	case v < 999.5e6:
		return w.T(m, "v", w.short(v/1e6))
	}
	return w.T(g, "v", w.short(v/1e9))
}

// short has one decimal below 100, which is what tells sizes apart.
func (w *Words) short(v float64) string {
	if v < 99.95 {
		return w.print.Sprintf("%.1f", v)
	}
	return w.whole(v)
}

func (w *Words) whole(v float64) string { return w.Count(int64(math.Round(v))) }

// Percent is part of whole, rounded down so that 100 % means all of it.
func (w *Words) Percent(part, whole int64) string {
	p := 100
	if whole > 0 && part < whole {
		p = int(float64(max(part, 0)) / float64(whole) * 100)
	}
	return w.percent(p)
}

func (w *Words) percent(p int) string { return w.T("unit.percent", "v", p) }

// List joins names: "a, b and c".
func (w *Words) List(names []string) string {
	if len(names) == 0 {
		return ""
	}
	s, last := names[0], len(names)-1
	for i, n := range names[1:] {
		key := "unit.list_comma"
		if i+1 == last {
			key = "unit.list_and"
		}
		s = w.T(key, "a", s, "b", n)
	}
	return s
}
