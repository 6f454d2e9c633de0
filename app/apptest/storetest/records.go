package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func recordRoundTrip(t *testing.T, s app.Store) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 8_000, time.UTC)
	rec := app.Record{
		ID: uuid.New(), Package: pack.ID{1, 2, 3}, Name: "Ä name", State: app.Failed, Problem: string(app.NoSpace),
		Folder: "/some/folder", Target: "target", Path: "/some/folder/target", Selected: []int{0, 2},
		Secret: []byte{9, 8, 7}, Peers: []string{"a"}, Typed: app.Typed{Peers: []string{"b"}, Origins: []string{"c"}},
		Mode: app.ModePeersOnly, Seed: true, After: true, NoShare: true, Limit: 1 << 20, Policy: app.PolicyThrifty, Created: at, Finished: at.Add(time.Hour),
		Counts: app.Counts{Peers: 1, Origin: 2, Wasted: 3, Given: 4}, Held: true, Order: -7,
		Size: 5, Have: 3, Files: 2, Publisher: apptest.Package(t, apptest.Options{}).Key.Public(), Expires: at.AddDate(1, 0, 0),
	}
	for range 2 { // the second time with other counts
		if err := s.SaveTransfer(rec); err != nil {
			t.Fatal(err)
		}
		got, err := s.LoadTransfers()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]app.Record{rec}, got); diff != "" {
			t.Fatal(diff)
		}
		rec.Counts.Peers++
	}
}

func recordOrder(t *testing.T, s app.Store) {
	var ids []uuid.UUID
	for _, days := range []int{2, 0, 1} {
		rec := app.Record{ID: uuid.New(), Name: fmt.Sprint(days), Created: time.Date(2026, 1, 1+days, 0, 0, 0, 0, time.UTC)}
		if err := s.SaveTransfer(rec); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, rec.ID)
	}
	wantNames(t, s, "0", "1", "2")
	moved := app.Record{ID: uuid.New(), Name: "moved", Created: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		Order: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).UnixMicro()}
	if err := s.SaveTransfer(moved); err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "0", "moved", "1", "2")
	if err := s.DeleteTransfer(moved.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 { // deleting what is not there is no error
		if err := s.DeleteTransfer(ids[2]); err != nil {
			t.Fatal(err)
		}
	}
	wantNames(t, s, "0", "2")
}

func wantNames(t *testing.T, s app.Store, want ...string) {
	t.Helper()
	records, err := s.LoadTransfers()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, rec := range records {
		got = append(got, rec.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func logs(t *testing.T, s app.Store) {
	a, b := uuid.New(), uuid.New()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	entry := func(n int) app.LogEntry {
		return app.LogEntry{Time: at.Add(time.Duration(n) * time.Second), Event: "accepted", Text: fmt.Sprint(n)}
	}
	if err := s.SaveTransfer(app.Record{ID: a, Created: at}); err != nil {
		t.Fatal(err)
	}
	var want []app.LogEntry
	for n := range 300 { // more than one byte can count
		want = append(want, entry(n))
	}
	for _, part := range [][]app.LogEntry{want[:1], want[1:1], want[1:299], want[299:]} {
		if err := s.AppendLog(a, part...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AppendLog(b, entry(7)); err != nil {
		t.Fatal(err)
	}
	wantLog(t, s, a, want)
	if err := s.DeleteTransfer(a); err != nil {
		t.Fatal(err)
	}
	wantLog(t, s, a, nil)
	wantLog(t, s, b, []app.LogEntry{entry(7)})
}

func wantLog(t *testing.T, s app.Store, id uuid.UUID, want []app.LogEntry) {
	t.Helper()
	got, err := s.LoadLog(id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func publishers(t *testing.T, s app.Store) {
	a, b := apptest.Package(t, apptest.Options{Seed: 1}), apptest.Package(t, apptest.Options{Seed: 2})
	seen := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	first := app.Publisher{Key: a.Key.Public(), Name: "A", FirstSeen: seen, Packages: 1, Newest: seen}
	second := app.Publisher{Key: b.Key.Public(), FirstSeen: seen, Packages: 2, Newest: seen}
	for _, p := range []app.Publisher{first, second} {
		if err := s.SavePublisher(p); err != nil {
			t.Fatal(err)
		}
	}
	first.Packages, first.Blocked = 5, true
	if err := s.SavePublisher(first); err != nil {
		t.Fatal(err)
	}
	list, err := s.LoadPublishers()
	if err != nil {
		t.Fatal(err)
	}
	got := map[pack.PublicKey]app.Publisher{}
	for _, p := range list {
		got[p.Key] = p
	}
	want := map[pack.PublicKey]app.Publisher{first.Key: first, second.Key: second}
	if diff := cmp.Diff(want, got); diff != "" || len(list) != 2 {
		t.Fatalf("%d publishers; %s", len(list), diff)
	}
}
