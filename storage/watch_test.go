package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// TestWatch: a finished file is not read once it is another, and it takes at
// most watchEvery to notice.
func TestWatch(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 2 * pack.MinPiece}})
	for name, change := range map[string]func(t *testing.T, path string){
		"written": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			ok(t, err)
			_, err = f.WriteAt([]byte{1}, 5)
			ok(t, err)
			ok(t, f.Close())
			ok(t, os.Chtimes(path, time.Time{}, time.Unix(1_700_000_000, 0))) // the clock may be coarse
		},
		"cut": func(t *testing.T, path string) { ok(t, os.Truncate(path, 7)) },
		"replaced": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			ok(t, err)
			ok(t, os.WriteFile(path+".new", made.Content[0], 0o644))
			ok(t, os.Chtimes(path+".new", time.Time{}, info.ModTime()))
			ok(t, os.Rename(path+".new", path))
		},
		"deleted": func(t *testing.T, path string) { ok(t, os.Remove(path)) },
		"linked": func(t *testing.T, path string) {
			ok(t, os.Rename(path, path+".moved"))
			ok(t, os.Symlink(path+".moved", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("open files cannot be changed there")
			}
			s := openStore(t, t.TempDir(), Options{})
			rec := newRecord(made, t.TempDir())
			p := create(t, s, rec, made)
			all := write(t, p, made)
			path, err := p.Finish(rec)
			ok(t, err)
			synctest.Test(t, func(t *testing.T) {
				ok(t, p.ReadPiece(1, make([]byte, 9), 0))
				change(t, path)
				time.Sleep(watchEvery)
				want(t, p.ReadPiece(1, make([]byte, 9), 0), app.FileChanged)
				want(t, p.ReadPiece(1, make([]byte, 9), 0), app.FileChanged)
			})
			ok(t, p.Close())
			rec.Path = path
			q, _, have, recheck, err := s.Open(rec)
			if name == "deleted" || name == "linked" {
				want(t, err, app.FileChanged)
				return
			}
			ok(t, err)
			if !recheck || !bytes.Equal(have.Bytes(), all.Bytes()) {
				t.Errorf("pieces %x, recheck %v", have.Bytes(), recheck)
			}
			ok(t, q.Close())
		})
	}
}

// TestWatchIsCheap: between two looks nothing is asked of the disk but the
// read itself.
func TestWatchIsCheap(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": pack.MinPiece}})
	var stats atomic.Int32
	s := openStore(t, t.TempDir(), Options{hooks: hooks{wrap: func(_ int, f file) file { return countedStat{f, &stats} }}})
	rec := newRecord(made, "")
	rec.Path = filepath.Join(t.TempDir(), "film.bin")
	made.WriteFiles(t, filepath.Dir(rec.Path))
	p, err := s.Adopt(rec, made.Described())
	ok(t, err)
	synctest.Test(t, func(t *testing.T) {
		for range 30 { // three a period
			ok(t, p.ReadPiece(0, make([]byte, 9), 0))
			time.Sleep(watchEvery / 3)
		}
	})
	ok(t, p.Close())
	if n := stats.Load(); n < 5 || n > 11 {
		t.Errorf("looked %d times in ten periods", n)
	}
}

type countedStat struct {
	file
	stats *atomic.Int32
}

func (f countedStat) Stat() (os.FileInfo, error) {
	f.stats.Add(1)
	return f.file.Stat()
}

// TestWatchLeavesAloneWhatLeavesTheContentAlone: other programs link and
// chmod files all the time.
func TestWatchLeavesAloneWhatLeavesTheContentAlone(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 2 * pack.MinPiece}})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	write(t, p, made)
	path, err := p.Finish(rec)
	ok(t, err)
	synctest.Test(t, func(t *testing.T) {
		ok(t, p.ReadPiece(1, make([]byte, 9), 0))
		ok(t, os.Link(path, path+".link"))
		ok(t, os.Chmod(path, 0o600))
		time.Sleep(2 * watchEvery)
		ok(t, p.ReadPiece(1, make([]byte, 9), 0))
	})
	ok(t, p.Close())
	rec.Path = path
	q, _, _, recheck, err := s.Open(rec)
	ok(t, err)
	ok(t, q.Close())
	if recheck {
		t.Error("a link and a permission asked for a recheck")
	}
}
