package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/linetest"
)

// lineFlags are the flags of line.
type lineFlags struct {
	json bool
	each time.Duration // --for
	bind string
}

func newLine(t *terminal) *cobra.Command {
	var f lineFlags
	c := &cobra.Command{
		Use:   "line [LINK]",
		Short: "Measure what Grove's uploading does to this line",
		Long: `Measure what Grove's uploading does to this line.

It takes two computers: this one, and another one with Grove and a quicker line,
at a friend's, at work, or a rented one. Here, grove line prints a link; there,
grove line LINK begins the test. Made-up content is given to the other computer,
first as fast as it goes, then with the pacer, which gives what the line has room
for. Then it says how much was given, and how many milliseconds others who use
this line had to wait for it.

The other computer throws away what it takes, and nothing is written to disk on
either. Nobody else finds the test, and nothing is given before somebody enters
the command there. As much is given as the line takes, for about 40 seconds: on
a line of 10 Mbit/s that is 45 MB. It counts for no budget and is in no ledger,
and limits of the settings do not hold. Of the settings it takes how others are
reached; while a Grove runs they cannot be read, and --bind takes the place of
network.bind.`,
		Example: `  grove line
  grove line 'grove:1/mzxw6...'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return t.lineTake(c.Context(), args[0], f)
			}
			return t.lineGive(c.Context(), f)
		},
	}
	fl := c.Flags()
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line on stdout; the last is the summary")
	fl.DurationVar(&f.each, "for", 15*time.Second, "measure so long without the pacer, and with it")
	fl.StringVar(&f.bind, "bind", "", "network interface, or address of this computer, to go through")
	return c
}

// lineNetwork is how the test reaches others.
func (t *terminal) lineNetwork(ctx context.Context, f lineFlags) (app.Network, error) {
	set, err := boot.Settings(ctx, t.data)
	if p := (*app.Problem)(nil); errors.As(err, &p) && p.Kind == app.StoreInUse {
		t.say("A Grove runs on this computer, so its settings cannot be read, and what it gives meanwhile is in the figures.")
		set, err = app.DefaultSettings(), nil
	}
	if f.bind != "" {
		set.Network.Bind = f.bind
	}
	return set.Network, err
}

func (t *terminal) lineLog() *slog.Logger {
	if t.verbose > 1 {
		return slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return nil
}

func (t *terminal) lineGive(ctx context.Context, f lineFlags) (err error) {
	if f.each < 2*time.Second || f.each > 5*time.Minute {
		return app.NewProblem(app.BadInput, "--for must be from 2s to 5m", nil)
	}
	net, err := t.lineNetwork(ctx, f)
	if err != nil {
		return err
	}
	n, err := boot.Passing(net, t.lineLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	r, err := linetest.Give(ctx, n, f.each, &lineShower{t: t, json: f.json})
	if err != nil {
		return err
	}
	if f.json {
		return t.printJSON(lineSummary{newStamp("summary"), lineReport(r)})
	}
	t.printLine(r)
	return nil
}

// printLine is the report for people.
func (t *terminal) printLine(r linetest.Report) {
	if r.Free.Samples > 0 {
		fmt.Fprintf(t.out, "%-12s%14s%14s%14s\n", "", "given", "delay added", "95 % below")
		for _, row := range []struct {
			name string
			f    linetest.Figures
		}{{"at rest", r.Rest}, {"pacer off", r.Free}, {"pacer on", r.Paced}} {
			fmt.Fprintf(t.out, "%-12s%14s%14s%14s\n", row.name, linetest.Mbit(row.f.Rate), linetest.Millis(row.f.Median), linetest.Millis(row.f.P95))
		}
		fmt.Fprintln(t.out)
	}
	fmt.Fprintln(t.out, r.Verdict())
	for _, d := range r.Doubts() {
		fmt.Fprintln(t.out, d)
	}
}

// lineShower says how the test goes.
type lineShower struct {
	t    *terminal
	json bool
}

var phaseNames = map[linetest.Phase]string{linetest.Rest: "At rest", linetest.Free: "Pacer off", linetest.Paced: "Pacer on"}

func (s *lineShower) Link(link string, addrs []string) {
	s.t.say("On another computer with Grove and a quicker line, run grove line with this link. Ctrl-C ends it.")
	if s.json {
		_ = s.t.printJSON(lineLink{newStamp("link"), link, addrs}) // whoever reads it may go away; the test goes on
		return
	}
	fmt.Fprintln(s.t.out, link)
}

func (s *lineShower) Met(how string) { s.t.say("The other computer is here, %s.", how) }

func (s *lineShower) Begins(p linetest.Phase, takes time.Duration) {
	s.t.say("%s, %.0f s ...", phaseNames[p], takes.Seconds())
}

func (s *lineShower) Goes(p linetest.Phase, left time.Duration, rate float64, wait time.Duration) {
	s.t.say("  %3.0f s left  %s  waiting %s", max(0, left.Seconds()), linetest.Mbit(rate), linetest.Millis(wait))
}

func (s *lineShower) Ended(p linetest.Phase, f linetest.Figures) {
	if s.json {
		_ = s.t.printJSON(linePhase{newStamp("phase"), p, lineFiguresOf(f)}) // as above
	}
}

type lineLink struct {
	stamp
	Link  string   `json:"link"`
	Addrs []string `json:"addresses"`
}

type linePhase struct {
	stamp
	Phase linetest.Phase `json:"phase"`
	lineFigures
}

// lineFigures are in Mbit/s and milliseconds.
type lineFigures struct {
	Rate    float64 `json:"mbit"`
	Median  float64 `json:"delay_median_ms"`
	P95     float64 `json:"delay_p95_ms"`
	Samples int     `json:"samples"`
}

func lineFiguresOf(f linetest.Figures) lineFigures {
	return lineFigures{f.Rate * 8 / 1e6, float64(f.Median) / 1e6, float64(f.P95) / 1e6, f.Samples}
}

type lineSummary struct {
	stamp
	lineReported
}

type lineReported struct {
	Path         string      `json:"path"`
	LocalNetwork bool        `json:"local_network"`
	Rest         lineFigures `json:"rest"`
	Off          lineFigures `json:"pacer_off"`
	On           lineFigures `json:"pacer_on"`
	Verdict      string      `json:"verdict"`
	Doubts       []string    `json:"doubts,omitempty"`
}

func lineReport(r linetest.Report) lineReported {
	return lineReported{string(r.Path), r.Near == app.NearLAN, lineFiguresOf(r.Rest), lineFiguresOf(r.Free), lineFiguresOf(r.Paced), r.Verdict(), r.Doubts()}
}

// lineTaken is the summary of who took it.
type lineTaken struct {
	stamp
	Taken int64 `json:"taken"` // bytes
}

func (t *terminal) lineTake(ctx context.Context, text string, f lineFlags) (err error) {
	link, err := pack.ParseLink(text)
	if err != nil {
		return app.FromPack(err)
	}
	net, err := t.lineNetwork(ctx, f)
	if err != nil {
		return err
	}
	n, err := boot.Passing(net, t.lineLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	second, err := boot.Passing(net, t.lineLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, second.Close()) }()
	t.say("Looking for the other computer. What it gives is thrown away; Ctrl-C ends it.")
	var before int64
	taken, err := linetest.Take(ctx, n, second, link, func(n int64) {
		if n > before {
			t.say("  %s  %s in all", linetest.Mbit(float64(n-before)), sizeText(n))
		}
		before = n
	})
	if ctx.Err() != nil && taken > 0 {
		err = nil // told to stop
	}
	if err != nil {
		return err
	}
	t.say("The test is over: %s came and were thrown away. The other computer says what it showed.", sizeText(taken))
	if f.json {
		return t.printJSON(lineTaken{newStamp("summary"), taken})
	}
	return nil
}
