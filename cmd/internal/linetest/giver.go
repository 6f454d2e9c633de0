package linetest

import (
	"context"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/sharing"
	"grove/p2p"
)

// Phase is a part of the test. It is a closed list, in this order.
type Phase string

const (
	Rest  Phase = "rest" // nothing is given
	Free  Phase = "off"  // the pacer is off
	Paced Phase = "on"   // it is on
)

const (
	restTime = 5 * time.Second
	// settleFree and settlePaced are how long a phase goes on before anything is
	// measured: until connections and pacer have found what the line takes.
	// drainTime is how long its queue has to become empty between the two.
	settleFree  = 4 * time.Second
	settlePaced = 6 * time.Second
	drainTime   = 3 * time.Second
	// meetTime is how long the other computer may take to come, and secondTime its
	// second connection after the first.
	meetTime   = 15 * time.Minute
	secondTime = 8 * time.Second
	linkTime   = 10 * time.Second
	// silence is how long nothing may be heard of the other computer.
	silence = 10 * time.Second
)

// Shows is told how the giver's test goes, from one goroutine.
type Shows interface {
	// Link is what the other computer needs; addrs are where this one is reached.
	Link(link string, addrs []string)
	// Met is that the other computer has come, and how: "directly over TCP".
	Met(how string)
	// Begins is a phase that takes so long.
	Begins(p Phase, takes time.Duration)
	// Goes is once a second: bytes a second given, and the delay added of late.
	Goes(p Phase, left time.Duration, rate float64, wait time.Duration)
	Ended(p Phase, f Figures)
}

// giver is the test at the computer whose line it is about.
type giver struct {
	node  *p2p.Node
	shows Shows
	made  *content
	have  *app.HaveSet
	v     app.Serving

	mu    sync.Mutex
	heard []p2p.Delay   // guarded by mu
	more  chan struct{} // guarded by mu; closed and replaced when there is more
}

// Give makes the test with whoever comes first and has the link. each is how long
// it measures with the pacer off, and on. SourceGone where he does not stay, Stopped
// where nobody comes or ctx ends.
func Give(ctx context.Context, n *p2p.Node, each time.Duration, shows Shows) (Report, error) {
	g := &giver{node: n, shows: shows, more: make(chan struct{})}
	var err error
	if g.made, err = newContent(time.Now()); err != nil {
		return Report{}, app.NewProblem(app.Internal, "the content of the test", err)
	}
	g.have = app.NewHaveSet(app.NewBitmap(g.made.pkg.Layout.Pieces()))
	if g.v, err = n.Serve(g.made.share(g.have)); err != nil {
		return Report{}, app.NewProblem(app.Internal, "the content of the test", err)
	}
	defer g.v.Stop()
	listening, stop := context.WithCancel(ctx)
	var asks sync.WaitGroup
	asks.Go(func() { _ = n.Delays(listening, g.made.pkg.ID, g.made.secret, g.hear) }) // fails for what is not shared
	defer asks.Wait()
	defer stop()
	r, err := g.run(ctx, each)
	if ctx.Err() != nil {
		return r, app.NewProblem(app.Stopped, "The test of the line", nil)
	}
	return r, err
}

func (g *giver) hear(d p2p.Delay) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = append(g.heard, d)
	close(g.more)
	g.more = make(chan struct{})
}

