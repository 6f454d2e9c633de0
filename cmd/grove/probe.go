package main

import (
	"github.com/spf13/cobra"

	"grove/cmd/internal/boot"
)

// probeCommand is what boot runs as a child of this program.
func probeCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "probe PATH",
		Hidden: true,
		Short:  "Check a database that may be damaged enough to kill the process",
		Args:   cobra.ExactArgs(1),
		RunE:   func(_ *cobra.Command, args []string) error { return boot.Probe(args[0]) },
	}
}
