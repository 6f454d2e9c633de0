package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/local"
	"grove/storage"
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
for each day and package. Sizes are in bytes there. Where a Grove runs with the
data folder it is asked, and a line is at most five seconds late.`,
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

func (t *terminal) ledger(ctx context.Context, f ledgerFlags, now time.Time) error {
	span, err := f.span(now)
	if err != nil {
		return err
	}
	b, err := t.book(ctx, span)
	switch {
	case err != nil:
		return err
	case f.json:
		return t.ledgerJSON(b)
	case f.csv:
		return t.ledgerCSV(b)
	}
	return t.ledgerText(b)
}

// book asks the Grove that has the data folder, or looks for itself where none
// has it.
func (t *terminal) book(ctx context.Context, span local.Span) (b *local.Book, err error) {
	data, err := dataFolder(t)
	if err != nil {
		return nil, err
	}
	b, err = local.NewClient(data).Ledger(ctx, span)
	if !errors.Is(err, local.ErrNotRunning) {
		return b, err
	}
	err = t.withStore(ctx, func(s *storage.Store) error {
		b, err = local.SavedBook(s, span)
		return err
	})
	return b, err
}

// span is what of the ledger the flags ask for.
func (f ledgerFlags) span(now time.Time) (local.Span, error) {
	s := local.Span{From: f.from, To: f.to, By: f.by}
	if s.By == "" && !f.json && !f.csv {
		s.By = "day"
	}
	if f.month != "" {
		begin, err := time.Parse("2006-01", f.month)
		if err != nil {
			return s, app.NewProblem(app.BadInput, fmt.Sprintf("--month is a month as in 2026-01, not %q", f.month), nil)
		}
		now = begin
	}
	return s, s.Check(now)
}
