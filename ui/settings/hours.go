package settings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"grove/app"
)

// night gives downloads the whole line between 23 and 8 o'clock.
var night = app.Timetable{{From: 8 * time.Hour, Down: 500_000, Up: 100_000}, {From: 23 * time.Hour}}

var clockForm = regexp.MustCompile(`^([0-9]{1,2})(?:[:.hH]([0-9]{2}))?$`)

// readClock reads a time of day: 8, 8:00, 08.00 or 8h00.
func readClock(text string) (time.Duration, bool) {
	m := clockForm.FindStringSubmatch(strings.TrimSpace(norm.NFKC.String(text)))
	if m == nil {
		return 0, false
	}
	hours, _ := strconv.Atoi(m[1])
	minutes, _ := strconv.Atoi("0" + m[2])
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute, true
}

// find is the place of the entry that holds from a time of day, -1 without
// one.
func find(t app.Timetable, from time.Duration) int {
	return slices.IndexFunc(t, func(e app.TimetableEntry) bool { return e.From == from })
}

// with is t with e in its place by time of day. The entry that was at place
// old, if any, is not in it.
func with(t app.Timetable, old int, e app.TimetableEntry) app.Timetable {
	next := without(t, old)
	at, _ := slices.BinarySearchFunc(next, e, func(a, b app.TimetableEntry) int { return int(a.From - b.From) })
	return slices.Insert(next, at, e)
}

// without is t without the entry at a place; -1 is none of them.
func without(t app.Timetable, at int) app.Timetable {
	next := slices.Clone(t)
	if at < 0 {
		return next
	}
	return slices.Delete(next, at, at+1)
}

// added is t with one more entry, an hour after the last or at the next hour
// that is free. With all 24 taken it is t.
func added(t app.Timetable) app.Timetable {
	from := 8 * time.Hour
	if len(t) > 0 {
		from = t[len(t)-1].From.Truncate(time.Hour) + time.Hour
	}
	for range 24 {
		if from %= 24 * time.Hour; find(t, from) < 0 {
			return with(t, -1, app.TimetableEntry{From: from})
		}
		from += time.Hour
	}
	return t
}
