package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/p2p/mirror"
)

// checked is one finding for --json.
type checked struct {
	stamp
	Origin   string `json:"origin"`
	What     string `json:"check"`
	Grade    string `json:"grade"` // good, note, bad
	Sentence string `json:"sentence"`
}

// checkOrigins fetches a few pieces from each origin and prints a line for
// each thing that was looked at. Differs where an origin has other bytes,
// SourceFault where one cannot be used for another reason.
func (p *publishing) checkOrigins(ctx context.Context) error {
	list, err := p.pack.CheckHashes(p.built.List())
	if err != nil {
		return app.FromPack(err)
	}
	c := mirror.New(mirror.Config{Reach: app.Reach{LocalOnly: boot.LocalOnly()}})
	defer c.Close()
	want := app.Want{Package: p.pack, Hashes: list}
	for _, o := range p.origins {
		// The publisher typed it here; it may be on his own network.
		want.Origins = append(want.Origins, app.Origin{URL: o, Typed: true})
	}
	p.t.say("")
	p.t.say("Fetching a few pieces from each origin ...")
	reports, err := c.Check(ctx, want)
	if err != nil {
		return err
	}
	return p.tellChecked(reports)
}

func (p *publishing) tellChecked(reports []mirror.Report) error {
	grades := map[mirror.Grade]string{mirror.Good: "good", mirror.Note: "note", mirror.Bad: "bad"}
	table := tabwriter.NewWriter(p.t.errs, 0, 0, 2, ' ', 0)
	var bad error
	for _, r := range reports {
		for _, f := range r.Findings {
			if p.json {
				if err := p.t.printJSON(checked{newStamp("checked"), r.Origin, f.What, grades[f.Grade], clean(f.Sentence)}); err != nil {
					return err
				}
			} else if !p.t.quiet || f.Grade == mirror.Bad {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Origin, f.What, grades[f.Grade], clean(f.Sentence))
			}
			switch {
			case f.Grade != mirror.Bad:
			case f.What == "bytes":
				bad = app.NewProblem(app.Differs, "What lies at "+r.Origin, nil)
			case bad == nil:
				bad = app.NewProblem(app.SourceFault, r.Origin, nil)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return bad
}
