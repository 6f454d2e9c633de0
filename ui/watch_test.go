package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// What was the case when the program started is no news; what changes is.
func TestNotices(t *testing.T) {
	at := func(notify bool, states ...app.State) *app.Snapshot {
		s := &app.Snapshot{Settings: app.DefaultSettings()}
		s.Settings.Window.Notify = notify
		for i, st := range states {
			s.Transfers = append(s.Transfers, app.View{ID: hosttest.ID(i), Name: string(rune('a' + i)), State: st, Shared: i == 3})
		}
		return s
	}
	var w watch
	for i, c := range []struct {
		snap *app.Snapshot
		want []happened
	}{
		{at(true, app.Done, app.Failed, app.Downloading, app.Seeding), nil},
		{at(true, app.Done, app.Failed, app.Downloading, app.Failed), nil}, // a share is on its own page
		{at(true, app.Done, app.Failed, app.Seeding, app.Seeding), []happened{{host.NoticeFinished, "c"}}},
		{at(true, app.Done, app.Queued, app.Seeding, app.Seeding), nil},
		{at(true, app.Done, app.Downloading, app.Done, app.Seeding), nil}, // it was complete before
		{at(true, app.Done, app.Done, app.Done, app.Seeding), []happened{{host.NoticeFinished, "b"}}},
		{at(true, app.Failed, app.Done, app.Done, app.Seeding), []happened{{host.NoticeFailed, "a"}}},
		{at(true), nil},
		{at(true, app.Downloading), nil},
		{at(false, app.Done), nil}, // not wanted
	} {
		if d := cmp.Diff(c.want, w.notices(c.snap), cmp.AllowUnexported(happened{})); d != "" {
			t.Errorf("snapshot %d: %s", i, d)
		}
	}
}
