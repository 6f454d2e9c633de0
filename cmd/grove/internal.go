package main

import (
	"github.com/spf13/cobra"

	"grove/cmd/internal/keyring"
)

// internalCommand holds what the program runs as a child of itself, and what
// is needed to build it. Hidden: nothing in it is for people, and all of it
// may change.
func internalCommand(t *terminal) *cobra.Command {
	c := &cobra.Command{Use: "internal", Hidden: true, Short: "What Grove runs itself", Args: cobra.NoArgs}
	c.AddCommand(probeCommand(), keyCommand(t, "key"), keyCommand(t, "sign"), newDocs(t))
	return c
}

// keyCommand is what keyring runs as a child of this program.
func keyCommand(t *terminal, name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: "Work with a key; the job is on stdin", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := keyring.Answer([]string{c.Parent().Name(), c.Name()}, t.in, t.out)
			return err
		},
	}
}
