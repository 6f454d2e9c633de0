package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/local"
	"grove/storage"
)

func newList(t *terminal) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List downloads and shared packages",
		Long: `List downloads and shared packages: how much of each is here, and where.

The ID in the first column, or the beginning of it, is what resume, rm, give
and log take.`,
		Example: `  grove ls
  grove ls --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			rows, err := t.allListed(c.Context())
			if err != nil {
				return err
			}
			return t.list(rows, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return c
}

// closeStore closes s; what failed before it matters more.
func closeStore(s *storage.Store, err *error) {
	if cerr := s.Close(); *err == nil {
		*err = cerr
	}
}

// listed is a saved transfer as ls shows it.
type listed struct {
	rec        app.Record
	size, have int64 // negative: not known
	note       string
}

// allListed asks the Grove that has the data folder, or looks for itself where
// none has it.
func (t *terminal) allListed(ctx context.Context) (rows []listed, err error) {
	data, err := dataFolder(t)
	if err != nil {
		return nil, err
	}
	all, err := local.NewClient(data).Transfers(ctx)
	if !errors.Is(err, local.ErrNotRunning) {
		for _, l := range all {
			rows = append(rows, told(l))
		}
		return rows, err
	}
	err = t.withStore(ctx, func(s *storage.Store) error {
		all, err := s.LoadTransfers()
		for _, rec := range all {
			rows = append(rows, lookAt(s, rec))
		}
		return err
	})
	return rows, err
}

// told is a transfer as the Grove that runs tells of it.
func told(l local.Transfer) listed {
	row := listed{size: l.Size, have: l.Have, rec: app.Record{Name: l.Name, State: l.State, Counts: l.Bytes, Policy: l.Policy, Give: l.Give,
		Folder: l.Folder, Target: l.Target, Path: l.Path, Created: l.Created, Finished: l.Finished}}
	if l.Size == 0 { // its description was not read yet
		row.size = -1
	}
	row.rec.ID, _ = uuid.Parse(l.Transfer) // zero where a newer Grove writes them another way
	row.rec.Package, _ = pack.ParseID(l.Package)
	if l.Problem != nil {
		row.rec.Problem = string(l.Problem.Kind)
	}
	return row
}

func (t *terminal) list(rows []listed, asJSON bool) error {
	if len(rows) == 0 {
		t.say("Nothing is downloaded or shared yet.")
	}
	if !asJSON {
		_, err := fmt.Fprint(t.out, listText(rows))
		return err
	}
	for _, r := range rows {
		if err := t.printJSON(r.json()); err != nil {
			return err
		}
	}
	return t.printJSON(struct {
		stamp
		Transfers int `json:"transfers"`
	}{newStamp("summary"), len(rows)})
}

// lookAt finds out how much of a transfer is here.
func lookAt(s *storage.Store, rec app.Record) listed {
	row := listed{rec: rec, size: -1, have: -1}
	if _, err := s.Kept(rec); err == nil { // it waits for its turn
		row.size, row.have = rec.Size, 0
		return row
	}
	p, d, have, recheck, err := s.Open(rec)
	if err == nil {
		row.size = selectedSize(d.Package, rec.Selected)
		row.have = haveBytes(d.Package.Layout, have)
		if recheck {
			row.note = "changed, to be checked"
		}
		err = p.Close()
	}
	if err != nil {
		row.note = "not found where it was"
		if kind := app.AsProblem(err).Kind; kind != app.NotFound && kind != app.FileChanged {
			row.note = clean(err.Error())
		}
	}
	return row
}

// state is one or two words.
func (r listed) state() string {
	switch {
	case r.note != "":
		return r.note
	case r.rec.Path != "" && r.rec.Folder == "":
		return "shared"
	case r.rec.Path != "":
		return "complete"
	case r.rec.State == app.Failed && r.rec.Problem != "":
		return strings.ReplaceAll(r.rec.Problem, "-", " ")
	}
	return "unfinished"
}

func (r listed) where() string {
	if r.rec.Path != "" {
		return r.rec.Path
	}
	return r.rec.Folder
}

// listText is the table: what to type, what it is, how far, where.
func listText(rows []listed) string {
	if len(rows) == 0 {
		return ""
	}
	table := [][]string{{"ID", "NAME", "HERE", "STATE", "WHERE"}}
	for _, r := range rows {
		here := ""
		if r.size >= 0 {
			here = fmt.Sprintf("%s, %d %%", sizeText(r.size), percent(r.have, r.size))
		}
		table = append(table, []string{shortID(r.rec), cut(foreign(r.rec.Name), 40), here, r.state(), clean(r.where())})
	}
	return tableText(table)
}

// listedJSON is the event transfer.
type listedJSON struct {
	stamp
	Transfer string     `json:"transfer"`
	Package  pack.ID    `json:"package"`
	Name     string     `json:"name"`
	State    app.State  `json:"state"`
	Problem  string     `json:"problem,omitempty"`
	Note     string     `json:"note,omitempty"`
	Size     *int64     `json:"size,omitempty"`
	Have     *int64     `json:"have,omitempty"`
	Bytes    app.Counts `json:"bytes"`
	Policy   app.Policy `json:"policy,omitempty"` // its own; left out: that of the settings
	Give     app.Give   `json:"give,omitempty"`   // more, less, none or always
	Folder   string     `json:"folder,omitempty"`
	Target   string     `json:"target,omitempty"`
	Path     string     `json:"path,omitempty"`
	Created  time.Time  `json:"created"`
	Finished time.Time  `json:"finished,omitzero"`
}

func (r listed) json() listedJSON {
	j := listedJSON{
		stamp: newStamp("transfer"), Transfer: r.rec.ID.String(), Package: r.rec.Package, Name: r.rec.Name,
		State: r.rec.State, Problem: r.rec.Problem, Note: r.note, Bytes: r.rec.Counts, Policy: r.rec.Policy, Give: r.rec.Gives(),
		Folder: r.rec.Folder, Target: r.rec.Target, Path: r.rec.Path, Created: r.rec.Created, Finished: r.rec.Finished,
	}
	if r.size >= 0 {
		j.Size, j.Have = &r.size, &r.have
	}
	return j
}
