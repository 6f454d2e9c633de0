package words

import (
	"math"
	"time"
)

// longest is the longest time that is said; what takes longer is not known.
const longest = 365 * 24 * time.Hour

// span is a time the way people say it: one number and its unit, hours with
// tens of minutes while they are few.
type span struct{ days, hours, minutes, seconds int }

// rounded makes d a span. Its steps are as coarse as what is said in speech.
func rounded(d time.Duration) span {
	minutes := int(math.Round(d.Minutes()))
	tens := (minutes + 5) / 10
	switch {
	case d < 10*time.Second:
		return span{seconds: int(math.Ceil(d.Seconds()))}
	case d < 57500*time.Millisecond:
		return span{seconds: int(math.Round(d.Seconds()/5)) * 5}
	case minutes < 10:
		return span{minutes: max(minutes, 1)}
	case minutes < 58:
		return span{minutes: (minutes + 2) / 5 * 5}
	case minutes < 10*60:
		return span{hours: tens / 6, minutes: tens % 6 * 10}
	case minutes < 24*60-30:
		return span{hours: (minutes + 30) / 60}
	case minutes < 36*60:
		return span{days: 1}
	}
	return span{days: (minutes + 12*60) / (24 * 60)}
}

// Left is a time still to go, rounded the way people say it and short enough
// for a row; "—" where nobody can know (negative).
func (w *Words) Left(d time.Duration) string {
	if d < 0 || d > longest {
		return unknown
	}
	s := rounded(d)
	switch {
	case s.days > 0:
		return w.N("unit.days", s.days)
	case s.hours > 0 && s.minutes > 0:
		return w.T("unit.h_min", "h", s.hours, "m", s.minutes)
	case s.hours > 0:
		return w.T("unit.h", "v", s.hours)
	case s.minutes > 0:
		return w.T("unit.min", "v", s.minutes)
	}
	return w.T("unit.s", "v", s.seconds)
}

// About is Left for a sentence: "about 4 minutes".
func (w *Words) About(d time.Duration) string {
	if d < 0 || d > longest {
		return unknown
	}
	s := rounded(d)
	var v string
	switch {
	case s.days > 0:
		v = w.N("unit.days", s.days)
	case s.hours > 0 && s.minutes > 0:
		v = w.T("unit.hours_minutes", "h", w.N("unit.hours", s.hours), "m", w.N("unit.minutes", s.minutes))
	case s.hours > 0:
		v = w.N("unit.hours", s.hours)
	case s.minutes > 0:
		v = w.N("unit.minutes", s.minutes)
	case s.seconds >= 10:
		v = w.N("unit.seconds", s.seconds)
	default:
		return w.T("unit.moments")
	}
	return w.T("unit.about", "v", v)
}

// Took is how long something took, exactly enough.
func (w *Words) Took(d time.Duration) string {
	switch {
	case d < 0 || d > 10*longest:
		return unknown
	case d < 59950*time.Millisecond:
		return w.T("unit.s", "v", w.print.Sprintf("%.1f", d.Seconds()))
	case d < time.Hour-500*time.Millisecond:
		s := int(d.Round(time.Second) / time.Second)
		return w.T("unit.min_s", "m", s/60, "s", s%60)
	}
	m := int(d.Round(time.Minute) / time.Minute)
	return w.T("unit.h_min", "h", w.Count(int64(m/60)), "m", m%60)
}
