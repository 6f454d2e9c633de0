package main

import (
	"os"

	"github.com/spf13/cobra"

	"grove/cmd/internal/serve"
)

func newServe(t *terminal) *cobra.Command {
	var file string
	var check bool
	said := map[string]*serveValue{}
	c := &cobra.Command{
		Use:   "serve --roles ROLES",
		Short: "Run a server: keep packages for publishers, and help their users to meet",
		Long: `Run a server: keep packages for publishers, and help their users to meet.

A depot keeps packages for the publishers that --allow names, after grove push,
and gives them to everybody, over HTTP and to peers. A tracker tells those who
have a link of each other. A relay lets two computers behind routers find a
direct way. A server with the role dht holds its part of a hash table.

Each flag can also be set in the environment (--relay-data as
GROVE_SERVE_RELAY_DATA) and in the TOML file that --config names (as
relay-data). A flag wins over the environment, and that over the file. With
--check the server only says what it would do.

It runs until Ctrl-C or SIGTERM, then finishes requests for up to 20 seconds; a
second signal ends it at once. docs/SERVER.md sets one up, step by step.`,
		Example: `  grove serve --roles depot,tracker,relay --allow publisher.pub --url https://depot.example.org/
  grove serve --config /etc/grove/serve.toml --check`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			g := serve.Given{Flags: map[string][]string{}, Env: os.Environ(), File: file}
			for name, v := range said {
				if c.Flags().Changed(name) {
					g.Flags[name] = v.all
				}
			}
			t.shared(c, g.Flags)
			conf, err := serve.Load(g)
			if err != nil {
				return err
			}
			if check {
				return conf.Print(t.out)
			}
			conf.Version = readBuild().Version
			return serve.Run(c.Context(), conf, t.errs)
		},
	}
	f := c.Flags()
	f.StringVar(&file, "config", "", "TOML `FILE` of these settings (default: GROVE_SERVE_CONFIG)")
	f.BoolVar(&check, "check", false, "print the settings, with where each comes from, and end")
	for _, s := range serve.Settings() {
		if s.Name == "data" {
			continue // every command has it
		}
		v := &serveValue{setting: s}
		if s.Default != "" {
			v.all = []string{s.Default}
		}
		said[s.Name] = v
		fl := f.VarPF(v, s.Name, "", s.Usage)
		if s.Value == "" {
			fl.NoOptDefVal = "true"
		}
	}
	f.SortFlags = false
	roles := make([]string, 0, 4)
	for _, r := range serve.Roles() {
		roles = append(roles, string(r))
	}
	for flag, words := range map[string][]string{"roles": roles, "log-format": {"text", "json"}, "log-level": {"debug", "info", "warn", "error"}, "quota": {"auto", "none"}} {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails for a flag that is not there
	}
	return c
}

// shared adds what the flags of every command mean to a server.
func (t *terminal) shared(c *cobra.Command, flags map[string][]string) {
	if c.Flags().Changed("data") {
		flags["data"] = []string{t.data}
	}
	if flags["log-level"] == nil {
		switch {
		case t.verbose > 0:
			flags["log-level"] = []string{"debug"}
		case t.quiet:
			flags["log-level"] = []string{"warn"}
		}
	}
}

// serveValue is the flag of a setting: it keeps what was said, which serve
// reads. It implements pflag.Value.
type serveValue struct {
	setting serve.Setting
	said    bool
	all     []string
}

// String is the default.
func (v *serveValue) String() string {
	if v == nil || len(v.all) == 0 {
		return ""
	}
	return v.all[0]
}

// Type is what the help calls the value; pflag knows a switch by "bool".
func (v *serveValue) Type() string {
	if v.setting.Value == "" {
		return "bool"
	}
	return v.setting.Value
}

// Set adds s to a list, and takes the place of what a single one was.
func (v *serveValue) Set(s string) error {
	if !v.said || !v.setting.Many {
		v.said, v.all = true, nil
	}
	v.all = append(v.all, s)
	return nil
}
