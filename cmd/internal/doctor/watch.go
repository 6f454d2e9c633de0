package doctor

import (
	"context"
	"time"

	"grove/p2p"
)

// Reporter is a node that says how it and others reach each other.
type Reporter interface{ Report() p2p.Report }

const (
	watchEvery = 250 * time.Millisecond
	// silentFor is how long a finder has before silence counts as an answer.
	silentFor = 3 * time.Second
)

// watch asks node until nothing is unknown that may still become known, or ctx
// ends, and returns the last answer.
func watch(ctx context.Context, node Reporter) p2p.Report {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	began, calm := time.Now(), false
	for {
		r := node.Report()
		// Twice in a row: at the start nothing is known of what is to come.
		now := settled(r, time.Since(began))
		if now && calm {
			return r
		}
		calm = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return node.Report()
		}
	}
}

// settled reports whether waiting longer is not worth it, so long after the
// start.
func settled(r p2p.Report, since time.Duration) bool {
	if !r.LocalOnly {
		if len(r.Ways) == 0 {
			return false
		}
		for _, w := range r.Ways {
			if w.State == p2p.WayUnknown {
				return false
			}
		}
	}
	for _, y := range r.Relays {
		if y.Until.IsZero() && y.Err == nil {
			return false
		}
	}
	for _, f := range r.Finders {
		// The others are asked about packages only.
		if silent := f.Last.IsZero() && f.Err == nil && f.Found == 0; f.On && silent && (f.Name == "lan" || f.Name == "dht") && since < silentFor {
			return false
		}
	}
	return true
}
