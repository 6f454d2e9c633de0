package main

import (
	"github.com/spf13/cobra"

	"grove/app"
)

func newRemove(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "rm ID...",
		Short: "Forget transfers, and delete what is not complete",
		Long: `Forget transfers, and delete the pieces of those that are not complete.
Finished files, and files that were shared, stay where they are.`,
		Example: `  grove rm 1b9d6bcd`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			s, err := t.openStore(c.Context())
			if err != nil {
				return err
			}
			defer closeStore(s, &err)
			all, err := s.LoadTransfers()
			if err != nil {
				return err
			}
			chosen := make([]app.Record, len(args))
			for i, id := range args { // all are known before one goes
				if chosen[i], err = findRecord(all, id); err != nil {
					return err
				}
			}
			for _, rec := range chosen {
				if err := s.Remove(rec); err != nil {
					return err
				}
				if err := s.DeleteTransfer(rec.ID); err != nil {
					return err
				}
				if rec.Path != "" {
					t.say("Forgot %s. Its files stay: %s", foreign(rec.Name), clean(rec.Path))
				} else {
					t.say("Forgot %s and deleted what was here of it.", foreign(rec.Name))
				}
			}
			return nil
		},
	}
}
