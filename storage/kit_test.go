package storage

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// childCommand runs this test binary again to do the named thing; env are
// further variables for it.
func childCommand(name string, env ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self)
	// The race detector would keep each child for another second.
	cmd.Env = append(os.Environ(), append(env, childVariable+"="+name, "GORACE=atexit_sleep_ms=0")...)
	return cmd
}

// probeInChild is what a program gives as Options.Probe.
func probeInChild(path string) error {
	out, err := childCommand("probe", "GROVE_STORAGE_TEST_FILE="+path).CombinedOutput()
	if err != nil {
		return errors.New(string(out[:min(len(out), 200)]) + err.Error())
	}
	return nil
}

// newRecord is a transfer of made into folder.
func newRecord(made *apptest.Made, folder string) app.Record {
	return app.Record{
		ID: uuid.New(), Package: made.Package.ID, Name: made.Package.Manifest.Name,
		State: app.Downloading, Folder: folder, Target: made.Package.Manifest.Name,
		Created: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
}

func create(t testing.TB, s *Store, rec app.Record, made *apptest.Made) *payload {
	t.Helper()
	p, _, _, err := s.Create(rec, made.Described())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	t.Cleanup(func() { _ = p.Close() }) // again, where the test did not get so far
	return p.(*payload)
}

// write writes the pieces, all if none are named, and returns their set.
func write(t testing.TB, p app.Payload, made *apptest.Made, pieces ...int) app.Bitmap {
	t.Helper()
	have := app.NewBitmap(made.Pieces())
	for i := range made.Pieces() {
		if len(pieces) == 0 {
			have.Set(i)
		}
	}
	for _, i := range pieces {
		have.Set(i)
	}
	have.Each(func(i int) bool {
		if err := p.WritePiece(i, made.Piece(i)); err != nil {
			t.Fatalf("WritePiece(%d): %v", i, err)
		}
		return true
	})
	return have
}

// wrongPieces lists the pieces of have that do not read back.
func wrongPieces(p app.PieceReader, made *apptest.Made, have app.Bitmap) (wrong []int) {
	have.Each(func(i int) bool {
		b := make([]byte, len(made.Piece(i)))
		if err := p.ReadPiece(i, b, 0); err != nil || !bytes.Equal(b, made.Piece(i)) {
			wrong = append(wrong, i)
		}
		return true
	})
	return wrong
}

// want fails unless err is a problem of the kind.
func want(t testing.TB, err error, kind app.ProblemKind) {
	t.Helper()
	var p *app.Problem
	if !errors.As(err, &p) || p.Kind != kind {
		t.Fatalf("got %v, want the problem %s", err, kind)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// three are transfers of every kind in one data folder, all closed: one under
// way, one finished, one shared in place.
type three struct {
	made    *apptest.Made
	dir     string // data folder
	records []app.Record
	have    []app.Bitmap
	key     app.Publisher
	set     app.Settings
}

// row is what the ledger has.
func (k *three) row() app.LedgerRow {
	return app.LedgerRow{Day: "2026-03-04", Package: k.made.Package.ID, Name: "kit", Counts: app.Counts{Given: 7}, Best: 5}
}

func makeThree(t testing.TB) *three {
	t.Helper()
	k := &three{made: apptest.Package(t, apptest.Options{Poster: []byte("picture")}), dir: t.TempDir()}
	s, err := Open(k.dir, Options{})
	ok(t, err)
	under := newRecord(k.made, t.TempDir())
	p := create(t, s, under, k.made)
	have := write(t, p, k.made, 0, 2, 7)
	ok(t, p.Checkpoint(under, have))
	ok(t, p.Close())

	done := newRecord(k.made, t.TempDir())
	p = create(t, s, done, k.made)
	all := write(t, p, k.made)
	done.Path, err = p.Finish(done)
	ok(t, err)
	ok(t, p.Close())
	done.State = app.Done
	ok(t, s.SaveTransfer(done))

	shared := newRecord(k.made, "")
	shared.Path, shared.State = t.TempDir(), app.Seeding
	k.made.WriteFiles(t, shared.Path)
	q, err := s.Adopt(shared, k.made.Described())
	ok(t, err)
	ok(t, q.Close())

	k.key = app.Publisher{Key: k.made.Key.Public(), Name: "pinned", Packages: 1}
	ok(t, s.SavePublisher(k.key))
	k.set = app.DefaultSettings()
	k.set.MaxActive = 8
	ok(t, s.SaveSettings(k.set))
	ok(t, s.AddLedger(k.row()))
	for _, rec := range []app.Record{under, done, shared} {
		ok(t, s.AppendLog(rec.ID, app.LogEntry{Event: "accepted", Text: rec.Name}))
	}
	ok(t, s.Close())
	k.records = []app.Record{under, done, shared}
	k.have = []app.Bitmap{have, all, all}
	return k
}

// wantBack fails unless every transfer is there with its pieces.
func (k *three) wantBack(t testing.TB, s *Store) {
	t.Helper()
	records, err := s.LoadTransfers()
	ok(t, err)
	if len(records) != len(k.records) {
		t.Fatalf("%d transfers, want %d", len(records), len(k.records))
	}
	found := map[uuid.UUID]app.Record{}
	for _, rec := range records {
		found[rec.ID] = rec
	}
	for n, was := range k.records {
		rec := found[was.ID]
		if rec.State != was.State || rec.Path != was.Path || rec.Folder != was.Folder || rec.Target != was.Target {
			t.Errorf("transfer %d came back as %+v, was %+v", n, rec, was)
		}
		p, _, have, recheck, err := s.Open(rec)
		if err != nil {
			t.Errorf("transfer %d: %v", n, err)
			continue
		}
		if !bytes.Equal(have.Bytes(), k.have[n].Bytes()) || recheck {
			t.Errorf("transfer %d has pieces %x, recheck %v; want %x", n, have.Bytes(), recheck, k.have[n].Bytes())
		}
		if wrong := wrongPieces(p, k.made, have); wrong != nil {
			t.Errorf("transfer %d: pieces %v do not read back", n, wrong)
		}
		ok(t, p.Close())
	}
}

// copyOf is the data folder with its database as it is now, in a new place.
// Part folders and finished files are shared with the original.
func (k *three) copyOf(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, os.CopyFS(dir, os.DirFS(k.dir)))
	return dir
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	ok(t, err)
	t.Cleanup(func() { _ = root.Close() }) // nothing is written through it
	return root
}
