package local

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"grove/app"
)

// Span is what of the ledger is asked for: the days from From to To, both
// included, as in 2026-01-31.
type Span struct {
	From, To string
	By       string // day, package or class; "": a line for each day and package
}

// spanOf reads the parameters of a question. One that is not known would change
// what is meant, and is refused as Check refuses.
func spanOf(q url.Values) (s Span, err error) {
	into := map[string]*string{"from": &s.From, "to": &s.To, "by": &s.By}
	for name, values := range q {
		if into[name] == nil || len(values) > 1 {
			return s, app.NewProblem(app.BadInput, fmt.Sprintf("A ledger is asked for with from, to and by, each once, not with %q", name), nil)
		}
		*into[name] = values[0]
	}
	return s, nil
}

// Check fills in what is not given: the month of now, or, beside the other one,
// the first or the last of all days. It refuses what is no day and no way to
// add up with a BadInput problem.
func (s *Span) Check(now time.Time) error {
	if s.From == "" && s.To == "" {
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		s.From, s.To = first.Format(time.DateOnly), first.AddDate(0, 1, -1).Format(time.DateOnly)
	}
	s.From, s.To = cmp.Or(s.From, "0000-01-01"), cmp.Or(s.To, "9999-12-31")
	for _, d := range [][2]string{{"from", s.From}, {"to", s.To}} {
		if _, err := time.Parse(time.DateOnly, d[1]); err != nil {
			return app.NewProblem(app.BadInput, fmt.Sprintf("%s is a day as in 2026-01-31, not %q", d[0], d[1]), nil)
		}
	}
	if s.From > s.To {
		return app.NewProblem(app.BadInput, fmt.Sprintf("from is after to, so nothing lies between %s and %s", s.From, s.To), nil)
	}
	if sums[s.By] == nil {
		return app.NewProblem(app.BadInput, fmt.Sprintf("by is day, package or class, not %q", s.By), nil)
	}
	return nil
}

// Book is a part of the ledger, and what is left of this month's budget.
type Book struct {
	Stamp
	Lines []Entry `json:"lines"`
	Month Month   `json:"month"`
}

// Entry is a line of the ledger, in bytes of content. What it is not about is
// left out: a sum of a day has no package, and one of a class no other classes.
type Entry struct {
	Day        string    `json:"day,omitempty"`
	Class      string    `json:"class,omitempty"` // lan, near, far, origin or mirror
	Package    string    `json:"package,omitempty"`
	Name       string    `json:"name,omitempty"`
	Received   int64     `json:"received"`
	Given      int64     `json:"given"`
	Wasted     int64     `json:"wasted"`
	ReceivedBy *Received `json:"received_by,omitempty"`
	GivenBy    *Given    `json:"given_by,omitempty"`
}

// Received is what came from each class, in bytes.
type Received struct {
	LAN    int64 `json:"lan"`
	Near   int64 `json:"near"`
	Far    int64 `json:"far"`
	Origin int64 `json:"origin"`
	Mirror int64 `json:"mirror"`
}

// Given is what went to each class, in bytes.
type Given struct {
	LAN  int64 `json:"lan"`
	Near int64 `json:"near"`
	Far  int64 `json:"far"`
}

// bookOf is the ledger of a span that was checked.
func bookOf(l app.Ledger, s Span, m app.Month) (*Book, error) {
	rows, err := l.LoadLedger(s.From, s.To)
	if err != nil {
		return nil, err
	}
	return &Book{NewStamp("ledger"), sums[s.By](rows), monthOf(m)}, nil
}

// SavedBook is bookOf where no Grove runs.
func SavedBook(st app.Store, s Span) (*Book, error) {
	set, err := app.LoadSettings(st)
	if err != nil {
		return nil, err
	}
	m, err := app.MonthSoFar(st, set.Giving, time.Now())
	if err != nil {
		return nil, err
	}
	return bookOf(st, s, m)
}

// sums are the ways to add up, as Span.By has them.
var sums = map[string]func([]app.LedgerRow) []Entry{
	"":        func(rows []app.LedgerRow) []Entry { return summed(rows, dayAndPackage) },
	"day":     func(rows []app.LedgerRow) []Entry { return summed(rows, day) },
	"package": byPackage,
	"class":   byClass,
}

func day(r app.LedgerRow) Entry { return Entry{Day: r.Day} }

func dayAndPackage(r app.LedgerRow) Entry { return Entry{Day: r.Day, Package: r.Package.String()} }

// byPackage: what moved most comes first.
func byPackage(rows []app.LedgerRow) []Entry {
	all := summed(rows, func(r app.LedgerRow) Entry { return Entry{Package: r.Package.String()} })
	slices.SortStableFunc(all, func(a, b Entry) int { return cmp.Compare(b.Received+b.Given, a.Received+a.Given) })
	return all
}

// summed adds up the rows of which key is the same, in their order. The latest
// name of a package is its name.
func summed(rows []app.LedgerRow, key func(app.LedgerRow) Entry) []Entry {
	all, counts, at := []Entry{}, []app.Counts{}, map[Entry]int{}
	for _, r := range rows {
		k := key(r)
		i, known := at[k]
		if !known {
			i = len(all)
			at[k], all, counts = i, append(all, k), append(counts, app.Counts{})
		}
		if counts[i] = counts[i].Plus(r.Counts); k.Package != "" {
			all[i].Name = r.Name
		}
	}
	for i, c := range counts {
		all[i].count(c)
	}
	return all
}

func (e *Entry) count(c app.Counts) {
	e.Received, e.Given, e.Wasted = c.Peers+c.Origin, c.Given, c.Wasted
	e.ReceivedBy = &Received{c.PeersLAN, c.PeersNear, c.PeersFar(), c.FromOrigin(), c.Mirrors}
	e.GivenBy = &Given{c.GivenLAN, c.GivenNear, c.GivenFar()}
}

// byClass has a line a class, whatever moved.
func byClass(rows []app.LedgerRow) []Entry {
	var c app.Counts
	for _, r := range rows {
		c = c.Plus(r.Counts)
	}
	return []Entry{
		{Class: "lan", Received: c.PeersLAN, Given: c.GivenLAN},
		{Class: "near", Received: c.PeersNear, Given: c.GivenNear},
		{Class: "far", Received: c.PeersFar(), Given: c.GivenFar()},
		{Class: "origin", Received: c.FromOrigin()},
		{Class: "mirror", Received: c.Mirrors},
	}
}