// run is the whole test.
func (g *giver) run(ctx context.Context, each time.Duration) (r Report, err error) {
	settling, cancel := context.WithTimeout(ctx, linkTime)
	g.node.Settled(settling) // a place at a relay is an address too
	cancel()
	p := g.made.pkg
	link := pack.Link{ID: p.ID, Publisher: p.Publisher(), Name: Name, Secret: g.made.secret}
	addrs := g.node.Addrs()
	g.shows.Link(sharing.LinkAt(link, addrs).String(), addrs)
	first, err := g.meet(ctx)
	if err != nil {
		return r, err
	}
	r.Near, r.Path = first.Near, first.Path
	g.shows.Met(how(r.Path))
	if r.Near == app.NearLAN {
		return r, nil
	}
	var spans []span
	for _, ph := range []struct {
		is           Phase
		settle, time time.Duration
	}{{Rest, 0, restTime}, {Free, settleFree, each}, {Paced, settlePaced, each}} {
		g.begin(ph.is)
		g.shows.Begins(ph.is, ph.settle+ph.time)
		s, err := g.measure(ctx, ph.is, ph.settle, ph.time)
		if err != nil {
			return r, err
		}
		spans = append(spans, s)
		g.shows.Ended(ph.is, g.figures(spans[0], s))
		if ph.is == Free {
			g.all(g.have.Remove)
			if err := pause(ctx, drainTime); err != nil {
				return r, err
			}
		}
	}
	r.Rest, r.Free, r.Paced = g.figures(spans[0], spans[0]), g.figures(spans[0], spans[1]), g.figures(spans[0], spans[2])
	r.Others = spans[2].yields
	g.mu.Lock()
	defer g.mu.Unlock()
	r.Own = len(quiet(g.heard)) == 0
	for _, d := range g.heard {
		if d.Given > 0 {
			r.Path = d.Path
		}
	}
	return r, nil
}

func how(p p2p.Path) string {
	if p == p2p.PathRelay {
		return "by way of a relay"
	}
	return "directly over " + string(p)
}

// begin makes everything as it is in a phase.
func (g *giver) begin(p Phase) {
	g.node.Pace(p != Free)
	if p != Rest {
		g.all(g.have.Add)
	}
}

func (g *giver) all(change func(int)) {
	for i := range g.made.pkg.Layout.Pieces() {
		change(i)
	}
}

// meet waits for the other computer, and a while for its second connection.
func (g *giver) meet(ctx context.Context) (first p2p.Delay, err error) {
	limit := time.NewTimer(meetTime)
	defer limit.Stop()
	for {
		g.mu.Lock()
		more := g.more
		peers := map[string]bool{}
		for _, d := range g.heard {
			peers[d.Peer] = true
		}
		if len(g.heard) > 0 && first.Peer == "" {
			first = g.heard[0]
			limit.Reset(secondTime)
		}
		g.mu.Unlock()
		if len(peers) > 1 {
			return first, nil
		}
		select {
		case <-more:
		case <-limit.C:
			if first.Peer != "" {
				return first, nil
			}
			return first, app.NewProblem(app.Stopped, "Waiting for the other computer", nil)
		case <-ctx.Done():
			return first, ctx.Err()
		}
	}
}

// span is what was measured from one moment to another.
type span struct {
	from, to time.Time
	given    int64 // bytes
	yields   bool  // others filled the line
}

// measure lets a phase settle and then looks at it.
func (g *giver) measure(ctx context.Context, p Phase, settle, d time.Duration) (s span, err error) {
	began, said, gave := time.Now(), time.Now(), g.v.Stats().Given
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-tick.C:
		}
		now, given := time.Now(), g.v.Stats().Given
		last := g.last()
		switch {
		case now.Sub(last.At) > silence:
			return s, app.NewProblem(app.SourceGone, "The other computer", nil)
		case s.from.IsZero() && now.Sub(began) >= settle:
			s.from, s.given = now, -given
		}
		if !s.from.IsZero() {
			s.yields = s.yields || g.node.Line().Yields
		}
		if now.Sub(said) >= time.Second {
			g.shows.Goes(p, settle+d-now.Sub(began), float64(given-gave)/now.Sub(said).Seconds(), last.Wait)
			said, gave = now, given
		}
		if !s.from.IsZero() && now.Sub(s.from) >= d {
			s.to, s.given = now, s.given+given
			return s, nil
		}
	}
}

func (g *giver) last() p2p.Delay {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard[len(g.heard)-1]
}

// figures are those of s, beside those of rest.
func (g *giver) figures(rest, s span) Figures {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := figuresOf(waitsOf(g.heard, rest), waitsOf(g.heard, s))
	f.Rate = float64(s.given) / s.to.Sub(s.from).Seconds()
	return f
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
