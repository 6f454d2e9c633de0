package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/local"
	"grove/storage"
)

func newGive(t *terminal) *cobra.Command {
	var publisher bool
	c := &cobra.Command{
		Use:   "give ID more|less|none|always|default",
		Short: "Say how much is given of one package, or of a publisher's",
		Long: `Say how much is given to others of one package. By default that is what the
settings say: while it downloads, and then until it was given giving.after_times
times or giving.after_hours have passed.

    more      twice that, and twice the turns among the packages that are given
    less      half of it, and half the turns
    none      nothing, also while it downloads
    always    until you say otherwise
    default   what the settings say

The month's budget holds in each case, but for what you share yourself.

With --publisher, the first argument is a publisher's name or the beginning of
his fingerprint, and the second the bytes a calendar month that may be given of
all his packages, such as 2GB; 0 is no bound of its own.

Where a Grove runs with the data folder it goes by what is said at once.`,
		Example: `  grove give 1b9d6bcd more
  grove give --publisher "Example Films" 2GB`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if publisher {
				return t.givePublisher(c.Context(), args[0], args[1])
			}
			return t.give(c.Context(), args[0], args[1])
		},
	}
	c.Flags().BoolVar(&publisher, "publisher", false, "set the budget of a publisher")
	return c
}

// give has the Grove that has the data folder do it, or does it where none has
// it.
func (t *terminal) give(ctx context.Context, id, word string) error {
	data, err := dataFolder(t)
	if err != nil {
		return err
	}
	c, g := local.NewClient(data), local.GiveOf(word)
	var rec app.Record
	all, err := c.Transfers(ctx)
	switch {
	case errors.Is(err, local.ErrNotRunning):
		err = t.withStore(ctx, func(s *storage.Store) error {
			all, err := s.LoadTransfers()
			if err != nil {
				return err
			}
			if rec, err = measured(all, id, g); err != nil {
				return err
			}
			return local.SaveGive(s, rec.ID, g)
		})
	case err == nil:
		var recs []app.Record
		for _, l := range all {
			recs = append(recs, told(l).rec)
		}
		if rec, err = measured(recs, id, g); err == nil {
			err = c.Give(ctx, local.Measure{Transfer: rec.ID, Give: cmp.Or(string(g), local.UsualGive)})
		}
	}
	if err == nil {
		t.say("%s: %s", foreign(rec.Name), giveText(rec.Gives()))
	}
	return err
}

// measured is the record that id means, with another measure.
func measured(all []app.Record, id string, g app.Give) (app.Record, error) {
	rec, err := findRecord(all, id)
	if err == nil {
		err = rec.SetGive(g)
	}
	return rec, err
}

// giveText is what a measure means.
func giveText(g app.Give) string {
	switch g {
	case app.GiveMore:
		return "given twice as much as others."
	case app.GiveLess:
		return "given half as much as others."
	case app.GiveNone:
		return "not given to others."
	case app.GiveAlways:
		return "given until you say otherwise."
	}
	return "given as the settings say."
}

func (t *terminal) givePublisher(ctx context.Context, who, size string) error {
	n, err := readAmount(size, false)
	if err != nil {
		return app.NewProblem(app.BadInput, "A budget "+err.Error(), nil)
	}
	if err := app.CheckBudget(n); err != nil {
		return err
	}
	p, err := t.setBudget(ctx, who, n)
	switch {
	case err != nil:
		return err
	case n == 0:
		t.say("%s has no budget of its own.", foreign(p.Called()))
	default:
		t.say("%s: at most %s a month.", foreign(p.Called()), sizeText(n))
	}
	return nil
}

// setBudget has the Grove that has the data folder do it, or does it where none
// has it.
func (t *terminal) setBudget(ctx context.Context, who string, n int64) (p app.Publisher, err error) {
	data, err := dataFolder(t)
	if err != nil {
		return p, err
	}
	c := local.NewClient(data)
	all, err := c.Publishers(ctx)
	switch {
	case errors.Is(err, local.ErrNotRunning):
		err = t.withStore(ctx, func(s *storage.Store) error {
			all, err := s.LoadPublishers()
			if err != nil {
				return err
			}
			if p, err = findPublisher(all, who); err != nil {
				return err
			}
			p.Budget = n
			return s.SavePublisher(p)
		})
	case err == nil:
		var known []app.Publisher
		for _, l := range all {
			known = append(known, app.Publisher{Key: l.Key, Name: l.Name})
		}
		if p, err = findPublisher(known, who); err == nil {
			err = c.Give(ctx, local.Measure{Publisher: p.Key, Budget: &n})
		}
	}
	return p, err
}

// findPublisher is the publisher that who means: his name, or the beginning of
// his fingerprint, which no other has.
func findPublisher(all []app.Publisher, who string) (app.Publisher, error) {
	var found []app.Publisher
	for _, p := range all {
		if p.Name == who || who != "" && strings.HasPrefix(strings.ToLower(p.Key.Fingerprint()), strings.ToLower(who)) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return app.Publisher{}, app.NewProblem(app.NotFound, fmt.Sprintf("a publisher %q", who), errors.New("grove inspect shows the fingerprint of who signed a package"))
	case 1:
		return found[0], nil
	}
	return app.Publisher{}, app.NewProblem(app.BadInput, fmt.Sprintf("%q means %d publishers; type more of it", who, len(found)), nil)
}
