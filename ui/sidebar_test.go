package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host"
	"grove/ui/words"
)

func TestFoot(t *testing.T) {
	view := func(st app.State, down, given float64) app.View {
		return app.View{State: st, Rates: app.Rates{Peers: down / 2, Origin: down / 2, Given: given}}
	}
	given := func(v app.View, peers, complete int) app.View {
		v.Serving = app.ServeStats{Peers: peers, Complete: complete}
		return v
	}
	none := map[host.Place]int{}
	for name, c := range map[string]struct {
		snap app.Snapshot
		want foot
	}{
		"nothing": {app.Snapshot{}, foot{"0 kB/s", "0 kB/s", "to nobody just now", "No budget for giving", "Pause all", "pause", none}},
		"busy": {app.Snapshot{Month: app.Month{Given: 2.6e9, Budget: 20e9}, Transfers: []app.View{
			view(app.Downloading, 11.2e6, 0.3e6), view(app.Queued, 0, 0), view(app.Checking, 0, 0), view(app.Paused, 0, 0),
			view(app.Failed, 0, 0), view(app.Done, 0, 0), given(view(app.Seeding, 0, 0.3e6), 3, 1), given(view(app.Done, 0, 0), 2, 0), view(app.Offered, 0, 0)}},
			foot{"11.2 MB/s", "0.6 MB/s", "to 4 people", "17.4 GB left to give", "Pause all", "pause", map[host.Place]int{host.Downloads: 3, host.Shared: 1}}},
		"spent":  {app.Snapshot{Month: app.Month{Given: 21e9, Budget: 20e9}}, foot{"0 kB/s", "0 kB/s", "to nobody just now", "This month’s budget is used up", "Pause all", "pause", none}},
		"paused": {app.Snapshot{Held: 2}, foot{"0 kB/s", "0 kB/s", "to nobody just now", "No budget for giving", "Go on with all", "resume", none}},
	} {
		got := footOf(&c.snap, words.New("en"))
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(foot{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
