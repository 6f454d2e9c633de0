package app

import (
	"time"

	"grove/app/pack"
)

// LedgerRow is what one package took and gave on one day. Rows of the same
// day and package add up.
type LedgerRow struct {
	Day     string  `json:"day"` // of this computer's clock: 2006-01-02
	Package pack.ID `json:"package"`
	Name    string  `json:"name"`
	Counts
	// Best is the highest 30-second average of the rate down, bytes a second.
	Best float64 `json:"best"`
}

// Plus is the sum of two rows of the same day and package, with r's name.
func (r LedgerRow) Plus(o LedgerRow) LedgerRow {
	r.Counts = r.Counts.plus(o.Counts)
	r.Best = max(r.Best, o.Best)
	return r
}

func (c Counts) plus(o Counts) Counts {
	return Counts{c.Peers + o.Peers, c.Origin + o.Origin, c.Wasted + o.Wasted, c.Given + o.Given}
}

func (c Counts) minus(o Counts) Counts {
	return Counts{c.Peers - o.Peers, c.Origin - o.Origin, c.Wasted - o.Wasted, c.Given - o.Given}
}

// Month is what was given in this calendar month.
type Month struct {
	Given  int64 // bytes
	Budget int64 // bytes; 0 is no bound
}

// Spent reports whether the budget is used up.
func (m Month) Spent() bool { return m.Budget > 0 && m.Given >= m.Budget }

// Left is how much may still be given; 0 when it is spent, and meaningless
// without a bound.
func (m Month) Left() int64 { return max(m.Budget-m.Given, 0) }

// LoadMonth is what l says of the month that now is in, by its clock.
func LoadMonth(l Ledger, now time.Time, budget int64) (Month, error) {
	m := Month{Budget: budget}
	month := now.Format("2006-01")
	rows, err := l.LoadLedger(month+"-01", month+"-31")
	for _, r := range rows {
		m.Given += r.Given
	}
	return m, err
}
