package main

import "github.com/spf13/cobra"

// internalCommand holds what the program runs as a child of itself, and what
// is needed to build it. Hidden: nothing in it is for people, and all of it
// may change.
func internalCommand(t *terminal) *cobra.Command {
	c := &cobra.Command{Use: "internal", Hidden: true, Short: "What Grove runs itself", Args: cobra.NoArgs}
	c.AddCommand(probeCommand(), newDocs(t))
	c.AddCommand(newKeyJobs(t)...)
	return c
}
