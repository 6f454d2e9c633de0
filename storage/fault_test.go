package storage

import (
	"bytes"
	"errors"
	"io/fs"
	"sync/atomic"
	"syscall"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// faultyFile fails as told.
type faultyFile struct {
	file
	sync, write *atomic.Pointer[error]
	syncs       *atomic.Int32
}

func (f faultyFile) Sync() error {
	f.syncs.Add(1)
	if err := f.sync.Load(); err != nil {
		return *err
	}
	return f.file.Sync()
}

func (f faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.write.Load(); err != nil {
		return 0, *err
	}
	return f.file.WriteAt(b, off)
}

// TestFailedSync: after a failed sync nothing is synced again and nothing is
// saved, even when the disk says that it is well; opened again the payload
// goes on from the last checkpoint.
func TestFailedSync(t *testing.T) {
	var syncErr, writeErr atomic.Pointer[error]
	var syncs atomic.Int32
	s := openStore(t, t.TempDir(), Options{hooks: hooks{wrap: func(_ int, f file) file {
		return faultyFile{f, &syncErr, &writeErr, &syncs}
	}}})
	made := apptest.Package(t, apptest.Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	have := write(t, p, made, 0)
	ok(t, p.Checkpoint(rec, have))

	more := write(t, p, made, 0, 1)
	eio := error(&fs.PathError{Op: "fdatasync", Path: "x", Err: syscall.EIO})
	syncErr.Store(&eio)
	want(t, p.Checkpoint(rec, more), app.DiskFault)
	syncErr.Store(nil)
	before := syncs.Load()
	want(t, p.Checkpoint(rec, more), app.DiskFault)
	want(t, p.WritePiece(2, made.Piece(2)), app.DiskFault)
	_, err := p.Finish(rec)
	want(t, err, app.DiskFault)
	if n := syncs.Load() - before; n != 0 {
		t.Errorf("synced %d times after a failed sync", n)
	}
	ok(t, p.Close())
	q, _, got, _, err := s.Open(rec)
	ok(t, err)
	if !bytes.Equal(got.Bytes(), have.Bytes()) {
		t.Errorf("pieces %x, want %x", got.Bytes(), have.Bytes())
	}
	ok(t, q.Checkpoint(rec, write(t, q, made, 0, 1)))
	ok(t, q.Close())
}

// TestNoRoomToWrite: a full disk is no fault; the same payload goes on when
// there is room.
func TestNoRoomToWrite(t *testing.T) {
	var syncErr, writeErr atomic.Pointer[error]
	var syncs atomic.Int32
	s := openStore(t, t.TempDir(), Options{hooks: hooks{wrap: func(_ int, f file) file {
		return faultyFile{f, &syncErr, &writeErr, &syncs}
	}}})
	made := apptest.Package(t, apptest.Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	for errno, kind := range map[error]app.ProblemKind{
		syscall.ENOSPC: app.NoSpace, syscall.EDQUOT: app.NoSpace, syscall.EFBIG: app.BadInput, syscall.EROFS: app.ReadOnly,
	} {
		err := error(&fs.PathError{Op: "write", Path: "x", Err: errno})
		writeErr.Store(&err)
		got := p.WritePiece(0, made.Piece(0))
		want(t, got, kind)
		if !errors.Is(got, errno) {
			t.Errorf("%v does not wrap its cause %v", got, errno)
		}
	}
	writeErr.Store(nil)
	ok(t, p.Checkpoint(rec, write(t, p, made)))
	eio := error(syscall.EIO)
	writeErr.Store(&eio)
	want(t, p.WritePiece(0, made.Piece(0)), app.DiskFault)
	writeErr.Store(nil)
	want(t, p.WritePiece(0, made.Piece(0)), app.DiskFault)
}

// TestCheckpointDoesNotBlockWrites: pieces are written while a sync takes its
// time, and those are not forgotten by the next.
func TestCheckpointDoesNotBlockWrites(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"one.bin": 4 * pack.MinPiece}})
	syncing, goOn := make(chan bool), make(chan bool)
	s := openStore(t, t.TempDir(), Options{hooks: hooks{wrap: func(_ int, f file) file {
		return slowFile{f, syncing, goOn}
	}}})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	have := write(t, p, made, 0)
	done := make(chan error)
	go func() { done <- p.Checkpoint(rec, have) }()
	<-syncing
	all := write(t, p, made) // returns although the sync is under way
	goOn <- true
	ok(t, <-done)
	go func() { done <- p.Checkpoint(rec, all) }()
	<-syncing // the file is dirty again
	goOn <- true
	ok(t, <-done)
}

type slowFile struct {
	file
	syncing, goOn chan bool
}

func (f slowFile) Sync() error {
	f.syncing <- true
	<-f.goOn
	return f.file.Sync()
}
