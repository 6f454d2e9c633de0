package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"grove/app"
	"grove/app/apptest"
)

// TestManyFiles: the number of open files stays bounded and every byte
// arrives.
func TestManyFiles(t *testing.T) {
	sizes := map[string]int64{}
	for n := range 2 * maxDirty {
		sizes[fmt.Sprintf("%d/%d.bin", n%7, n)] = int64(n % 5) // every fifth is empty
	}
	made := apptest.Package(t, apptest.Options{Sizes: sizes})
	s := openStore(t, t.TempDir(), Options{})
	rec := newRecord(made, t.TempDir())
	p := create(t, s, rec, made)
	have := write(t, p, made)
	if n := len(p.tree.open); n > maxDirty+1 {
		t.Errorf("%d files are open before the first checkpoint", n)
	}
	ok(t, p.Checkpoint(rec, have))
	if wrong := wrongPieces(p, made, have); wrong != nil {
		t.Errorf("wrong pieces %v", wrong)
	}
	if n := len(p.tree.open); n > maxOpen {
		t.Errorf("%d files are open", n)
	}
	path, err := p.Finish(rec)
	ok(t, err)
	for n, f := range made.Package.Manifest.Files {
		b, err := os.ReadFile(filepath.Join(append([]string{path}, f.Path...)...))
		if err != nil || !bytes.Equal(b, made.Content[n]) {
			t.Errorf("%v: %v", f.Path, err)
		}
	}
}

func TestRenameChecked(t *testing.T) {
	for name, rename := range map[string]func(*os.Root, string, string) error{"own": renameNew, "checked": renameChecked} {
		t.Run(name, func(t *testing.T) {
			root, err := os.OpenRoot(t.TempDir())
			ok(t, err)
			defer func() { ok(t, root.Close()) }()
			ok(t, root.MkdirAll("a/dir/sub", 0o755))
			ok(t, root.WriteFile("a/file", []byte("file"), 0o644))
			ok(t, root.WriteFile("taken", []byte("taken"), 0o644))
			ok(t, root.Mkdir("empty", 0o755))
			for _, from := range []string{"a/dir", "a/file"} {
				for _, to := range []string{"taken", "empty"} {
					if err := rename(root, from, to); !errors.Is(err, fs.ErrExist) {
						t.Errorf("%s over %s: %v", from, to, err)
					}
				}
			}
			ok(t, rename(root, "a/dir", "new-dir"))
			ok(t, rename(root, "a/file", "new-file"))
			b, err := root.ReadFile("new-file")
			if err != nil || string(b) != "file" {
				t.Errorf("%q, %v", b, err)
			}
			if _, err := root.Stat("new-dir/sub"); err != nil {
				t.Error(err)
			}
			if left, err := fs.ReadDir(root.FS(), "a"); err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
			if err := rename(root, "a/none", "x"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a missing file: %v", err)
			}
		})
	}
}

// TestSlots: one of the two slots is whole at any moment.
func TestSlots(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	ok(t, err)
	c := sidecar{root}
	defer c.close()
	const pieces = 70_000 // more than two pages of bits
	slots, err := openSlots(c, pieces)
	ok(t, err)
	defer func() { ok(t, slots.f.Close()) }()
	if _, err := slots.read(); !errors.Is(err, errBitmap) {
		t.Errorf("of a new file: %v", err)
	}
	have := app.NewBitmap(pieces)
	for n := uint64(1); n <= 5; n++ {
		before, _ := slots.read() // nothing yet, the first time
		have.Set(int(n) * 10_000)
		have.Set(pieces - int(n)) // so that no torn write is a whole one
		m := savedBitmap{number: n, have: have}
		torn := m.encode()
		_, err := slots.f.WriteAt(torn[:len(torn)/2], slots.offset(n))
		ok(t, err)
		if got, err := slots.read(); n > 1 && (err != nil || got.number != before.number) {
			t.Errorf("with a torn write of %d: %d, %v", n, got.number, err)
		}
		ok(t, slots.write(m))
		got, err := slots.read()
		if err != nil || got.number != n || !bytes.Equal(got.have.Bytes(), have.Bytes()) {
			t.Errorf("after %d: %d, %v", n, got.number, err)
		}
	}
	if _, err := decodeBitmap(savedBitmap{have: have}.encode(), pieces+1); !errors.Is(err, errBitmap) {
		t.Errorf("for another number of pieces: %v", err)
	}
}
