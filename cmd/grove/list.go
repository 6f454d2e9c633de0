package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
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
		RunE: func(c *cobra.Command, _ []string) (err error) {
			s, err := t.openStore(c.Context())
			if err != nil {
				return err
			}
			defer closeStore(s, &err)
			return t.list(s, asJSON)
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

func (t *terminal) list(s *storage.Store, asJSON bool) error {
	all, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	rows := make([]listed, len(all))
	for i, rec := range all {
		rows[i] = lookAt(s, rec)
	}
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

// listText is the table: what to type, what it is, how far, where. The path
// comes last, so that the columns before it align.
func listText(rows []listed) string {
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	table := [][4]string{{"ID", "NAME", "HERE", "STATE"}}
	for _, r := range rows {
		here := ""
		if r.size >= 0 {
			here = fmt.Sprintf("%s, %d %%", sizeText(r.size), percent(r.have, r.size))
		}
		table = append(table, [4]string{shortID(r.rec), cut(foreign(r.rec.Name), 40), here, r.state()})
	}
	var width [4]int
	for _, row := range table {
		for i, cell := range row {
			width[i] = max(width[i], columns(cell))
		}
	}
	for i, row := range table {
		where := "WHERE"
		if i > 0 {
			where = clean(rows[i-1].where())
		}
		for c, cell := range row {
			b.WriteString(pad(cell, width[c]) + gap)
		}
		b.WriteString(where + "\n")
	}
	return b.String()
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
