package words

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a day of this computer's clock.
func (w *Words) Date(t time.Time) string {
	if !sayable(t) {
		return unknown
	}
	t = t.Local()
	day := strconv.Itoa(t.Day())
	if day == "1" {
		day = w.T("unit.day_one")
	}
	month := w.T("unit.month." + strconv.Itoa(int(t.Month())))
	return w.T("unit.date", "d", day, "month", month, "y", t.Year())
}

// Time is a day with the time of day.
func (w *Words) Time(t time.Time) string {
	if !sayable(t) {
		return unknown
	}
	return w.T("unit.time", "date", w.Date(t), "clock", w.TimeOfDay(t))
}

// TimeOfDay is the hour and minute of this computer's clock.
func (w *Words) TimeOfDay(t time.Time) string {
	if !sayable(t) {
		return unknown
	}
	return t.Local().Format("15:04")
}

// sayable reports whether t is a moment that anybody has a name for.
func sayable(t time.Time) bool { return !t.IsZero() && t.Year() > 0 && t.Year() < 10_000 }

// Clock is a time of day, given since midnight.
func (w *Words) Clock(d time.Duration) string {
	if d < 0 || d >= 24*time.Hour {
		return unknown
	}
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// Ago is how many days, weeks, months or years of the calendar t lies before
// now: "3 days ago", "today". What is to come has no such words.
func (w *Words) Ago(t, now time.Time) string {
	days := dayNumber(now) - dayNumber(t)
	switch {
	case !sayable(t) || days < 0 || days > 200*365:
		return unknown
	case days == 0:
		return w.T("unit.today")
	case days == 1:
		return w.T("unit.yesterday")
	case days < 14:
		return w.N("unit.days_ago", days)
	case days < 61:
		return w.N("unit.weeks_ago", days/7)
	case days < 730:
		return w.N("unit.months_ago", days*12/365)
	}
	return w.N("unit.years_ago", days/365)
}

// dayNumber counts the days of this computer's calendar.
func dayNumber(t time.Time) int {
	y, m, d := t.Local().Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
