package sharing

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

func TestSelectAndHash(t *testing.T) {
	folder := media(t)
	other := put(t, filler("poster", 10), t.TempDir(), "poster.png")
	parent := filepath.Dir(folder)
	notes := put(t, filler("notes", 20), parent, "notes.txt")
	lone := filepath.Dir(put(t, filler("one", 30), t.TempDir(), "one", "one.txt"))
	for _, c := range []struct {
		paths      []string
		path, name string
		files      []string
	}{
		{[]string{filepath.Join(folder, "film.mkv")}, filepath.Join(folder, "film.mkv"), "film.mkv", []string{"film.mkv"}},
		{[]string{folder}, folder, "Feature film", []string{"extra/empty.txt", "extra/untertitel & mehr.srt", "film.mkv"}},
		{[]string{notes, folder}, parent, "", []string{"notes.txt", "Feature film/extra/empty.txt", "Feature film/extra/untertitel & mehr.srt", "Feature film/film.mkv"}},
		{[]string{notes, other}, "", "", []string{"notes.txt", "poster.png"}},
		{[]string{lone}, filepath.Join(lone, "one.txt"), "one.txt", []string{"one.txt"}},
	} {
		s, err := Select(t.Context(), c.paths)
		if err != nil {
			t.Fatal(err)
		}
		var first, last, total int64 = -1, -1, -1
		b, err := s.Hash(t.Context(), func(done, of int64) {
			if first < 0 {
				first = done
			}
			last, total = done, of
		})
		if err != nil {
			t.Fatal(err)
		}
		var m pack.Manifest
		b.Fill(&m)
		var names []string
		var size int64
		for _, f := range m.Files {
			names = append(names, f.Name())
			size += f.Size
		}
		if s.Path != c.path || s.Name != c.name || !slices.Equal(names, c.files) || s.Size != size || s.First() != m.Files[0].Path[0] {
			t.Errorf("%v: %q %q %v %d", c.paths, s.Path, s.Name, names, s.Size)
		}
		if first != 0 || last != size || total != size {
			t.Errorf("%v: progress from %d to %d of %d, and there are %d bytes", c.paths, first, last, total, size)
		}
		film := slices.IndexFunc(m.Files, func(f pack.File) bool { return f.Path[len(f.Path)-1] == "film.mkv" })
		if film >= 0 && m.Files[film].SHA256 != sha256.Sum256([]byte(filler("film", 2*pack.MinPiece+777))) {
			t.Errorf("%v: another hash", c.paths)
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	target := put(t, filler("x", 10), t.TempDir(), "target")
	for name, c := range map[string]struct {
		make func(folder string) error
		kind app.ProblemKind
	}{
		"a link inside":    {func(f string) error { return os.Symlink(target, filepath.Join(f, "link")) }, app.BadInput},
		"a link to itself": {func(f string) error { return os.Symlink("loop", filepath.Join(f, "loop")) }, app.BadInput},
		"a linked folder":  {func(f string) error { return os.Symlink(filepath.Dir(target), filepath.Join(f, "folder")) }, app.BadInput},
		"a trailing dot":   {func(f string) error { return os.WriteFile(filepath.Join(f, "a."), nil, 0o600) }, app.UnsafeName},
		"a turned name": {func(f string) error {
			return os.WriteFile(filepath.Join(f, "film\u202egpj.exe"), nil, 0o600)
		}, app.UnsafeName},
		"a name of bytes": {func(f string) error { return os.WriteFile(filepath.Join(f, "a\xff"), nil, 0o600) }, app.UnsafeName},
	} {
		folder := t.TempDir()
		put(t, filler("a", 5), folder, "a.txt")
		if err := c.make(folder); err != nil {
			t.Logf("%s cannot be made here: %v", name, err)
			continue
		}
		if _, err := Select(t.Context(), []string{folder}); kindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, paths := range [][]string{nil, {t.TempDir()}} {
		if _, err := Select(t.Context(), paths); kindOf(err) != app.BadInput {
			t.Errorf("nothing in %v: %v", paths, err)
		}
	}
	if _, err := Select(t.Context(), []string{target, target + "x"}); kindOf(err) != app.NotFound {
		t.Errorf("one that is not there: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if _, err := Select(t.Context(), []string{link}); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link itself: %v", err)
	}
}

// TestHashNoticesChange: what was found is what is read, or nothing is.
func TestHashNoticesChange(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"grown": func(p string) error { return os.WriteFile(p, []byte(filler("b", 2000)), 0o600) },
		"replaced": func(p string) error {
			return errors.Join(os.Remove(p), os.WriteFile(p, []byte(filler("b", 1000)), 0o600))
		},
		"a link now": func(p string) error {
			return errors.Join(os.Rename(p, p+".old"), os.Symlink(filepath.Base(p)+".other", p), os.WriteFile(p+".other", []byte(filler("c", 1000)), 0o600))
		},
	} {
		path := put(t, filler("a", 1000), t.TempDir(), "film.mkv")
		s, err := Select(t.Context(), []string{path})
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Hash(t.Context(), nil); kindOf(err) != app.FileChanged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHashReadsNothingElse: another file in its place is not even read, and one
// that changes under the reading is not believed, though it has as many bytes.
func TestHashReadsNothingElse(t *testing.T) {
	path := put(t, "one", t.TempDir(), "a.txt")
	s, err := Select(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	touch := func(int) {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := s.files[0].hash(t.Context(), touch, pack.MinPiece); kindOf(err) != app.FileChanged {
		t.Errorf("changed while it was read: %v", err)
	}
	read := 0
	if _, _, err := s.files[0].hash(t.Context(), func(n int) { read += n }, pack.MinPiece); kindOf(err) != app.FileChanged || read > 0 {
		t.Errorf("changed before: %v, %d bytes were read", err, read)
	}
}

func TestHashStops(t *testing.T) {
	folder := media(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Select(ctx, []string{folder})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.Hash(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Select(ctx, []string{folder}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// What was read must be what is served: a change in between shows.
func TestSelectionUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	for name, change := range map[string]func() error{
		"size":    func() error { return os.WriteFile(path, []byte("three"), 0o644) },
		"time":    func() error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
		"removed": func() error { return os.Remove(path) },
		"other": func() error {
			info, err := os.Stat(path)
			if err == nil {
				err = os.WriteFile(path+"x", []byte("two"), 0o644)
			}
			if err == nil {
				err = os.Chtimes(path+"x", time.Time{}, info.ModTime())
			}
			if err == nil {
				err = os.Rename(path+"x", path)
			}
			return err
		},
	} {
		put(t, "one", path)
		s, err := Select(t.Context(), []string{path})
		if err != nil || s.unchanged() != nil {
			t.Fatal(name, err, s.unchanged())
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if s.unchanged() == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// TestDraft: what the format refuses is refused before anything is read.
func TestDraft(t *testing.T) {
	good := pack.Manifest{Name: "Feature film", Created: time.Now()}
	s, err := Select(t.Context(), []string{media(t)})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := s.Draft(good, "shared"); err != nil || m.Publisher == (pack.PublicKey{}) || len(m.Files) != 3 {
		t.Errorf("%+v, %v", m, err)
	}
	bad := good
	bad.About = "a\x1bb"
	if _, err := s.Draft(bad, "shared"); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "cannot be shared: ") {
		t.Errorf("a control character: %v", err)
	}
	twins := t.TempDir()
	put(t, "one", twins, "A.txt")
	put(t, "two", twins, "a.txt")
	if s, err = Select(t.Context(), []string{twins}); err != nil || len(s.files) != 2 {
		t.Skip("names do not differ here by case alone", err)
	}
	if _, err := s.Draft(good, "shared"); kindOf(err) != app.UnsafeName {
		t.Errorf("two names that are one elsewhere: %v", err)
	}
}
