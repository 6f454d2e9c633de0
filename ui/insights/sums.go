package insights

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"grove/app"
	"grove/app/pack"
	"grove/ui/chart"
)

// sums are bytes over a span.
type sums struct{ peers, origin, given int64 }

func (s sums) received() int64 { return s.peers + s.origin }

func (s sums) none() bool { return s == sums{} }

func (s *sums) add(c app.Counts) {
	s.peers += max(c.Peers, 0)
	s.origin += max(c.Origin, 0)
	s.given += max(c.Given, 0)
}

// inside are the rows of the days of s. Rows of other days, as a clock that
// was wrong leaves them, and rows of no day count nowhere.
func inside(rows []app.LedgerRow, s span) []app.LedgerRow {
	first, last := s.bounds()
	return slices.DeleteFunc(slices.Clone(rows), func(r app.LedgerRow) bool {
		_, err := time.Parse(time.DateOnly, r.Day)
		return err != nil || r.Day < first || r.Day > last
	})
}

func total(rows []app.LedgerRow) (t sums) {
	for _, r := range rows {
		t.add(r.Counts)
	}
	return t
}

// byDay are the sums of each day of s in turn, also of those without a row.
func byDay(rows []app.LedgerRow, s span) []sums {
	at := map[string]*sums{}
	days := make([]sums, s.days())
	for i := range days {
		at[s.first.AddDate(0, 0, i).Format(time.DateOnly)] = &days[i]
	}
	for _, r := range rows {
		if d := at[r.Day]; d != nil {
			d.add(r.Counts)
		}
	}
	return days
}

// bars are days as they are painted.
func bars(days []sums) []chart.Day {
	out := make([]chart.Day, len(days))
	for i, d := range days {
		out[i] = chart.Day{Peers: float64(d.peers), Origin: float64(d.origin), Given: float64(d.given)}
	}
	return out
}

// parcel is what a package took and gave over a span.
type parcel struct {
	id   pack.ID
	name string // the latest
	sums
}

// byPackage are the packages of the rows, which are in the order of days.
func byPackage(rows []app.LedgerRow) []parcel {
	at := map[pack.ID]int{}
	var all []parcel
	for _, r := range rows {
		i, known := at[r.Package]
		if !known {
			i = len(all)
			at[r.Package] = i
			all = append(all, parcel{id: r.Package})
		}
		all[i].name = r.Name
		all[i].add(r.Counts)
	}
	return all
}

// order is what the table of packages is sorted by.
type order int

const (
	byReceived order = iota
	byPeers
	byOrigin
	byGiven
	byName
)

// orders are what they are called, in the order of their numbers.
var orders = []string{"insights.by.received", "insights.by.peers", "insights.by.origin", "insights.by.given", "insights.by.name"}

func (o order) of(p parcel) int64 {
	switch o {
	case byPeers:
		return p.peers
	case byOrigin:
		return p.origin
	case byGiven:
		return p.given
	case byReceived:
		return p.received()
	}
	return 0
}

// sorted is a copy of all by o, the largest first, and by name where that is
// the same.
func sorted(all []parcel, o order) []parcel {
	next, fold := slices.Clone(all), cases.Fold()
	slices.SortStableFunc(next, func(a, b parcel) int {
		if c := cmp.Compare(o.of(b), o.of(a)); c != 0 {
			return c
		}
		return strings.Compare(fold.String(a.name), fold.String(b.name))
	})
	return next
}

// picture is everything the page shows of the rows of a span.
type picture struct {
	span     span
	rows     []app.LedgerRow
	sums     sums
	days     []sums
	ways     [len(wayKeys)]way
	packages []parcel
}

func pictureOf(rows []app.LedgerRow, s span) picture {
	rows = inside(rows, s)
	return picture{s, rows, total(rows), byDay(rows, s), waysOf(rows), byPackage(rows)}
}

// same reports whether two pictures show the same.
func (p picture) same(o picture) bool { return p.span == o.span && slices.Equal(p.rows, o.rows) }

// givers are the packages that gave most, at most n.
func givers(all []parcel, n int) []parcel {
	gave := slices.DeleteFunc(sorted(all, byGiven), func(p parcel) bool { return p.given == 0 })
	return gave[:min(n, len(gave))]
}
