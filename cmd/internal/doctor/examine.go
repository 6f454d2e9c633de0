package doctor

import (
	"context"
	"sync"
	"time"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/p2p"
)

// Options are what an examination is told.
type Options struct {
	Build     Build
	Downloads string        // folder that downloads go to
	For       time.Duration // how long to wait for what is not known at once
	Lead      *app.Lead     // a link to examine, or nil
}

// Examine asks a running Grove. It takes o.For at most, and for a link up to
// three times that. It ends early with ctx, with what is known by then.
func Examine(ctx context.Context, g *boot.Grove, o Options) *Report {
	set, bad := app.LoadSettings(g.Store)
	r := &Report{
		Grove:    groveOf(g, o.Build, bad),
		Settings: settingsOf(set, boot.LocalOnly()),
		Computer: computerOf(time.Now(), o.Build.Built, disks(g, o.Downloads), g.Data),
		Advice:   []string{},
	}
	off := without(set.Network, g.Alone())
	// Only here: a nil *Node would be a Reporter that is not nil.
	var node Reporter
	var prober Prober
	if g.Node != nil && off == "" {
		node, prober = g.Node, g.Node
		defer g.Node.Rouse()()
	}
	var looked sync.WaitGroup
	var link Link
	var f facts
	if o.Lead != nil {
		x := linkExam{engine: g.Engine, mirrors: g.Mirrors, node: node, prober: prober, reach: g.Reach, off: off, lead: *o.Lead, limit: o.For}
		looked.Go(func() { link, f = x.run(ctx) })
	}
	var said p2p.Report
	if node != nil {
		short, cancel := context.WithTimeout(ctx, o.For)
		said = watch(short, node)
		cancel()
	}
	looked.Wait()
	if node != nil && o.Lead != nil { // more is known by now
		said = node.Report()
	}
	said.LocalOnly = g.Reach.LocalOnly // a node that is not there says nothing
	r.Reach = reachOf(said, set.Network, off, time.Now())
	r.Finders = findersOf(said, set.Network)
	r.Advice = append(r.Advice, r.Computer.advice()...)
	if o.Lead != nil {
		f.offline = r.Computer.IPv4 == "none" && r.Computer.IPv6 == "none" && !g.Reach.LocalOnly
		for _, d := range said.Finders {
			f.finders = f.finders || d.On && d.Name != "exchange"
		}
		conclude(&link, f)
		r.Link = &link
	}
	if r.Reach.Help != "" {
		r.Advice = append(r.Advice, r.Reach.Help)
	}
	return r
}

func groveOf(g *boot.Grove, b Build, bad error) Grove {
	out := Grove{Build: b, Data: g.Data, State: "In order.", LocalOnly: g.Reach.LocalOnly}
	if p := g.Store.Notice(); p != nil {
		out.State = clean(p.Sentence()) + " " + p.Meaning().Advice
	} else if bad != nil {
		out.State = "The settings cannot be used, so the defaults hold: " + clean(app.AsProblem(bad).Sentence())
	}
	all, err := g.Store.LoadTransfers()
	if err != nil {
		out.State = "The list cannot be read: " + clean(err.Error())
	}
	out.Transfers = len(all)
	return out
}

func disks(g *boot.Grove, downloads string) []Disk {
	var out []Disk
	for _, d := range []Disk{{What: "data", Folder: g.Data}, {What: "downloads", Folder: downloads}} {
		free, err := g.Store.Free(d.Folder)
		d.Free, d.Error = free, errText(err)
		out = append(out, d)
	}
	return out
}

// Err is why the link cannot be reached, with the exit code of its kind; nil
// where it can, or there is none.
func (r *Report) Err() error {
	if r.Link == nil || r.Link.Reached {
		return nil
	}
	about := "the package"
	if id := r.Link.Package; len(id) > 8 {
		about = "package " + id[:8]
	}
	if app.ProblemKind(r.Link.Problem) == app.NoPath {
		return app.NewProblem(app.NoPath, about, nil)
	}
	return app.NewProblem(app.NoSource, about, nil)
}
