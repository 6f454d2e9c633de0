package storage

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// TestPlanted: nothing that somebody put into a part folder in the place of a
// file or folder is followed, written or finished.
func TestPlanted(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	for name, plant := range map[string]func(t *testing.T, part, outside string){
		"file": func(t *testing.T, part, outside string) {
			replace(t, filepath.Join(part, filesDir, "a-long.bin"), filepath.Join(outside, "victim"))
		},
		"file inside": func(t *testing.T, part, _ string) {
			replace(t, filepath.Join(part, filesDir, "a-long.bin"), "b-empty.txt")
		},
		"folder": func(t *testing.T, part, outside string) {
			replace(t, filepath.Join(part, filesDir, "folder"), outside)
		},
		"payload": func(t *testing.T, part, outside string) { replace(t, filepath.Join(part, filesDir), outside) },
		"part folder": func(t *testing.T, part, outside string) {
			ok(t, os.Rename(part, filepath.Join(outside, "moved")))
			ok(t, os.Symlink(filepath.Join(outside, "moved"), part))
		},
		"bitmap": func(t *testing.T, part, outside string) {
			replace(t, filepath.Join(part, bitmapFile), filepath.Join(outside, "victim"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, t.TempDir(), Options{})
			rec := newRecord(made, t.TempDir())
			p := create(t, s, rec, made)
			ok(t, p.Checkpoint(rec, write(t, p, made)))
			ok(t, p.Close())
			outside := t.TempDir()
			victim := filepath.Join(outside, "victim")
			ok(t, os.WriteFile(victim, []byte("precious"), 0o644))
			plant(t, filepath.Join(rec.Folder, rec.Target)+partSuffix, outside)

			if p, _, _, _, err := s.Open(rec); err == nil {
				t.Errorf("opened")
				ok(t, p.Close())
			} else if app.AsProblem(err).Kind != app.FileChanged {
				t.Errorf("Open: %v", err)
			}
			ok(t, s.DeleteTransfer(rec.ID))
			rec.ID = uuid.New()
			if p, _, _, err := s.Create(rec, made.Described()); err == nil {
				t.Errorf("adopted")
				ok(t, p.Close())
			}
			if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
				t.Errorf("outside the part folder: %q, %v", b, err)
			}
		})
	}
}

// replace puts a symbolic link to target in the place of name.
func replace(t *testing.T, name, target string) {
	t.Helper()
	ok(t, os.RemoveAll(name))
	if err := os.Symlink(target, name); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("this user may make no symbolic links")
		}
		t.Fatal(err)
	}
}

// TestPlantedWhileOpen: a link that appears while the payload is open is not
// followed either, and Finish does not file it.
func TestPlantedWhileOpen(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	files := filepath.Join(rec.Folder, rec.Target) + partSuffix + "/" + filesDir
	victim := filepath.Join(t.TempDir(), "victim")
	ok(t, os.WriteFile(victim, make([]byte, 4*pack.MinPiece), 0o644))
	replace(t, files+"/a-long.bin", victim)
	want(t, p.WritePiece(0, made.Piece(0)), app.FileChanged)
	want(t, p.ReadPiece(0, make([]byte, 1), 0), app.FileChanged)
	_, err := p.Finish(rec)
	want(t, err, app.FileChanged)
	ok(t, os.Remove(files+"/a-long.bin"))
	ok(t, os.WriteFile(files+"/a-long.bin", made.Content[0][1:], 0o644)) // one byte short
	_, err = p.Finish(rec)
	want(t, err, app.FileChanged)
	ok(t, os.WriteFile(files+"/a-long.bin", made.Content[0], 0o644))
	ok(t, os.MkdirAll(files+"/folder/more/evil", 0o755))
	ok(t, os.WriteFile(files+"/folder/more/evil/x.exe", nil, 0o755))
	replace(t, files+"/folder/link", victim)
	for i := range made.Pieces() {
		ok(t, p.WritePiece(i, made.Piece(i)))
	}
	path, err := p.Finish(rec)
	ok(t, err)
	var found []string
	ok(t, filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, d.Name())
		}
		return err
	}))
	if got := strings.Join(found, " "); got != "a-long.bin b-empty.txt c-tiny.txt d-even.bin" {
		t.Errorf("finished: %s", got)
	}
}

// TestSharedLink: a symbolic link is not shared in place.
func TestSharedLink(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 10}})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, "")
	dir := t.TempDir()
	made.WriteFiles(t, dir)
	rec.Path = filepath.Join(dir, "link")
	replace(t, rec.Path, "film.bin")
	_, err := s.Adopt(rec, made.Described())
	want(t, err, app.BadInput)
	rec.Path = filepath.Join(dir, "film.bin")
	ok(t, os.WriteFile(rec.Path, []byte("too long for it"), 0o644))
	_, err = s.Adopt(rec, made.Described())
	want(t, err, app.FileChanged)
	if left, _ := os.ReadDir(filepath.Join(s.dir, packages, rec.Package.String())); len(left) != 0 {
		t.Errorf("left of a failed Adopt: %v", left)
	}
}
