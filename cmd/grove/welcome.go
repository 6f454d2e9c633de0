package main

import (
	"context"
	"fmt"
	"strings"

	"grove/app"
)

// unasked reports whether something may be given that nobody ever said yes or
// no to, in either program.
func (s *session) unasked() bool {
	set, _ := app.LoadSettings(s.g.Store) // the defaults where they cannot be read, as in the engine
	return s.g.Node != nil && !set.Welcomed
}

// welcome says what others get from this computer, before it is given for the
// first time, and keeps the answer for good. Where there is nobody to ask, or
// ask is false, nothing is decided and the settings hold.
func (s *session) welcome(ctx context.Context, seed, ask bool) error {
	snap, err := s.g.Engine.Next(ctx, 0)
	if err != nil {
		return err
	}
	set := snap.Settings
	if !ask || !s.t.canAsk() {
		s.t.say("%s", welcomeText(set.Giving, seed)+"; grove config set giving.on, with on or off, is where you choose.")
		return nil
	}
	fmt.Fprintf(s.t.errs, "%s; grove config changes all of this.\n", welcomeText(set.Giving, seed))
	if set.Giving.On, err = s.t.choose("Give to others? [Y/n] "); err != nil {
		return err
	}
	set.Welcomed = true
	return s.g.Engine.SetSettings(ctx, set)
}

// welcomeText is what the settings mean for a first download, as the beginning
// of a sentence.
func welcomeText(g app.Giving, seed bool) string {
	if !g.On {
		return "Nothing is given to others"
	}
	text := "While it downloads, others who download the same get pieces from you"
	if g.Budget > 0 {
		text += ", at most " + sizeText(g.Budget) + " a month"
	}
	if seed {
		return text + ", and then until you press Ctrl-C"
	}
	return text + ", and that ends with this command"
}

// choose asks until the answer is yes or no; an empty one is yes.
func (t *terminal) choose(question string) (bool, error) {
	for {
		said, err := t.answer(question)
		if err != nil {
			return false, err
		}
		switch said {
		case "", "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// sharingUntil says that something is shared from now on, or that the settings
// do not let it be.
func sharingUntil(views []app.View, what string) string {
	for _, v := range views {
		if v.State == app.Seeding && v.NotGiving != app.GivingOff {
			return strings.TrimSpace("Sharing "+what) + " until you press Ctrl-C."
		}
	}
	return "The settings say that nothing is given to others. Ctrl-C ends this."
}
