package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"grove/cmd/internal/local"
	"grove/storage"
)

func newStatus(t *terminal) *cobra.Command {
	var asJSON, follow bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what is given to others now, and what is left of the month's budget",
		Long: `Show what is given to others now: how fast and to how many computers, what
is left of this month's budget, the limits that hold, what holds giving back
and why, what the line takes where that is known, and each transfer.

It asks the Grove that runs with the data folder, be it this program or the
window. Where none runs it says so, and shows the month.`,
		Example: `  grove status
  grove status --follow
  grove status --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return t.status(c.Context(), newStatusShower(t, asJSON, follow), follow)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object; with --follow one a line")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on showing it until Ctrl-C, or until that Grove ends")
	return c
}

// restartTime is how long a Grove may take to begin anew for another network.
const restartTime = 2 * time.Second

func (t *terminal) status(ctx context.Context, show statusShower, follow bool) error {
	data, err := dataFolder(t)
	if err != nil {
		return err
	}
	c := local.NewClient(data)
	if !follow {
		var s *local.Status
		if s, err = c.Status(ctx); err == nil {
			err = show(s)
		}
	} else if err = c.Events(ctx, show); err == nil {
		err = t.followOn(ctx, c, show)
	}
	switch {
	case ctx.Err() != nil && follow:
		return nil // Ctrl-C is how it ends
	case errors.Is(err, local.ErrNotRunning):
		return t.savedStatus(ctx, show)
	}
	return err
}

// followOn follows the same data folder again until nobody is there any more.
func (t *terminal) followOn(ctx context.Context, c *local.Client, show statusShower) error {
	for {
		select {
		case <-time.After(restartTime):
		case <-ctx.Done():
			return ctx.Err()
		}
		switch err := c.Events(ctx, show); {
		case errors.Is(err, local.ErrNotRunning):
			t.say("Grove has ended.")
			return nil
		case err != nil:
			return err
		}
	}
}

// savedStatus is for when no Grove runs.
func (t *terminal) savedStatus(ctx context.Context, show statusShower) error {
	return t.withStore(ctx, func(s *storage.Store) error {
		saved, err := local.Saved(s)
		if err != nil {
			return err
		}
		return show(saved)
	})
}

// statusShower shows a status. It is used by one goroutine.
type statusShower func(*local.Status) error

func newStatusShower(t *terminal, asJSON, follow bool) statusShower {
	switch {
	case asJSON:
		return func(s *local.Status) error { return t.printJSON(s) }
	case !follow:
		return func(s *local.Status) error {
			_, err := fmt.Fprint(t.out, statusText(s))
			return err
		}
	case redraws(t.out):
		return (&statusScreen{out: t.out}).show
	}
	var next time.Time
	return func(s *local.Status) error { // a line now and then, for logs
		if s.Time.Before(next) && s.Running {
			return nil
		}
		next = s.Time.Add(plainEvery)
		_, err := fmt.Fprintln(t.out, statusLine(s))
		return err
	}
}
