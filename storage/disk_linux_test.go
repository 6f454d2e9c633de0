package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// smallDisk mounts a disk in memory; options are tmpfs's.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { ok(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

func remount(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	ok(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|flags, options))
}

// fill leaves no room on a disk and returns how to take that back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	ok(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	ok(t, f.Close())
	return func() { ok(t, os.Remove(name)) }
}

// TestFullDisk: a package that does not fit is refused before or while room
// is reserved, leaves nothing, and fits when there is room again.
func TestFullDisk(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a": 3 * pack.MinPiece, "b": 3 * pack.MinPiece}})
	disk := smallDisk(t, "size=1m")
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, disk)
	free, err := s.Free(disk)
	ok(t, err)
	if free <= 0 || free > 1<<20 {
		t.Errorf("%d bytes free on a disk of 1 MiB", free)
	}
	refused := func() {
		t.Helper()
		_, _, _, err := s.Create(rec, made.Described())
		want(t, err, app.NoSpace)
		if p := app.AsProblem(err); p.Subject != filepath.Join(rec.Folder, rec.Target) {
			t.Errorf("no room for %s", p.Subject)
		}
		if _, err := os.Lstat(filepath.Join(disk, rec.Target+partSuffix)); err == nil {
			t.Error("a part folder is left")
		}
	}
	s.opts.hooks.step = func(step string) error { t.Errorf("came to %s without room", step); return nil }
	refused() // before anything is written
	remount(t, disk, "size=8m", 0)
	var undo func()
	s.opts.hooks.step = func(string) error {
		if undo == nil {
			undo = fill(t, disk)
		}
		return nil
	}
	refused() // somebody else was faster
	undo()
	s.opts.hooks = hooks{}
	p := create(t, s, rec, made)
	undo = fill(t, disk) // what was reserved is there nevertheless
	all := write(t, p, made)
	ok(t, p.Checkpoint(rec, all))
	_, err = p.Finish(rec)
	if err != nil {
		want(t, err, app.NoSpace)
		undo()
		undo = func() {}
		if wrong := wrongPieces(p, made, all); wrong != nil {
			t.Errorf("wrong pieces %v", wrong)
		}
		_, err = p.Finish(rec)
		ok(t, err)
	}
	undo()
	if wrong := wrongPieces(p, made, all); wrong != nil {
		t.Errorf("wrong pieces %v", wrong)
	}
}

// TestFullDataFolder: without room for the database a call fails with
// NoSpace, what was saved stays, and later calls work.
func TestFullDataFolder(t *testing.T) {
	dir := filepath.Join(smallDisk(t, "size=1m"), "data")
	made := apptest.Package(t, apptest.Options{})
	s, err := Open(dir, Options{})
	ok(t, err)
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	have := write(t, p, made, 1)
	ok(t, p.Checkpoint(rec, have))
	undo := fill(t, filepath.Dir(dir))
	for range 200 { // until the file would have to grow
		if err = s.AppendLog(rec.ID, app.LogEntry{Text: strings.Repeat("x", 4000)}); err != nil {
			break
		}
	}
	want(t, err, app.NoSpace)
	shared := newRecord(made, "")
	shared.Path = t.TempDir()
	made.WriteFiles(t, shared.Path)
	_, err = s.Adopt(shared, made.Described())
	want(t, err, app.NoSpace)
	undo()
	all := write(t, p, made)
	ok(t, p.Checkpoint(rec, all))
	ok(t, p.Close())
	ok(t, s.abandon())
	s = openStore(t, dir, Options{Probe: probeInChild})
	if s.Notice() != nil {
		t.Errorf("notice %v", s.Notice())
	}
	q, _, got, _, err := s.Open(rec)
	ok(t, err)
	if !bytes.Equal(got.Bytes(), all.Bytes()) {
		t.Errorf("pieces %x", got.Bytes())
	}
	ok(t, q.Close())
}

// TestReadOnlyDisk: a folder that cannot be written is ReadOnly, for a new
// transfer, for one under way and for the data folder.
func TestReadOnlyDisk(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	disk := smallDisk(t, "size=16m")
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, filepath.Join(disk, "folder"))
	p := create(t, s, rec, made)
	have := write(t, p, made, 1)
	ok(t, p.Checkpoint(rec, have))
	ok(t, p.Close())
	remount(t, disk, "size=16m", unix.MS_RDONLY)

	_, _, _, _, err := s.Open(rec)
	want(t, err, app.ReadOnly)
	other := newRecord(made, filepath.Join(disk, "folder"))
	other.Target = "other"
	_, _, _, err = s.Create(other, made.Described())
	want(t, err, app.ReadOnly)
	other.Folder = filepath.Join(disk, "new")
	_, _, _, err = s.Create(other, made.Described())
	want(t, err, app.ReadOnly)
	_, err = Open(filepath.Join(disk, "data"), Options{})
	want(t, err, app.ReadOnly)
	want(t, s.Remove(rec), app.ReadOnly)

	remount(t, disk, "size=16m", 0)
	q, _, got, recheck, err := s.Open(rec)
	ok(t, err)
	if !bytes.Equal(got.Bytes(), have.Bytes()) || recheck {
		t.Errorf("pieces %x, recheck %v", got.Bytes(), recheck)
	}
	ok(t, q.Close())
}

// TestNames: a name that the disk cannot have is the user's to change.
func TestNames(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	rec.Target = strings.Repeat("x", 250) // with the suffix it is too long
	_, _, _, err := s.Create(rec, made.Described())
	want(t, err, app.BadInput)
	rec.Target = "x"
	file := filepath.Join(rec.Folder, "file")
	ok(t, os.WriteFile(file, nil, 0o644))
	rec.Folder = filepath.Join(file, "below")
	_, _, _, err = s.Create(rec, made.Described())
	want(t, err, app.BadInput)
	rec.Folder = file
	_, _, _, err = s.Create(rec, made.Described())
	want(t, err, app.BadInput)
}

// TestReserved: the payload's room is taken when the transfer begins.
func TestReserved(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a": 4 << 20}})
	disk := smallDisk(t, "size=16m")
	s := openStore(t, t.TempDir(), Options{})
	before, err := s.Free(disk)
	ok(t, err)
	create(t, s, newRecord(made, disk), made)
	after, err := s.Free(disk)
	ok(t, err)
	if taken := before - after; taken < 4<<20 {
		t.Errorf("%d bytes were reserved for 4 MiB", taken)
	}
}
