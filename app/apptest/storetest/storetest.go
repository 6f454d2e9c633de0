// Package storetest is the contract of app.Store as a test suite. Every
// implementation that keeps files on a disk calls Run in a few lines.
package storetest

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// Make opens an empty store for one test; whatever it takes is released by
// t.Cleanup.
type Make func(t *testing.T) app.Store

// Run runs the suite, each test on a store of its own.
func Run(t *testing.T, open Make) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, app.Store)
	}{
		{"a record comes back as it was saved", recordRoundTrip},
		{"records come in the order of the list and can be deleted", recordOrder},
		{"a log is appended to and goes with its transfer", logs},
		{"publishers are kept by their keys", publishers},
		{"a ledger adds up by day and package", ledger},
		{"marks of accounts", marks},
		{"settings are the defaults until they are saved", settings},
		{"a description is kept until its payload is made", kept},
		{"a new payload is empty and takes pieces", createAndWrite},
		{"bad calls are refused", badCalls},
		{"a checkpoint is what comes back", checkpoint},
		{"a part folder is found again by its package", adoptPart},
		{"a target is never overwritten", targetExists},
		{"finish puts every file in place", finishFolder},
		{"one file becomes the target itself", finishFile},
		{"only selected files are made", selection},
		{"finish never overwrites", finishOccupied},
		{"files are shared where they lie", shareInPlace},
		{"a changed file is not read", sharedChanges},
		{"remove spares what is finished", removeFinished},
		{"remove deletes what is not finished", removePart},
		{"pieces come and go while checkpoints run", concurrent},
		{"there is room in a folder that does not exist yet", free},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// record is a transfer of made into a new folder.
func record(t *testing.T, made *apptest.Made) app.Record {
	t.Helper()
	return app.Record{
		ID: uuid.New(), Package: made.Package.ID, Name: made.Package.Manifest.Name,
		State: app.Downloading, Folder: t.TempDir(), Target: made.Package.Manifest.Name,
		Created: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
}

func create(t *testing.T, s app.Store, rec app.Record, made *apptest.Made) app.Payload {
	t.Helper()
	p, have, recheck, err := s.Create(rec, made.Described())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	if have.Len() != made.Pieces() || have.Count() != 0 || recheck {
		t.Fatalf("Create: %d of %d pieces, recheck %v; want none of %d", have.Count(), have.Len(), recheck, made.Pieces())
	}
	return p
}

// write writes pieces to p, all if none are named, and returns their set.
func write(t *testing.T, p app.Payload, made *apptest.Made, pieces ...int) app.Bitmap {
	t.Helper()
	have := app.NewBitmap(made.Pieces())
	if len(pieces) == 0 {
		for i := range made.Pieces() {
			pieces = append(pieces, i)
		}
	}
	for _, i := range pieces {
		if err := p.WritePiece(i, made.Piece(i)); err != nil {
			t.Fatalf("WritePiece(%d): %v", i, err)
		}
		have.Set(i)
	}
	return have
}

// wantPieces reads every piece of have and compares it.
func wantPieces(t *testing.T, p app.PieceReader, made *apptest.Made, have app.Bitmap) {
	t.Helper()
	have.Each(func(i int) bool {
		b := make([]byte, len(made.Piece(i)))
		if err := p.ReadPiece(i, b, 0); err != nil {
			t.Errorf("ReadPiece(%d): %v", i, err)
		} else if !bytes.Equal(b, made.Piece(i)) {
			t.Errorf("piece %d is not what was written", i)
		}
		return true
	})
}

// want fails unless err is a problem of the kind.
func want(t *testing.T, err error, kind app.ProblemKind) {
	t.Helper()
	var p *app.Problem
	if !errors.As(err, &p) || p.Kind != kind {
		t.Fatalf("got %v, want the problem %s", err, kind)
	}
}

func closePayload(t *testing.T, p app.Payload) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// reopen opens rec and fails unless exactly have is there.
func reopen(t *testing.T, s app.Store, rec app.Record, have app.Bitmap) app.Payload {
	t.Helper()
	p, d, got, recheck, err := s.Open(rec)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = p.Close() }) // a test that cares closed it before
	if recheck {
		t.Error("Open asks for a recheck of files that did not change")
	}
	if !bytes.Equal(got.Bytes(), have.Bytes()) {
		t.Errorf("Open: pieces %x, want %x", got.Bytes(), have.Bytes())
	}
	if d.Package.ID != rec.Package || len(d.Hashes) != 32*got.Len() {
		t.Errorf("Open: description of %s with %d bytes of hashes", d.Package.ID, len(d.Hashes))
	}
	return p
}

func oneFile(t *testing.T) *apptest.Made {
	t.Helper()
	return apptest.Package(t, apptest.Options{Name: "film", Sizes: map[string]int64{"film.bin": 3*pack.MinPiece - 5}})
}

func onDisk(rec app.Record, elem ...string) string {
	return filepath.Join(append([]string{rec.Folder, rec.Target}, elem...)...)
}
