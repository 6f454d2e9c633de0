package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func ledger(t *testing.T, s app.Store) {
	load := func(first, last string, want ...app.LedgerRow) {
		t.Helper()
		got, err := s.LoadLedger(first, last)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s to %s: %s", first, last, diff)
		}
	}
	row := func(day, name string, id byte, given int64, best float64) app.LedgerRow {
		return app.LedgerRow{Day: day, Name: name, Package: pack.ID{id}, Counts: app.Counts{Peers: 1, Origin: 2, Wasted: 3, Given: given}, Best: best}
	}
	load("0000-00-00", "9999-99-99")
	for _, rows := range [][]app.LedgerRow{
		{},
		{row("2026-05-31", "a", 1, 10, 5), row("2026-06-01", "z", 1, 20, 7), row("2026-06-01", "a", 2, 30, 0)},
		{row("2026-06-01", "zz", 1, 1, 6), row("2026-12-31", "c", 3, 5, 0)},
	} {
		if err := s.AddLedger(rows...); err != nil {
			t.Fatal(err)
		}
	}
	sum := app.LedgerRow{Day: "2026-06-01", Name: "zz", Package: pack.ID{1}, Counts: app.Counts{Peers: 2, Origin: 4, Wasted: 6, Given: 21}, Best: 7}
	load("2026-05-31", "2026-05-31", row("2026-05-31", "a", 1, 10, 5))
	load("2026-06-01", "2026-06-30", row("2026-06-01", "a", 2, 30, 0), sum)
	load("2026-05-01", "2026-12-31", row("2026-05-31", "a", 1, 10, 5), row("2026-06-01", "a", 2, 30, 0), sum, row("2026-12-31", "c", 3, 5, 0))
	load("2027-01-01", "2027-12-31")
	load("2026-06-01", "2026-05-31")
}

// marks: the last of a name counts, and that of a transfer goes with it.
func marks(t *testing.T, s app.Store) {
	rec := app.Record{ID: uuid.New()}
	of := app.AccountOf(rec.ID)
	load := func(want map[string]int64) {
		t.Helper()
		got, err := s.LoadMarks()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	}
	load(nil)
	for _, m := range []map[string]int64{{}, {"month 2026-06": 5, of: 7}, {"month 2026-07": 1 << 50}, {"month 2026-06": 4}} {
		if err := s.SaveMarks(m); err != nil {
			t.Fatal(err)
		}
	}
	load(map[string]int64{"month 2026-06": 4, "month 2026-07": 1 << 50, of: 7})
	if err := s.DeleteTransfer(rec.ID); err != nil {
		t.Fatal(err)
	}
	load(map[string]int64{"month 2026-06": 4, "month 2026-07": 1 << 50})
}

func settings(t *testing.T, s app.Store) {
	load := func(want app.Settings) {
		t.Helper()
		got, err := s.LoadSettings()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
	load(app.DefaultSettings())
	set := app.Settings{
		Welcomed: true, Folder: "/d", MaxActive: 9, Down: 1, Up: 2,
		Timetable: app.Timetable{{From: time.Hour, Down: 3, Up: 4}, {From: 2 * time.Hour}},
		Giving:    app.Giving{AfterTimes: 1.5, AfterHours: 2.5, Budget: 1 << 40},
		Network:   app.Network{Bind: "wg0", Proxy: "socks5://h:1", PeersPastProxy: true, LocalOnly: true},
		Window: app.Window{Language: "pt", Appearance: app.AppearanceDark, Scale: 1.25, Bits: true, CloseTold: true,
			Autostart: true},
	}
	for range 2 {
		if err := s.SaveSettings(set); err != nil {
			t.Fatal(err)
		}
		load(set)
		set.MaxActive++
	}
}

// kept: a transfer that had to wait can begin in a later run.
func kept(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("picture")})
	rec := record(t, made)
	if _, err := s.Kept(rec); err == nil {
		t.Error("something is kept that nobody gave")
	}
	for range 2 {
		if err := s.Keep(rec, made.Described()); err != nil {
			t.Fatal(err)
		}
	}
	d, err := s.Kept(rec)
	if err != nil || d.Package.ID != rec.Package || string(d.Hashes) != string(made.List) || string(d.Poster) != "picture" {
		t.Fatalf("kept %+v, %v", d, err)
	}
	p := create(t, s, rec, made)
	if _, err := s.Kept(rec); err == nil {
		t.Error("still kept once it was begun")
	}
	write(t, p, made)
	if rec.Path, err = p.Finish(rec); err != nil {
		t.Fatal(err)
	}
	closePayload(t, p)
	if _, err := s.Kept(rec); err == nil {
		t.Error("still kept once it was finished")
	}
	closePayload(t, reopen(t, s, rec, app.FullBitmap(made.Pieces())))

	other := record(t, made) // removed before it began
	if err := s.Keep(other, made.Described()); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(other); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Kept(other); err == nil {
		t.Error("kept although it was removed")
	}
}
