package app

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"grove/app/pack"
)

const (
	bookEvery = 5 * time.Second // a crash loses no more than that
	bestAfter = 5 * time.Second // a rate is no record before
)

// book is the part of the ledger that the store does not have yet.
type book struct {
	rows    map[rowKey]LedgerRow
	flushed time.Time
}

type rowKey struct {
	day string
	id  pack.ID
}

func newBook() book { return book{rows: map[rowKey]LedgerRow{}} }

// add writes down what came and went of t since the last time, on the day
// that now's clock shows.
func (b *book) add(t *transfer, now time.Time) {
	n := t.rec.Counts.minus(t.booked)
	if n == (Counts{}) {
		return
	}
	t.booked = t.rec.Counts
	row := LedgerRow{Day: now.Format(time.DateOnly), Package: t.rec.Package, Name: t.rec.Name, Counts: n}
	if d := t.down; d != nil && d.leftRate.seen >= bestAfter && n.Peers+n.Origin > 0 {
		row.Best = d.leftRate.value
	}
	b.put(row)
}

func (b *book) put(row LedgerRow) {
	k := rowKey{row.Day, row.Package}
	b.rows[k] = row.Plus(b.rows[k])
}

// flush hands the rows to the store if the last time is at least every ago.
func (b *book) flush(now time.Time, every time.Duration) []effect {
	if len(b.rows) == 0 || now.Sub(b.flushed) < every {
		return nil
	}
	rows := b.between("", "9999")
	b.flushed = now
	clear(b.rows)
	return []effect{fxBook{rows}}
}

// between are the rows of the days from first to last, in the order of
// Ledger.LoadLedger.
func (b *book) between(first, last string) []LedgerRow {
	var rows []LedgerRow
	for _, r := range b.rows {
		if r.Day >= first && r.Day <= last {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b LedgerRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Name, b.Name), bytes.Compare(a.Package[:], b.Package[:]))
	})
	return rows
}

// evUnbooked: the store did not take rows, which are tried again.
type evUnbooked struct{ rows []LedgerRow }

func (e evUnbooked) apply(s *state, now time.Time) []effect {
	for _, r := range e.rows {
		s.book.put(r)
	}
	return nil
}

// monthly is what was given in this month, and what may be.
func (s *state) monthly() Month { return Month{Given: s.month.all, Budget: s.settings.Giving.Budget} }
