//go:build cgo || ci

package main

import (
	"context"
	"slices"
	"time"

	"grove/cmd/internal/boot"
	"grove/ui/host"
)

// reachEvery is how often the node is asked how others get here. That is no
// more than a look at what it knows.
const reachEvery = time.Second

// Reach implements host.Desktop.
func (d *desk) Reach(ctx context.Context, found func(host.Reach)) {
	tick := time.NewTicker(reachEvery)
	defer tick.Stop()
	var last host.Reach
	for {
		g, err := d.now()
		if err != nil { // Grove ends
			return
		}
		if now := reachOf(g); now != last {
			last = now
			found(now)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// reachOf is what g's node reports, for the window.
func reachOf(g *boot.Grove) host.Reach {
	if g.Node == nil {
		return host.Reach{State: host.ReachOff}
	}
	report := g.Node.Report()
	r := host.Reach{State: host.ReachLocal, Mapped: len(report.Mapped) > 0, Missed: report.Missed}
	if !g.Reach.LocalOnly {
		var ways []string
		for _, w := range report.Ways {
			ways = append(ways, string(w.State))
		}
		r.State = stateOf(ways)
	}
	for _, relay := range report.Relays {
		if !relay.Until.IsZero() && relay.Err == nil {
			r.Relays++
		}
	}
	for _, f := range report.Finders { // a line for each tracker, and what all of them brought in each
		if of := findingOf(&r.Finders, f.Name); of != nil && f.On {
			*of = joined(*of, f.Found, f.Err != nil)
		}
	}
	return r
}

// stateOf is the best of the ways in, as others who cannot take one take
// another. That there is none is said when all of them were found closed.
func stateOf(ways []string) host.ReachState {
	for _, s := range []struct {
		way   string
		state host.ReachState
	}{{"public", host.ReachOpen}, {"punched", host.ReachHelped}, {"relayed", host.ReachHelped}, {"unknown", host.ReachUnknown}, {"none", host.ReachClosed}} {
		if slices.Contains(ways, s.way) {
			return s.state
		}
	}
	return host.ReachUnknown
}

// joined is f with one more of its kind, which is on. One that answers is
// enough.
func joined(f host.Finding, found int, silent bool) host.Finding {
	return host.Finding{On: true, Found: max(f.Found, found), Silent: silent && (f.Silent || !f.On)}
}

// findingOf is where what a finder brings is kept; nil for one that the window
// does not know.
func findingOf(f *host.Finders, name string) *host.Finding {
	switch name {
	case "lan":
		return &f.LAN
	case "tracker":
		return &f.Tracker
	case "exchange":
		return &f.Exchange
	case "dht":
		return &f.DHT
	}
	return nil
}
