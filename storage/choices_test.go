package storage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// wantChoices fails unless ledger and settings are those of makeThree.
func (k *three) wantChoices(t *testing.T, s *Store) {
	t.Helper()
	set, err := s.LoadSettings()
	ok(t, err)
	if diff := cmp.Diff(k.set, set); diff != "" {
		t.Error(diff)
	}
	rows, err := s.LoadLedger("2026-03-04", "2026-03-04")
	ok(t, err)
	if diff := cmp.Diff([]app.LedgerRow{k.row()}, rows); diff != "" {
		t.Error(diff)
	}
}

func wantNothing(t *testing.T, s *Store) {
	t.Helper()
	set, err := s.LoadSettings()
	if diff := cmp.Diff(app.DefaultSettings(), set); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if rows, err := s.LoadLedger("0", "9"); err != nil || len(rows) != 0 {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestDatabaseWithoutTheNewerBuckets: one of an earlier version opens, unclean
// as well, and takes what it did not know.
func TestDatabaseWithoutTheNewerBuckets(t *testing.T) {
	k := makeThree(t)
	raw(t, k.dir, func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket(ledgerBucket); err != nil {
			return err
		}
		return tx.DeleteBucket(settingsBucket)
	})
	ok(t, os.Remove(filepath.Join(k.dir, cleanName)))
	s, err := Open(k.dir, Options{Probe: probeInChild})
	ok(t, err)
	if p := s.Notice(); p != nil {
		t.Errorf("notice %v", p)
	}
	wantNothing(t, s)
	k.wantBack(t, s)
	ok(t, s.SaveSettings(k.set))
	ok(t, s.AddLedger(k.row()))
	ok(t, s.Close())
	k.wantChoices(t, openStore(t, k.dir, Options{}))
}

// TestChoicesComeFromTheCopy where the database is lost, and are lost with it.
func TestChoicesComeFromTheCopy(t *testing.T) {
	k := makeThree(t)
	for name, lose := range map[string][]string{"database": {dbName}, "both": {dbName, backupName}} {
		dir := k.copyOf(t)
		for _, file := range lose {
			ok(t, os.Remove(filepath.Join(dir, file)))
		}
		s := openStore(t, dir, Options{})
		k.wantBack(t, s)
		if name == "both" {
			wantNothing(t, s)
		} else {
			k.wantChoices(t, s)
		}
	}
}

// TestSettingsSurviveACrash: the copy is made when they are saved, not at the
// next clean end.
func TestSettingsSurviveACrash(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	ok(t, err)
	set := app.DefaultSettings()
	set.Network.Proxy = "socks5://127.0.0.1:9050"
	ok(t, s.SaveSettings(set))
	ok(t, s.abandon())
	ok(t, os.WriteFile(filepath.Join(dir, dbName), []byte("no database"), 0o600))
	got, err := openStore(t, dir, Options{}).LoadSettings()
	if err != nil || got.Network.Proxy != set.Network.Proxy {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSettingsOfAnotherVersion(t *testing.T) {
	k := makeThree(t)
	raw(t, k.dir, func(tx *bolt.Tx) error {
		return tx.Bucket(settingsBucket).Put(settingsKey, seal(settingsKey,
			[]byte(`{"max_active":4,"unknown":{"a":1},"giving":{"budget":5}}`)))
	})
	set, err := openStore(t, k.dir, Options{}).LoadSettings()
	want := app.DefaultSettings()
	want.MaxActive, want.Giving.Budget = 4, 5
	if diff := cmp.Diff(want, set); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestDamagedChoices(t *testing.T) {
	k := makeThree(t)
	row := k.row()
	raw(t, k.dir, func(tx *bolt.Tx) error {
		for _, c := range []struct{ bucket, key []byte }{{settingsBucket, settingsKey}, {ledgerBucket, ledgerKey(row)}} {
			v := append([]byte(nil), tx.Bucket(c.bucket).Get(c.key)...)
			v[len(v)-3] ^= 1
			if err := tx.Bucket(c.bucket).Put(c.key, v); err != nil {
				return err
			}
		}
		other := row // sound, but under another key
		other.Day = "2026-03-05"
		v := tx.Bucket(ledgerBucket).Get(ledgerKey(row))
		return tx.Bucket(ledgerBucket).Put(ledgerKey(other), v)
	})
	s := openStore(t, k.dir, Options{})
	set, err := s.LoadSettings()
	want(t, err, app.StoreDamaged)
	if diff := cmp.Diff(app.DefaultSettings(), set); diff != "" {
		t.Error(diff)
	}
	if s.Notice() == nil {
		t.Error("nobody is told")
	}
	if rows, err := s.LoadLedger("0", "9"); err != nil || len(rows) != 0 {
		t.Errorf("%v, %v", rows, err)
	}
	ok(t, s.SaveSettings(k.set)) // both can be written again
	ok(t, s.AddLedger(row))
	k.wantChoices(t, s)
	k.wantBack(t, s)
}

func TestLedgerRefusesADayThatIsNone(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	want(t, s.AddLedger(app.LedgerRow{Day: "2026-03-04"}, app.LedgerRow{Day: "today"}), app.Internal)
	wantNothing(t, s) // all rows or none
}

// TestRecordsOfAnEarlierVersion say what their packages are, whatever state
// they are in, and from then on without their sidecars.
func TestRecordsOfAnEarlierVersion(t *testing.T) {
	k := makeThree(t)
	layout := k.made.Package.Layout
	raw(t, k.dir, func(tx *bolt.Tx) error {
		for _, rec := range k.records {
			rec.Size, rec.Have, rec.Files, rec.Publisher = 0, 0, 0, app.Record{}.Publisher
			if err := putRecord(tx, rec); err != nil {
				return err
			}
		}
		// One whose sidecar is gone stays as it is.
		return putRecord(tx, app.Record{ID: uuid.New(), Name: "gone", Path: "/gone"})
	})
	s := openStore(t, k.dir, Options{})
	for range 2 {
		all, err := s.LoadTransfers()
		ok(t, err)
		if len(all) != 4 {
			t.Fatalf("%d records", len(all))
		}
		for _, rec := range all {
			if rec.Name == "gone" {
				if rec.Files != 0 {
					t.Errorf("%+v", rec)
				}
				continue
			}
			want := layout.Size()
			if rec.ID == k.records[0].ID {
				want = layout.Span(0).Length + layout.Span(2).Length + layout.Span(7).Length
			}
			if rec.Size != layout.Size() || rec.Have != want || rec.Files != 4 || rec.Publisher != k.made.Key.Public() {
				t.Errorf("%s: %d of %d bytes in %d files by %s", rec.State, rec.Have, rec.Size, rec.Files, rec.Publisher)
			}
		}
		ok(t, os.RemoveAll(filepath.Join(k.dir, packages)))
	}
}

// TestKeptWithoutDatabase: what waits for its turn is found again, and no more
// once it was removed.
func TestKeptWithoutDatabase(t *testing.T) {
	for _, removed := range []bool{false, true} {
		k := makeThree(t)
		s, err := Open(k.dir, Options{})
		ok(t, err)
		waits := newRecord(k.made, t.TempDir())
		waits.State = app.Queued
		ok(t, s.SaveTransfer(waits))
		ok(t, s.Keep(waits, k.made.Described()))
		if removed {
			ok(t, s.Remove(waits))
			ok(t, s.DeleteTransfer(waits.ID))
		}
		ok(t, s.Close())
		ok(t, os.Remove(filepath.Join(k.dir, dbName)))
		ok(t, os.Remove(filepath.Join(k.dir, backupName)))
		s = openStore(t, k.dir, Options{})
		all, err := s.LoadTransfers()
		ok(t, err)
		if removed {
			k.wantBack(t, s)
			continue
		}
		if len(all) != 4 {
			t.Fatalf("%d records", len(all))
		}
		d, err := s.Kept(waits)
		if err != nil || d.Package.ID != waits.Package {
			t.Errorf("%v", err)
		}
		// A transfer that was begun is not begun again, even when its disk is away.
		if _, err := s.Kept(k.records[0]); err == nil {
			t.Error("kept although it has a part folder")
		}
	}
}

// TestKeptIsOlderThanThePartFolder, whose record counts.
func TestKeptIsOlderThanThePartFolder(t *testing.T) {
	k := makeThree(t)
	s, err := Open(k.dir, Options{})
	ok(t, err)
	rec := newRecord(k.made, t.TempDir())
	rec.State = app.Queued
	ok(t, s.Keep(rec, k.made.Described()))
	p := create(t, s, rec, k.made)
	rec.State = app.Paused
	have := write(t, p, k.made, 1)
	ok(t, p.Checkpoint(rec, have))
	ok(t, p.Close())
	ok(t, s.Close())
	ok(t, os.Remove(filepath.Join(k.dir, dbName)))
	ok(t, os.Remove(filepath.Join(k.dir, backupName)))
	k.records, k.have = append(k.records, rec), append(k.have, have)
	k.wantBack(t, openStore(t, k.dir, Options{}))
}

// TestProgressStaysOutOfTheSidecar: what changes with every checkpoint is in
// the database and in its copy.
func TestProgressStaysOutOfTheSidecar(t *testing.T) {
	k := makeThree(t)
	rec := k.records[0]
	file := filepath.Join(rec.Folder, rec.Target+partSuffix, recordFile)
	s, err := Open(k.dir, Options{})
	ok(t, err)
	rec.Describe(k.made.Package)
	ok(t, s.SaveTransfer(rec))
	before, err := os.Stat(file)
	ok(t, err)
	rec.Have, rec.Counts.Peers = 5, 5
	ok(t, s.SaveTransfer(rec))
	after, err := os.Stat(file)
	ok(t, err)
	if !os.SameFile(before, after) {
		t.Error("the sidecar was written anew")
	}
	ok(t, s.Close())
	ok(t, os.WriteFile(filepath.Join(k.dir, dbName), []byte("no database"), 0o600))
	all, err := openStore(t, k.dir, Options{}).LoadTransfers()
	ok(t, err)
	for _, r := range all {
		if r.ID == rec.ID && (r.Have != 5 || r.Counts.Peers != 5) {
			t.Errorf("came back as %+v", r)
		}
	}
}
