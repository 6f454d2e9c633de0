package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the program says of itself.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // "" where it is not known
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Libp2p   string `json:"libp2p"`
	System   string `json:"system"`
}

func readBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/libp2p/go-libp2p" {
			b.Libp2p = m.Version
		}
	}
	return b
}

func newVersion(t *terminal) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say which Grove this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if asJSON {
				return t.printJSON(struct {
					stamp
					build
				}{newStamp("version"), b})
			}
			commit := b.Commit
			switch {
			case commit == "":
				commit = "unknown"
			case b.Modified:
				commit += ", with changes"
			}
			fmt.Fprintf(t.out, "grove %s\ncommit  %s\ngo      %s %s\nlibp2p  %s\n", b.Version, commit, b.Go, b.System, b.Libp2p)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
