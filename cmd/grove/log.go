package main

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"grove/app"
)

func newLog(t *terminal) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "log ID",
		Short: "Show what happened to a transfer",
		Long: `Show what happened to a transfer, oldest first: when it began and stopped, who
was there, and what went wrong.`,
		Example: `  grove log 1b9d6bcd`,
		Args:    cobra.ExactArgs(1),
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
			rec, err := findRecord(all, args[0])
			if err != nil {
				return err
			}
			entries, err := s.LoadLog(rec.ID)
			if err != nil {
				return err
			}
			return t.printLog(rec, entries, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return c
}

// loggedJSON is the event log.
type loggedJSON struct {
	stamp
	Transfer uuid.UUID `json:"transfer"`
	Session  uuid.UUID `json:"session"` // the run of the program
	What     string    `json:"what"`
	Text     string    `json:"text,omitempty"`
}

func (t *terminal) printLog(rec app.Record, entries []app.LogEntry, asJSON bool) error {
	for _, e := range entries {
		if asJSON {
			line := loggedJSON{newStamp("log"), rec.ID, e.Session, e.Event, e.Text}
			line.Time = e.Time.UTC()
			if err := t.printJSON(line); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(t.out, "%s  %s  %s\n", e.Time.Local().Format("2006-01-02 15:04:05"), pad(e.Event, len("source_found")), clean(e.Text)); err != nil {
			return err
		}
	}
	return nil
}
