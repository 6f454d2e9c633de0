package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// TestOtherSelection: what an earlier selection left in an adopted part
// folder is not filed.
func TestOtherSelection(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	ok(t, p.Checkpoint(rec, write(t, p, made, 0, 6)))
	ok(t, p.Close())
	ok(t, s.DeleteTransfer(rec.ID))
	rec.ID, rec.Selected = uuid.New(), []int{2}
	q, have, recheck, err := s.Create(rec, made.Described())
	ok(t, err)
	if have.Count() != 1 || !have.Has(6) || recheck {
		t.Errorf("adopted pieces %x, recheck %v", have.Bytes(), recheck)
	}
	path, err := q.Finish(rec)
	ok(t, err)
	ok(t, q.Close())
	for name, there := range map[string]bool{"a-long.bin": false, "b-empty.txt": false, "folder/c-tiny.txt": true} {
		if _, err := os.Lstat(filepath.Join(path, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
	rec.ID, rec.Selected, rec.Target = uuid.New(), []int{4}, "x"
	_, _, _, err = s.Create(rec, made.Described())
	want(t, err, app.BadInput)
}

// damages are what Open may find after a restart, and what it makes of it.
var damages = []struct {
	name    string
	damage  func(t *testing.T, part, data string, pieces int)
	recheck bool
	claimed int // pieces; -1 is all
}{
	{"nothing", func(*testing.T, string, string, int) {}, false, -1},
	{"file cut", func(t *testing.T, part, _ string, _ int) {
		ok(t, os.Truncate(filepath.Join(part, filesDir, "a-long.bin"), 100))
	}, true, -1},
	{"file grown", func(t *testing.T, part, _ string, _ int) {
		ok(t, os.Truncate(filepath.Join(part, filesDir, "b-empty.txt"), 100))
	}, true, -1},
	{"file deleted", func(t *testing.T, part, _ string, _ int) {
		ok(t, os.Remove(filepath.Join(part, filesDir, "a-long.bin")))
	}, true, -1},
	{"payload deleted", func(t *testing.T, part, _ string, _ int) {
		ok(t, os.RemoveAll(filepath.Join(part, filesDir)))
	}, true, -1},
	{"sidecar's bitmap lost", func(t *testing.T, part, _ string, _ int) {
		ok(t, os.Remove(filepath.Join(part, bitmapFile)))
	}, false, -1},
	{"database lost", func(t *testing.T, _, data string, _ int) {
		ok(t, os.Remove(filepath.Join(data, dbName)))
		ok(t, os.Remove(filepath.Join(data, backupName)))
	}, false, -1},
	{"the newer half of the sidecar's bitmap and the database lost", func(t *testing.T, part, data string, pieces int) {
		f, err := os.OpenFile(filepath.Join(part, bitmapFile), os.O_RDWR, 0)
		ok(t, err)
		slots := bitmapSlots{f, pieces}
		newest, err := slots.read()
		ok(t, err)
		_, err = f.WriteAt([]byte("torn"), slots.offset(newest.number))
		ok(t, err)
		ok(t, f.Close())
		ok(t, os.Remove(filepath.Join(data, dbName)))
		ok(t, os.Remove(filepath.Join(data, backupName)))
	}, false, 1},
	{"both lost", func(t *testing.T, part, data string, pieces int) {
		ok(t, os.WriteFile(filepath.Join(part, bitmapFile), bytes.Repeat([]byte("x"), 9000), 0o600))
		ok(t, os.Remove(filepath.Join(data, dbName)))
		ok(t, os.Remove(filepath.Join(data, backupName)))
	}, true, 0},
}

// TestRecheck lists what makes Open ask for one.
func TestRecheck(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	for _, test := range damages {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(dir, Options{})
			ok(t, err)
			rec := newRecord(made, t.TempDir())
			p := create(t, s, rec, made)
			ok(t, p.Checkpoint(rec, write(t, p, made, 3)))
			ok(t, p.Checkpoint(rec, write(t, p, made)))
			ok(t, p.Close())
			ok(t, s.Close())
			test.damage(t, filepath.Join(rec.Folder, rec.Target)+partSuffix, dir, made.Pieces())
			s = openStore(t, dir, Options{})
			q, _, have, recheck, err := s.Open(rec)
			ok(t, err)
			claimed := test.claimed
			if claimed < 0 {
				claimed = made.Pieces()
			}
			if recheck != test.recheck || have.Count() != claimed {
				t.Errorf("%d pieces, recheck %v", have.Count(), recheck)
			}
			// Whatever it was, every file has its size again.
			for n, name := range q.(*payload).tree.names {
				info, err := os.Stat(filepath.Join(rec.Folder, rec.Target+partSuffix, filesDir, name))
				if err != nil || info.Size() != made.Package.Manifest.Files[n].Size {
					t.Errorf("%s: %v, %v", name, info, err)
				}
			}
			ok(t, q.Close())
		})
	}
}

// TestDamagedDescription: without a description that verifies there is
// nothing to go on with.
func TestDamagedDescription(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("picture")})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	ok(t, p.Close())
	part := filepath.Join(rec.Folder, rec.Target) + partSuffix
	spoil(t, filepath.Join(part, posterFile))
	q, d, _, _, err := s.Open(rec)
	ok(t, err)
	if d.Poster != nil {
		t.Error("a poster that is not the package's")
	}
	ok(t, q.Close())
	other := apptest.Package(t, apptest.Options{Name: "other"})
	ok(t, os.WriteFile(filepath.Join(part, groveFile), other.Grove, 0o600))
	_, _, _, _, err = s.Open(rec)
	want(t, err, app.WrongPackage)
	ok(t, os.WriteFile(filepath.Join(part, groveFile), made.Grove, 0o600))
	for _, name := range []string{hashesFile, groveFile} {
		spoil(t, filepath.Join(part, name))
		_, _, _, _, err = s.Open(rec)
		want(t, err, app.BadPackage)
	}
}

func spoil(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	ok(t, err)
	b[len(b)-2] ^= 1
	ok(t, os.WriteFile(name, b, 0o600))
}

// TestRemoveSparesOthers: the part folder of another transfer stays.
func TestRemoveSparesOthers(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	other := rec
	other.ID = uuid.New()
	if err := s.Remove(other); err == nil {
		t.Error("a part folder in use was removed")
	}
	ok(t, p.Close())
	ok(t, s.Remove(other))
	q, _, _, _, err := s.Open(rec)
	ok(t, err)
	ok(t, q.Close())
}

// TestSamePackageTwice: two transfers of one package keep sidecars of their own.
func TestSamePackageTwice(t *testing.T) {
	k := makeThree(t) // the finished and the shared one are of one package
	s := openStore(t, k.dir, Options{})
	ok(t, s.Remove(k.records[1]))
	ok(t, s.DeleteTransfer(k.records[1].ID))
	k.records = append(k.records[:1], k.records[2])
	k.have = append(k.have[:1], k.have[2])
	k.wantBack(t, s)
}
