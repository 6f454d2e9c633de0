package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"grove/app"
	"grove/app/pack"
)

func silent() *terminal { return &terminal{out: io.Discard, errs: io.Discard, quiet: true} }

func TestHashPaths(t *testing.T) {
	folder := media(t)
	other := putFile(t, filler("poster", 10), t.TempDir(), "poster.png")
	parent := filepath.Dir(folder)
	notes := putFile(t, filler("notes", 20), parent, "notes.txt")
	lone := filepath.Dir(putFile(t, filler("one", 30), t.TempDir(), "one", "one.txt"))
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
		h, err := hashPaths(context.Background(), silent(), c.paths)
		if err != nil {
			t.Fatal(err)
		}
		var m pack.Manifest
		h.build.Fill(&m)
		var names []string
		var size int64
		for _, f := range m.Files {
			names = append(names, f.Name())
			size += f.Size
		}
		if h.path != c.path || h.name != c.name || !slices.Equal(names, c.files) || h.size != size {
			t.Errorf("%v: %q %q %v %d", c.paths, h.path, h.name, names, h.size)
		}
		film := slices.IndexFunc(m.Files, func(f pack.File) bool { return f.Path[len(f.Path)-1] == "film.mkv" })
		if film >= 0 && m.Files[film].SHA256 != sha256.Sum256(getFile(t, filepath.Join(folder, "film.mkv"))) {
			t.Errorf("%v: another hash", c.paths)
		}
	}
}

func kindOf(err error) app.ProblemKind {
	var p *app.Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return ""
}

func TestHashPathsRefuses(t *testing.T) {
	target := putFile(t, filler("x", 10), t.TempDir(), "target")
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
		putFile(t, filler("a", 5), folder, "a.txt")
		if err := c.make(folder); err != nil {
			t.Logf("%s cannot be made here: %v", name, err)
			continue
		}
		if _, err := hashPaths(context.Background(), silent(), []string{folder}); kindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if _, err := hashPaths(context.Background(), silent(), []string{link}); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link as PATH: %v", err)
	}
}

// TestHashPathsNoticesChange: what was found is what is read, or nothing is.
func TestHashPathsNoticesChange(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]func(path string) error{
		"grown":    func(p string) error { return os.WriteFile(p, filler("b", 2000), 0o600) },
		"replaced": func(p string) error { return errors.Join(os.Remove(p), os.WriteFile(p, filler("b", 1000), 0o600)) },
		"a link now": func(p string) error {
			return errors.Join(os.Rename(p, p+".old"), os.Symlink(filepath.Base(p)+".other", p), os.WriteFile(p+".other", filler("c", 1000), 0o600))
		},
	} {
		path := putFile(t, filler("a", 1000), t.TempDir(), "film.mkv")
		s, err := selectFiles(ctx, []string{path})
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if _, err := s.hash(ctx, silent()); kindOf(err) != app.FileChanged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHashPathsStops(t *testing.T) {
	folder := media(t)
	ctx, cancel := context.WithCancel(context.Background())
	s, err := selectFiles(ctx, []string{folder})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.hash(ctx, silent()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := hashPaths(ctx, silent(), []string{folder}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
