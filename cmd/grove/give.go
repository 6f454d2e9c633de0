package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/storage"
)

// usualGive is what give calls app.GiveUsual, which is empty.
const usualGive = "default"

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
all his packages, such as 2GB; 0 is no bound of its own.`,
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

func (t *terminal) give(ctx context.Context, id, word string) (err error) {
	s, err := t.openStore(ctx)
	if err != nil {
		return err
	}
	defer closeStore(s, &err)
	all, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	rec, err := findRecord(all, id)
	if err != nil {
		return err
	}
	measure := app.Give(word)
	if word == usualGive {
		measure = app.GiveUsual
	}
	if err := rec.SetGive(measure); err != nil {
		return err
	}
	switch { // what a program that starts goes by
	case rec.State == app.Done && rec.Seed:
		rec.State = app.Seeding
	case rec.State == app.Seeding && rec.NoShare:
		rec.State = app.Done
	}
	if err := s.SaveTransfer(rec); err != nil {
		return err
	}
	t.say("%s: %s", foreign(rec.Name), giveText(rec.Gives()))
	return nil
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

func (t *terminal) givePublisher(ctx context.Context, who, size string) (err error) {
	n, err := readAmount(size, false)
	if err != nil {
		return app.NewProblem(app.BadInput, "A budget "+err.Error(), nil)
	}
	if err := app.CheckBudget(n); err != nil {
		return err
	}
	s, err := t.openStore(ctx)
	if err != nil {
		return err
	}
	defer closeStore(s, &err)
	p, err := findPublisher(s, who)
	if err != nil {
		return err
	}
	p.Budget = n
	if err := s.SavePublisher(p); err != nil {
		return err
	}
	if n == 0 {
		t.say("%s has no budget of its own.", foreign(p.Called()))
	} else {
		t.say("%s: at most %s a month.", foreign(p.Called()), sizeText(n))
	}
	return nil
}

// findPublisher is the publisher that who means: his name, or the beginning of
// his fingerprint, which no other has.
func findPublisher(s *storage.Store, who string) (app.Publisher, error) {
	all, err := s.LoadPublishers()
	if err != nil {
		return app.Publisher{}, err
	}
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
