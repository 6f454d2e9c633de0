package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/storage"
)

func newConfig(t *terminal) *cobra.Command {
	show := newConfigShow(t)
	c := &cobra.Command{
		Use:   "config",
		Short: "Show and change the settings",
		Long: `Show and change the settings.

A setting has a name with dots in it, such as network.dht.prefix. Without a
command, config shows them all. A change holds from the next start; while
another Grove uses the data folder, nothing can be changed.

Values are written as they are shown: on or off; a number; bytes a second (5M,
20Mbit, off); bytes (20GB); several values for a list; and limits by time of
day such as 08:00,512k:128k 23:00,off (down and up, in bytes a second).

giving.on is whether anything is given to others. Whoever sets it is not asked
by a first download.

policy is how much the origin sends of what people have too: fast (all it can),
thrifty (only to keep to a floor), or publisher (what each package asks for).
grove get --fast and --thrifty win over it.

network.map is a network map (grove map): its web address or full path, a #, and
the public key of whoever gives it.`,
		Example: `  grove config
  grove config set up 2M
  grove config set policy thrifty
  grove config set timetable 08:00,512k 23:00,off
  grove config set network.relays /dns4/relay.example.org/tcp/4001/p2p/12D3...
  grove config reset network.relays`,
		Args: cobra.NoArgs,
		RunE: show.RunE,
	}
	c.Flags().AddFlag(show.Flags().Lookup("json"))
	c.AddCommand(show, newConfigGet(t), newConfigSet(t), newConfigReset(t))
	return c
}

func newConfigShow(t *terminal) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show",
		Short: "Show every setting, and what was changed",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := t.readSettings(c.Context())
			if err != nil {
				return err
			}
			if boot.LocalOnly() && !set.Network.LocalOnly {
				t.say("GROVE_LOCAL_ONLY is 1: network.local_only is on, whatever the settings say.")
			}
			return t.showSettings(&set, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line; the last is the summary")
	return c
}

func newConfigGet(t *terminal) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "get NAME",
		Short:             "Print one setting",
		Long:              "Print one setting as config set takes it, the values of a list on a line each.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeSetting,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := findSetting(args[0])
			if err != nil {
				return err
			}
			set, err := t.readSettings(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return t.printJSON(s.shown(&set))
			}
			return t.printWords(s, &set)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func newConfigSet(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME VALUE... | set NAME=VALUE...",
		Short: "Change settings",
		Long: `Change settings.

With NAME=VALUE several are changed at once, which is needed where they only
hold together; a list has its name once for each value.`,
		Example: `  grove config set network.mapping off
  grove config set network.dht.prefix=/example network.dht.bootstrap=/ip4/192.0.2.1/tcp/4001/p2p/12D3...`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeSetting,
		RunE: func(c *cobra.Command, args []string) error {
			changes, err := readChanges(args)
			if err != nil {
				return err
			}
			return t.changeSettings(c.Context(), changes)
		},
	}
}

func newConfigReset(t *terminal) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:               "reset NAME... | reset --all",
		Short:             "Give settings back their defaults",
		ValidArgsFunction: completeSetting,
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return app.NewProblem(app.BadInput, "Either settings are named or --all is given", nil)
			}
			if all {
				return t.resetSettings(c.Context())
			}
			var changes []change
			for _, name := range args {
				s, err := findSetting(name)
				if err != nil {
					return err
				}
				changes = append(changes, change{s, nil, true})
			}
			return t.changeSettings(c.Context(), changes)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all of them, as in a new data folder")
	return c
}

// change is what becomes of one setting.
type change struct {
	setting
	words []string
	reset bool
}

// readChanges reads NAME VALUE... or NAME=VALUE....
func readChanges(args []string) (all []change, err error) {
	if !strings.Contains(args[0], "=") {
		s, err := findSetting(args[0])
		if err == nil && len(args) == 1 {
			err = s.bad("needs a value; grove config reset %s gives it back its default", s.name)
		}
		return []change{{s, args[1:], false}}, err
	}
	at := map[string]int{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return nil, app.NewProblem(app.BadInput, "After NAME=VALUE only more of them can follow, not "+a, nil)
		}
		i, again := at[name]
		if !again {
			s, err := findSetting(name)
			if err != nil {
				return nil, err
			}
			i, at[name] = len(all), len(all)
			all = append(all, change{s, nil, false})
		}
		all[i].words = append(all[i].words, value)
	}
	return all, nil
}

func (c change) apply(set *app.Settings) error {
	if c.reset {
		d := app.DefaultSettings()
		c.of(set).Set(c.of(&d))
		return nil
	}
	if c.name == "giving.on" {
		set.Welcomed = true // whoever says so is not asked again
	}
	return c.put(set, c.words)
}

// changeSettings makes all changes or none.
func (t *terminal) changeSettings(ctx context.Context, changes []change) error {
	return t.withStore(ctx, func(s *storage.Store) error {
		// As they are saved: one that cannot be used is changed like any other.
		before, err := s.LoadSettings()
		if err != nil {
			return err
		}
		after := before
		for _, c := range changes {
			if err := c.apply(&after); err != nil {
				return err
			}
		}
		if err := after.Check(); err != nil {
			return err
		}
		if err := s.SaveSettings(after); err != nil {
			return err
		}
		for _, c := range changes {
			t.say("%s", changedText(c.setting, &before, &after))
		}
		return nil
	})
}

// resetSettings works on settings that do not read back, too.
func (t *terminal) resetSettings(ctx context.Context) error {
	return t.withStore(ctx, func(s *storage.Store) error {
		if err := s.SaveSettings(app.DefaultSettings()); err != nil {
			return err
		}
		t.say("Every setting has its default again.")
		return nil
	})
}

// readSettings are the settings as they are saved.
func (t *terminal) readSettings(ctx context.Context) (set app.Settings, err error) {
	err = t.withStore(ctx, func(s *storage.Store) error {
		if set, err = s.LoadSettings(); err != nil {
			return err
		}
		if err := set.Check(); err != nil {
			t.say("These settings cannot be used, so the defaults hold: %s", clean(app.AsProblem(err).Sentence()))
		}
		return nil
	})
	return set, err
}

// withStore runs do with the data folder open.
func (t *terminal) withStore(ctx context.Context, do func(*storage.Store) error) (err error) {
	s, err := t.openStore(ctx)
	if err != nil {
		return err
	}
	defer closeStore(s, &err)
	return do(s)
}

// completeSetting completes names, and on and off.
func completeSetting(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if len(args) == 0 || c.Name() == "reset" {
		for _, s := range allSettings() {
			words = append(words, s.name)
		}
	} else if s, err := findSetting(args[0]); err == nil && c.Name() == "set" && len(args) == 1 {
		words = s.choices()
	}
	var fit []string
	for _, w := range words {
		if strings.HasPrefix(w, toComplete) {
			fit = append(fit, w)
		}
	}
	return fit, cobra.ShellCompDirectiveNoFileComp
}
