package doctor

import (
	"context"
	"strings"
	"time"

	"grove/app"
	"grove/p2p/mirror"
)

// askAll asks the origins for a few pieces, and who else has the package.
func (x *linkExam) askAll(ctx context.Context, o *app.Offer) {
	ctx, cancel := context.WithTimeout(ctx, x.limit)
	defer cancel()
	var reports []mirror.Report
	var checked error
	done := make(chan struct{})
	go func() { // waited for below
		defer close(done)
		want := app.Want{Package: o.Package, Hashes: o.Hashes}
		for _, u := range o.Package.Manifest.Origins {
			want.Origins = append(want.Origins, app.Origin{URL: u})
		}
		reports, checked = x.mirrors.Check(ctx, want)
	}()
	x.scout(ctx, o)
	<-done
	for _, r := range reports {
		x.origin(r)
	}
	for _, u := range o.Package.Manifest.Origins[min(len(reports), len(o.Package.Manifest.Origins)):] {
		s := LinkStep{What: "origin", About: clean(u)}
		s.fail("not asked to the end", checked)
		x.step(s)
		x.facts.origins = append(x.facts.origins, originFact{})
	}
	for _, u := range o.Package.Manifest.Trackers {
		x.tracker(u)
	}
	x.people()
}

// stillFor is how long nothing new must come before enough was found.
const stillFor = 2 * time.Second

// scout looks until somebody has it and nobody else comes, or ctx ends.
func (x *linkExam) scout(ctx context.Context, o *app.Offer) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	still := time.AfterFunc(time.Hour, cancel)
	defer still.Stop()
	err := x.engine.Scout(ctx, o, func(now app.Outlook) {
		x.facts.outlook = now
		if now.Peers+now.Origins > 0 {
			still.Reset(stillFor)
		}
	})
	if err != nil {
		x.facts.outlook.Problem = app.AsProblem(err)
	}
}

func (x *linkExam) origin(r mirror.Report) {
	s := LinkStep{What: "origin", About: clean(r.Origin), State: StepOK, Says: "answers as it should; " + size(r.Bytes) + " were fetched and compared"}
	for _, f := range r.Findings {
		if f.Grade == mirror.Bad {
			s.State, s.Says, s.Problem = StepFailed, cut(clean(f.Sentence)), string(app.SourceFault)
			if f.What == "bytes" {
				s.Problem = string(app.WrongBytes)
			}
			break
		}
		if f.Grade == mirror.Note {
			s.Says += ". " + strings.TrimSuffix(clean(f.Sentence), ".")
		}
	}
	x.step(s)
	x.facts.origins = append(x.facts.origins, originFact{r.OK()})
	if r.OK() {
		x.out.Origins++
	}
}

// tracker says what one of the package's trackers answered while it was
// looked for.
func (x *linkExam) tracker(u string) {
	s := LinkStep{What: "tracker", About: clean(u), State: StepSkipped, Says: "not asked"}
	if x.node == nil {
		s.Says = "not asked: " + x.off
		x.step(s)
		return
	}
	for _, f := range x.node.Report().Finders {
		if f.Name != "tracker" || f.Where != u {
			continue
		}
		switch {
		case !f.On:
			s.Says = "not asked: trackers are off. grove config set network.finders.tracker on"
		case f.Err != nil:
			s.fail("asked in vain", f.Err)
		case !f.Last.IsZero():
			s.State, s.Says = StepOK, "answers"
		default:
			s.State, s.Says = StepFailed, "has not answered"
		}
	}
	x.step(s)
}

// people says who has the package.
func (x *linkExam) people() {
	o := x.facts.outlook
	x.out.Peers, x.out.Complete, x.out.Near = o.Peers, o.Complete, o.Near
	s := LinkStep{What: "people", State: StepOK}
	switch {
	case x.node == nil:
		s.State, s.Says = StepSkipped, "not asked: "+x.off
	case o.Peers == 0 && x.out.Origins > 0:
		s.Says = "nobody beside the origin was found"
	case o.Peers == 0:
		s.State, s.Says = StepFailed, "nobody who has it was found"
		if o.Problem != nil && len(x.facts.origins) == 0 {
			s.Says += ": " + clean(o.Problem.Sentence())
		}
	default:
		s.Says = count(o.Peers, "person has", "people have") + " something of it, " + count(o.Complete, "has", "have") + " all of it"
		if o.Near > 0 {
			s.Says += "; " + itoa(int64(o.Near)) + " on the local network"
		}
	}
	x.step(s)
}
