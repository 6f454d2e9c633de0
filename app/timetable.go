package app

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TimetableEntry holds from its time of day until that of the next one; the
// last of a day holds until the first of the next.
type TimetableEntry struct {
	From time.Duration `json:"from"` // since midnight, whole minutes below 24 h
	Down int64         `json:"down"` // bytes a second; 0 is none
	Up   int64         `json:"up"`
}

// Timetable are limits by time of day, in the order of From, each once.
type Timetable []TimetableEntry

const day = 24 * time.Hour

// at is the entry that holds at now, by its clock; nil without entries.
func (t Timetable) at(now time.Time) *TimetableEntry {
	if len(t) == 0 {
		return nil
	}
	clock := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
	last := len(t) - 1 // of the day before
	for i, e := range t {
		if e.From <= clock {
			last = i
		}
	}
	return &t[last]
}

func (t Timetable) check() error {
	for i, e := range t {
		if e.From < 0 || e.From >= day || e.From%time.Minute != 0 {
			return badInput("timetable: %s must be a time from 00:00 to 23:59", e.From)
		}
		if i > 0 && e.From <= t[i-1].From {
			return badInput("timetable: %s must be named once, in the order of the day", clockText(e.From))
		}
		for _, n := range []int64{e.Down, e.Up} {
			if err := checkRate("timetable: the limit at "+clockText(e.From), n); err != nil {
				return err
			}
		}
	}
	return nil
}

// ParseTimetable reads the form "08:00,512k:128k 23:00,off": times of day with
// the limits that begin then, down and up, in bytes a second with k, M and G
// for thousands. One limit alone is for both; off is none. The entries may
// come in any order. Errors are BadInput problems.
func ParseTimetable(s string) (Timetable, error) {
	var t Timetable
	for _, word := range strings.Fields(s) {
		e, err := parseEntry(word)
		if err != nil {
			return nil, err
		}
		t = append(t, e)
	}
	slices.SortFunc(t, func(a, b TimetableEntry) int { return cmp.Compare(a.From, b.From) })
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, nil
}

func parseEntry(s string) (e TimetableEntry, err error) {
	clock, limits, ok := strings.Cut(s, ",")
	if !ok {
		return e, badInput("timetable: %q must be a time, a comma and a limit, such as 08:00,512k", s)
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return e, badInput("timetable: %q must be a time from 00:00 to 23:59", clock)
	}
	e.From = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	down, up, two := strings.Cut(limits, ":")
	if e.Down, err = parseRate(down); err != nil {
		return e, err
	}
	if e.Up = e.Down; two {
		e.Up, err = parseRate(up)
	}
	return e, err
}

// rateUnits are the endings of rates, the largest first.
var rateUnits = []rateUnit{{"G", 1_000_000_000}, {"M", 1_000_000}, {"k", 1000}, {"", 1}}

type rateUnit struct {
	text  string
	bytes int64
}

const noRate = "off"

func parseRate(s string) (int64, error) {
	if s == noRate {
		return 0, nil
	}
	for _, u := range rateUnits {
		digits, ok := strings.CutSuffix(s, u.text)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || !(n*float64(u.bytes) >= minRate && n*float64(u.bytes) <= maxRate) {
			break
		}
		return int64(n * float64(u.bytes)), nil
	}
	return 0, badInput("timetable: %q must be off, or bytes a second such as 512k or 2M, from %s to %s",
		s, rateText(minRate), rateText(maxRate))
}

// String is the form that ParseTimetable reads.
func (t Timetable) String() string {
	words := make([]string, len(t))
	for i, e := range t {
		words[i] = clockText(e.From) + "," + rateText(e.Down)
		if e.Up != e.Down {
			words[i] += ":" + rateText(e.Up)
		}
	}
	return strings.Join(words, " ")
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute)
}

// rateText is exact, so that nothing is lost by showing and reading again.
func rateText(n int64) string {
	if n == 0 {
		return noRate
	}
	u := rateUnits[slices.IndexFunc(rateUnits, func(u rateUnit) bool { return n%u.bytes == 0 })]
	return strconv.FormatInt(n/u.bytes, 10) + u.text
}
