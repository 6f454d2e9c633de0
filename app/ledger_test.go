package app_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// A bubble begins at midnight UTC on 1 January 2000; tests set the local zone,
// because days and months are those of this computer's clock.
func inZone(t *testing.T, hours int) {
	t.Helper()
	before := time.Local
	t.Cleanup(func() { time.Local = before })
	time.Local = time.FixedZone("test", hours*3600)
}

func (w *world) ledger(first, last string) []app.LedgerRow {
	w.t.Helper()
	rows, err := w.engine.Ledger(w.t.Context(), first, last)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func TestLedgerIsCurrentAndFlushedEveryFewSeconds(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 64*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		w.peer("p", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{})
		time.Sleep(20*time.Second + time.Millisecond)
		v := w.view(o)
		rows := w.ledger("2000-01-01", "2000-01-01")
		if len(rows) != 1 || rows[0].Name != v.Name || rows[0].Package != v.Package || rows[0].Day != "2000-01-01" {
			t.Fatalf("rows %+v", rows)
		}
		if r := rows[0]; v.Counts.Peers-r.Peers > miB || v.Counts.Origin-r.Origin > miB || r.Peers == 0 || r.Origin == 0 {
			t.Errorf("the ledger has %+v of %+v", r.Counts, v.Counts)
		}
		if n := w.store.Added(); n < 4 || n > 6 {
			t.Errorf("%d writes in 20 s", n)
		}
		durable, _ := w.store.LoadLedger("2000-01-01", "2000-01-01")
		if lost := rows[0].Peers - durable[0].Peers; lost > 6*miB {
			t.Errorf("a crash would lose %d bytes at 1 MiB/s", lost)
		}
		w.until(o, in(app.Done))
		w.stop()
		durable, _ = w.store.LoadLedger("2000-01-01", "2000-01-01")
		if r := durable[0]; r.Peers+r.Origin != 64*miB {
			t.Errorf("%d bytes after an orderly end", r.Peers+r.Origin)
		}
		if b := durable[0].Best; b < 1.9*miB || b > 2.2*miB {
			t.Errorf("best %.2f MiB/s of 2", b/miB)
		}
		n := w.store.Added()
		time.Sleep(time.Hour)
		if w.store.Added() != n {
			t.Error("written although nothing moves")
		}
	})
}

// TestShortDownloadIsNoRecord: a burst says nothing about the line.
func TestShortDownloadIsNoRecord(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: 2 * miB})
		o := w.accept(app.Choice{})
		w.until(o, in(app.Done))
		synctest.Wait()
		rows := w.ledger("2000-01-01", "2000-01-02")
		if len(rows) != 1 || rows[0].Origin != 4*miB || rows[0].Best != 0 {
			t.Errorf("rows %+v", rows)
		}
	})
}

func TestDaysEndAtLocalMidnight(t *testing.T) {
	inZone(t, 9) // a bubble begins at 9 in the morning
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		time.Sleep(15*time.Hour - time.Minute)
		w.peers.Give(1000)
		time.Sleep(2 * time.Minute)
		w.peers.Give(200)
		time.Sleep(10 * time.Minute)
		rows := w.ledger("2000-01-01", "2000-01-31")
		if len(rows) != 2 || rows[0].Day != "2000-01-01" || rows[0].Given != 1000 || rows[1].Day != "2000-01-02" || rows[1].Given != 200 {
			t.Errorf("rows %+v", rows)
		}
		if rows := w.ledger("2000-01-02", "2000-01-02"); len(rows) != 1 || rows[0].Given != 200 {
			t.Errorf("of the second day: %+v", rows)
		}
		if v := w.view(o); v.Counts.Given != 1200 {
			t.Errorf("given %d", v.Counts.Given)
		}
	})
}

// TestRowsTheStoreRefusesAreKept until it takes them.
func TestRowsTheStoreRefusesAreKept(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		w.share()
		w.store.SetChoicesFault(errors.New("disk full"))
		w.peers.Give(100)
		time.Sleep(30 * time.Second)
		if _, err := w.engine.Ledger(w.t.Context(), "", "9"); err == nil {
			t.Error("a ledger that cannot be read is empty")
		}
		w.store.SetChoicesFault(nil)
		w.peers.Give(20)
		time.Sleep(30 * time.Second)
		if rows, _ := w.store.LoadLedger("", "9"); len(rows) != 1 || rows[0].Given != 120 {
			t.Errorf("rows %+v", rows)
		}
	})
}

