package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
)

// ledgerFlags are the flags of ledger.
type ledgerFlags struct {
	by, from, to, month string
	json, csv           bool
}

func newLedger(t *terminal) *cobra.Command {
	var f ledgerFlags
	c := &cobra.Command{
		Use:   "ledger",
		Short: "Show what came and what was given, by day, package and source",
		Long: `Show what came and what was given, in bytes of content: of this month, unless
--month or --from and --to say otherwise. The last line says how much of the
month's budget is left.

Sources are of five classes: peers on the local network, near (of the same
network operator, as far as addresses tell) and far, the publisher's own servers
(origin), and mirrors. What an earlier version wrote down without a class counts
as far, or as of the origin. The budget counts what is given near and far.

--by day adds up each day, --by package each package, --by class each class.
With --json and --csv nothing is added up unless --by says so: there is a line
for each day and package. Sizes are in bytes there. While a Grove runs, a line is
at most five seconds late.`,
		Example: `  grove ledger
  grove ledger --by package --month 2026-03
  grove ledger --from 2026-01-01 --to 2026-12-31 --csv`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return t.ledger(c.Context(), f, time.Now()) },
	}
	fl := c.Flags()
	fl.StringVar(&f.by, "by", "", "add up by `WHAT`: day, package or class")
	fl.StringVar(&f.from, "from", "", "the first `DAY`, as in 2026-01-31")
	fl.StringVar(&f.to, "to", "", "the last `DAY`")
	fl.StringVar(&f.month, "month", "", "one `MONTH`, as in 2026-01")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	fl.BoolVar(&f.csv, "csv", false, "print comma-separated values, for a spreadsheet")
	c.MarkFlagsMutuallyExclusive("json", "csv")
	c.MarkFlagsMutuallyExclusive("month", "from")
	c.MarkFlagsMutuallyExclusive("month", "to")
	return c
}

func (t *terminal) ledger(ctx context.Context, f ledgerFlags, now time.Time) (err error) {
	first, last, err := f.span(now)
	if err != nil {
		return err
	}
	sum, err := f.summing()
	if err != nil {
		return err
	}
	s, err := t.openStore(ctx)
	if err != nil {
		return err
	}
	defer closeStore(s, &err)
	set, err := app.LoadSettings(s)
	if err != nil {
		return err
	}
	rows, err := s.LoadLedger(first, last)
	if err != nil {
		return err
	}
	month, err := app.MonthSoFar(s, set.Giving, now)
	if err != nil {
		return err
	}
	book := booked{sum(rows), month}
	switch {
	case f.json:
		return t.ledgerJSON(book)
	case f.csv:
		return t.ledgerCSV(book)
	}
	return t.ledgerText(book)
}

// span is the first and the last day that are asked for.
func (f ledgerFlags) span(now time.Time) (first, last string, err error) {
	month := f.month
	if month == "" {
		month = now.Format("2006-01")
	}
	begin, err := time.Parse("2006-01", month)
	if err != nil {
		return "", "", app.NewProblem(app.BadInput, fmt.Sprintf("--month is a month as in 2026-01, not %q", month), nil)
	}
	if f.from == "" && f.to == "" {
		return begin.Format(time.DateOnly), begin.AddDate(0, 1, -1).Format(time.DateOnly), nil
	}
	first, last = "0000-01-01", "9999-12-31"
	for _, d := range []struct {
		flag, given string
		into        *string
	}{{"--from", f.from, &first}, {"--to", f.to, &last}} {
		if d.given == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.given); err != nil {
			return "", "", app.NewProblem(app.BadInput, fmt.Sprintf("%s is a day as in 2026-01-31, not %q", d.flag, d.given), nil)
		}
		*d.into = d.given
	}
	if first > last {
		return "", "", app.NewProblem(app.BadInput, "--from is after --to", errors.New("nothing lies between them"))
	}
	return first, last, nil
}

// summing is how rows are added up.
func (f ledgerFlags) summing() (func([]app.LedgerRow) []line, error) {
	by := f.by
	if by == "" && !f.json && !f.csv {
		by = "day"
	}
	sum, ok := map[string]func([]app.LedgerRow) []line{"": linesOf, "day": byDay, "package": byPackage, "class": byClass}[by]
	if !ok {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("--by is day, package or class, not %q", f.by), nil)
	}
	return sum, nil
}
