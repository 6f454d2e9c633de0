//go:build cgo || ci

package main

import (
	"context"
	"testing"

	"grove/app"
	"grove/ui/host"
)

// How others get here is told at once, and again when that changes: also when
// another node runs.
func TestReachFollows(t *testing.T) {
	b := begin(t)
	d := newDesk(b)
	defer d.close()
	ctx, end := context.WithCancel(t.Context())
	found, ended := make(chan host.Reach), make(chan struct{})
	go func() {
		defer close(ended)
		d.Reach(ctx, func(r host.Reach) { found <- r })
	}()
	r := <-found
	if r.State != host.ReachLocal {
		t.Errorf("in local-only mode it is %+v", r)
	}
	set := app.DefaultSettings()
	set.Network.Peers = false
	if err := b.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for r = range found {
		if r.State == host.ReachOff {
			break
		}
	}
	if r.Finders != (host.Finders{}) {
		t.Errorf("without a node finders are %+v", r.Finders)
	}
	end()
	<-ended
}

func TestStateOf(t *testing.T) {
	for _, c := range []struct {
		ways []string
		want host.ReachState
	}{
		{nil, host.ReachUnknown},
		{[]string{"none", "public"}, host.ReachOpen},
		{[]string{"none", "punched", "unknown"}, host.ReachHelped},
		{[]string{"relayed", "none"}, host.ReachHelped},
		{[]string{"none", "unknown"}, host.ReachUnknown}, // IPv6 may be open
		{[]string{"none", "none"}, host.ReachClosed},
		{[]string{"of a newer Grove"}, host.ReachUnknown},
	} {
		if got := stateOf(c.ways); got != c.want {
			t.Errorf("%q: %s, not %s", c.ways, got, c.want)
		}
	}
}

// Several trackers are one line: one that answers is enough, and people are
// not counted twice.
func TestJoined(t *testing.T) {
	type one struct {
		found  int
		silent bool
	}
	for _, c := range []struct {
		all  []one
		want host.Finding
	}{
		{nil, host.Finding{}},
		{[]one{{3, false}}, host.Finding{On: true, Found: 3}},
		{[]one{{0, true}}, host.Finding{On: true, Silent: true}},
		{[]one{{3, true}, {3, false}, {3, true}}, host.Finding{On: true, Found: 3}},
		{[]one{{3, true}, {3, true}}, host.Finding{On: true, Found: 3, Silent: true}},
	} {
		var got host.Finding
		for _, o := range c.all {
			got = joined(got, o.found, o.silent)
		}
		if got != c.want {
			t.Errorf("%v: %+v, not %+v", c.all, got, c.want)
		}
	}
	var f host.Finders
	for i, name := range []string{"lan", "tracker", "exchange", "dht"} {
		findingOf(&f, name).Found = i + 1
	}
	if want := (host.Finders{LAN: host.Finding{Found: 1}, Tracker: host.Finding{Found: 2}, Exchange: host.Finding{Found: 3}, DHT: host.Finding{Found: 4}}); f != want || findingOf(&f, "pigeon") != nil {
		t.Errorf("%+v", f)
	}
}
