package storage

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

var errCrash = errors.New("crash")

// crashAt lets nothing happen from a step on.
func crashAt(step string) hooks {
	crashed := false
	return hooks{step: func(name string) error {
		if crashed = crashed || name == step; crashed {
			return errCrash
		}
		return nil
	}}
}

// How the work of a broken Finish is gone on with.
const (
	atStart     = "at the next start"
	atBareStart = "at the next start without database"
	byCall      = "by the next call"
	byOpen      = "by the next open"
)

// TestCrashInFinish breaks Finish off at every step; the next start, or the
// next Finish, does the rest.
func TestCrashInFinish(t *testing.T) {
	for _, kind := range []struct {
		name string
		made *apptest.Made
	}{
		{"folder", apptest.Package(t, apptest.Options{})},
		{"file", apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 3*pack.MinPiece - 1}})},
	} {
		for _, step := range []string{"intend", "rename", "renamed", "described", "placed", "discarded"} {
			for _, again := range []string{atStart, atBareStart, byCall, byOpen} {
				if (again == byCall || again == byOpen) && step == "discarded" {
					continue // to the caller it was finished
				}
				t.Run(kind.name+" "+step+" "+again, func(t *testing.T) { crashInFinish(t, kind.made, step, again) })
			}
		}
	}
}

func crashInFinish(t *testing.T, made *apptest.Made, step, again string) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	ok(t, err)
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	all := write(t, p, made)
	ok(t, p.Checkpoint(rec, all))
	s.opts.hooks = crashAt(step)
	_, err = p.Finish(rec)
	if !errors.Is(err, errCrash) && step != "discarded" {
		t.Fatalf("Finish went through %q: %v", step, err)
	}
	s.opts.hooks = hooks{}
	switch again {
	case byCall:
		if wrong := wrongPieces(p, made, all); wrong != nil && (step == "intend" || step == "rename") {
			t.Errorf("pieces %v cannot be read after a failed Finish", wrong)
		}
		_, err := p.Finish(rec)
		ok(t, err)
		ok(t, p.Close())
		ok(t, s.Close())
	case byOpen:
		ok(t, p.Close())
		if step == "placed" {
			rec.Path = filepath.Join(rec.Folder, rec.Target) // as the saved record says
		}
		goOn(t, s, rec, made)
		ok(t, s.Close())
	case atBareStart:
		ok(t, s.abandon())
		ok(t, os.Remove(filepath.Join(dir, dbName)))
	case atStart:
		ok(t, s.abandon())
	}
	s = openStore(t, dir, Options{})
	records, err := s.LoadTransfers()
	ok(t, err)
	if len(records) != 1 || records[0].ID != rec.ID {
		t.Fatalf("transfers: %+v", records)
	}
	goOn(t, s, records[0], made)
	if left, err := os.ReadDir(rec.Folder); err != nil || len(left) != 1 {
		t.Errorf("in the folder: %v, %v", left, err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, pointers)); err != nil || len(left) != 0 {
		t.Errorf("pointers: %v, %v", left, err)
	}
}

// goOn opens a transfer whose pieces are all there and finishes it, which may
// be done already.
func goOn(t *testing.T, s *Store, rec app.Record, made *apptest.Made) {
	t.Helper()
	p, _, have, recheck, err := s.Open(rec)
	ok(t, err)
	if !have.Full() || recheck {
		t.Errorf("pieces %x, recheck %v", have.Bytes(), recheck)
	}
	path, err := p.Finish(rec)
	ok(t, err)
	if wrong := wrongPieces(p, made, have); wrong != nil {
		t.Errorf("wrong pieces %v", wrong)
	}
	ok(t, p.Close())
	if path != filepath.Join(rec.Folder, rec.Target) {
		t.Errorf("finished as %s", path)
	}
}

// TestTargetTakenAfterCrash: what lies at the target after a crash is taken
// for the finished files only if it is those very files.
func TestTargetTakenAfterCrash(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	ok(t, err)
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	all := write(t, p, made)
	ok(t, p.Checkpoint(rec, all))
	s.opts.hooks = crashAt("rename")
	_, err = p.Finish(rec)
	if !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	ok(t, s.abandon())
	made.WriteFiles(t, mkdir(t, filepath.Join(rec.Folder, rec.Target))) // the same content
	s = openStore(t, dir, Options{})
	q, _, have, recheck, err := s.Open(rec)
	ok(t, err)
	if !have.Full() || recheck {
		t.Errorf("pieces %x, recheck %v", have.Bytes(), recheck)
	}
	_, err = q.Finish(rec)
	want(t, err, app.TargetExists)
	ok(t, q.Close())
}

func mkdir(t *testing.T, dir string) string {
	t.Helper()
	ok(t, os.MkdirAll(dir, 0o755))
	return dir
}

// TestCrashInCreate: a transfer whose Create was broken off is there again,
// and its files are looked at.
func TestCrashInCreate(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	ok(t, err)
	rec := newRecord(made, t.TempDir())
	files := 0
	stopped := make(chan struct{})
	s.opts.hooks.step = func(string) error {
		if files++; files < 3 {
			return nil
		}
		runtime.Goexit() // a crash: nothing is cleaned up
		return nil
	}
	go func() {
		defer close(stopped)
		_, _, _, _ = s.Create(rec, made.Described()) // never returns
	}()
	<-stopped
	ok(t, s.abandon())
	s = openStore(t, dir, Options{})
	records, err := s.LoadTransfers()
	ok(t, err)
	if len(records) != 1 || records[0].ID != rec.ID {
		t.Fatalf("transfers: %+v", records)
	}
	p, _, have, recheck, err := s.Open(records[0])
	ok(t, err)
	defer func() { ok(t, p.Close()) }()
	if have.Count() != 0 || !recheck {
		t.Errorf("pieces %x, recheck %v", have.Bytes(), recheck)
	}
	all := write(t, p, made)
	if wrong := wrongPieces(p, made, all); wrong != nil {
		t.Errorf("wrong pieces %v", wrong)
	}
}

// TestFailedCreate: what Create made is gone when it fails.
func TestFailedCreate(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := openStore(t, t.TempDir(), Options{hooks: crashAt("reserve")})
	rec := newRecord(made, t.TempDir())
	_, _, _, err := s.Create(rec, made.Described())
	if !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	for _, dir := range []string{rec.Folder, filepath.Join(s.dir, pointers)} {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left in %s: %v, %v", dir, left, err)
		}
	}
	s.opts.hooks = hooks{}
	create(t, s, rec, made)
}