// TestRestartCountsNothingTwice: what a record brings along is in the ledger.
func TestRestartCountsNothingTwice(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		o := w.share()
		w.peers.Give(100)
		time.Sleep(time.Second)
		w.stop()
		w.start()
		if m := w.snap().Month; m.Given != 100 {
			t.Errorf("the month begins with %d", m.Given)
		}
		saved, _ := w.store.LoadTransfers()
		w.did(w.engine.Restore(w.t.Context(), saved[0]))
		w.until(o, in(app.Seeding))
		w.peers.Give(1)
		time.Sleep(time.Second)
		if rows := w.ledger("", "9"); len(rows) != 1 || rows[0].Given != 101 || w.view(o).Counts.Given != 101 {
			t.Errorf("rows %+v", rows)
		}
		if m := w.snap().Month; m.Given != 101 {
			t.Errorf("the month has %d", m.Given)
		}
	})
}

// TestRemovedTransferIsBooked: what left the list stays in the figures.
func TestRemovedTransferIsBooked(t *testing.T) {
	inWorld(t, 64*miB, func(w *world) {
		w.origin("o", apptest.Behaviour{Rate: miB})
		o := w.accept(app.Choice{})
		v := w.until(o, func(v *app.View) bool { return v.Have > 3*miB })
		w.did(w.engine.Remove(w.t.Context(), o.ID))
		if rows := w.ledger("", "9"); len(rows) != 1 || rows[0].Origin < v.Have {
			t.Errorf("rows %+v of %d bytes", rows, v.Have)
		}
	})
}

// TestSourceClasses: what came is told apart by who sent it.
func TestSourceClasses(t *testing.T) {
	for _, c := range []struct {
		from apptest.Behaviour
		of   func(app.Counts) int64
	}{
		{apptest.Behaviour{Kind: app.KindPeer, Near: app.NearLAN}, func(c app.Counts) int64 { return c.PeersLAN }},
		{apptest.Behaviour{Kind: app.KindPeer, Near: app.NearNet}, func(c app.Counts) int64 { return c.PeersNear }},
		{apptest.Behaviour{Kind: app.KindPeer, Near: app.NearFar}, app.Counts.PeersFar},
		{apptest.Behaviour{Kind: app.KindOrigin, Near: app.NearLAN}, app.Counts.FromOrigin},
		{apptest.Behaviour{Kind: app.KindMirror, Near: app.NearFar}, func(c app.Counts) int64 { return c.Mirrors }},
	} {
		inWorld(t, 4*miB, func(w *world) {
			c.from.ID = "s"
			net := w.peers
			if c.from.Kind != app.KindPeer {
				net = w.servers
			}
			net.Add(apptest.NewSource(w.made, c.from))
			o := w.accept(app.Choice{})
			got := w.until(o, in(app.Done)).Counts
			sum := got.PeersLAN + got.PeersNear + got.PeersFar() + got.FromOrigin() + got.Mirrors
			if c.of(got) != 4*miB || sum != 4*miB || sum != got.Peers+got.Origin {
				t.Errorf("%+v: %+v", c.from, got)
			}
		})
	}
}

// TestOldCountsCountAsFar: what earlier versions wrote has no classes.
func TestOldCountsCountAsFar(t *testing.T) {
	var c app.Counts
	if err := json.Unmarshal([]byte(`{"peers":5,"origin":6,"wasted":7,"given":8}`), &c); err != nil {
		t.Fatal(err)
	}
	if c.PeersFar() != 5 || c.FromOrigin() != 6 || c.GivenFar() != 8 || c.Out() != 8 {
		t.Errorf("%+v", c)
	}
}

// TestMonthBeginsWithTheLedger where an earlier version kept no account.
func TestMonthBeginsWithTheLedger(t *testing.T) {
	inZone(t, 0)
	inWorld(t, 4*miB, func(w *world) {
		w.stop()
		w.did(w.store.AddLedger(app.LedgerRow{Day: "1999-12-31", Counts: app.Counts{Given: 7}},
			app.LedgerRow{Day: "2000-01-01", Counts: app.Counts{Given: 1000}}))
		w.start()
		if m := w.snap().Month; m.Given != 1000 {
			t.Errorf("the month begins with %d", m.Given)
		}
	})
}
