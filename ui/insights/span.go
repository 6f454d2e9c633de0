package insights

import (
	"time"

	"grove/ui/words"
)

// span is the days that are looked at, both included.
type span struct{ first, last time.Time } // noon of the day, UTC

// reach is how far back a person looks: so many days, or thisMonth.
type reach int

const thisMonth reach = 0

// reaches are those to choose from, and usual the one to begin with.
var reaches = []reach{7, 30, 90, 365, thisMonth}

const usual reach = 30

// date is a day of the calendar. In UTC every day has a noon, which is not so
// where clocks are put forward.
func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// until is the days that r reaches back from the day of now, by its clock.
func until(now time.Time, r reach) span {
	last := date(now)
	if r == thisMonth {
		return span{last.AddDate(0, 0, 1-last.Day()), last}
	}
	return span{last.AddDate(0, 0, 1-int(r)), last}
}

// days is how many days there are in s.
func (s span) days() int { return int(s.last.Sub(s.first).Hours()/24) + 1 }

// bounds are the first and the last day as the ledger names them.
func (s span) bounds() (first, last string) {
	return s.first.Format(time.DateOnly), s.last.Format(time.DateOnly)
}

// labels are what is written below the days of a plot: a week's days each,
// Mondays of a month, the first and the middle of a month in a quarter, and
// the months of a year.
func (s span) labels(say *words.Words) []string {
	labels := make([]string, s.days())
	for i := range labels {
		d := s.first.AddDate(0, 0, i)
		if n := len(labels); n > 92 && d.Day() == 1 {
			labels[i] = month(d, say)
		} else if labelled(d, n) {
			labels[i] = dayMonth(d, say)
		}
	}
	return labels
}

// labelled reports whether day d has its date below a plot of n days.
func labelled(d time.Time, n int) bool {
	switch {
	case n <= 7:
		return true
	case n <= 31:
		return d.Weekday() == time.Monday
	}
	return n <= 92 && (d.Day() == 1 || d.Day() == 15)
}

func month(d time.Time, say *words.Words) string { return say.T("unit.month." + d.Format("1")) }

// dayMonth is a date without its year.
func dayMonth(d time.Time, say *words.Words) string {
	day := d.Format("2")
	if day == "1" {
		day = say.T("unit.day_one")
	}
	return say.T("insights.date", "d", day, "month", month(d, say))
}

// nextMonth is the first day of the month after now's.
func nextMonth(now time.Time) time.Time {
	d := date(now)
	return d.AddDate(0, 0, 1-d.Day()).AddDate(0, 1, 0)
}
