package sharing

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/keyring"
)

func TestShareAndGet(t *testing.T) {
	t.Parallel()
	folder := media(t)
	picture := "\x89PNG\r\n\x1a\nsmall"
	data := t.TempDir()
	a, b := node(t, data), node(t, t.TempDir())
	expires := time.Now().AddDate(0, 0, 30)
	r := Request{Paths: []string{folder}, Title: "The film", About: "Two lines,\nof text.",
		Poster: put(t, picture, t.TempDir(), "p.png"), Expires: expires}
	id, err := Share(t.Context(), a, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := viewOf(t, a, id); v == nil || v.State != app.Seeding {
		t.Errorf("it is not shared yet: %+v", v)
	}
	link := linkOf(t, a, id)
	if link.Name != "The film" || link.Secret != nil {
		t.Errorf("%+v", link)
	}
	path, err := keyring.Path(data, SilentKey)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	o, err := offer(t, b, link, patience)
	if err != nil {
		t.Fatal(err)
	}
	m := o.Package.Manifest
	if m.About != "Two lines,\nof text." || string(o.Poster) != picture || !m.Expires.Equal(expires.UTC().Truncate(time.Second)) || m.Publisher != link.Publisher {
		t.Errorf("%+v, poster %q", m, o.Poster)
	}
	same(t, folder, get(t, b, link))
}

// TestShareAgain: the same unchanged files are the same package, in this run
// and in the next, and where the engine has the transfer already.
func TestShareAgain(t *testing.T) {
	t.Parallel()
	src, data := filepath.Join(t.TempDir(), "talks"), t.TempDir()
	one := put(t, "one", src, "a.txt")
	put(t, "two", src, "more", "b.txt")
	r := Request{Paths: []string{src}}

	g := node(t, data)
	id, link := share(t, g, r)
	again := func(what string) {
		t.Helper()
		if i, l := share(t, g, r); i != id || l.String() != link.String() {
			t.Errorf("%s: %s became %s", what, link, l)
		}
	}
	again("still shared")
	if err := g.Engine.Pause(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	again("paused")
	if err := os.Chtimes(one, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s := begin(t, g, r); s.ID != id || s.Package.ID != link.ID || s.Changed || s.KeyPath != "" {
		t.Errorf("touched: %+v", s)
	}
	again("touched before")
	if path := get(t, node(t, t.TempDir()), link); path != "" {
		same(t, src, path)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g = node(t, data)
	if i, l := share(t, g, r); i != id || l.ID != link.ID {
		t.Error("after a restart: another transfer")
	}
	seen := map[pack.ID]bool{link.ID: true}
	for name, r := range map[string]Request{
		"a title":   {Paths: []string{src}, Title: "Talks 2026"},
		"words":     {Paths: []string{src}, About: "All of them."},
		"a poster":  {Paths: []string{src}, Poster: put(t, "\x89PNG\r\n\x1a\n", t.TempDir(), "p.png")},
		"an expiry": {Paths: []string{src}, Expires: time.Now().Add(time.Hour)},
	} {
		if _, l := share(t, g, r); seen[l.ID] {
			t.Errorf("%s, and no package of its own", name)
		} else {
			seen[l.ID] = true
		}
	}
	put(t, "three", src, "c.txt")
	if _, l := share(t, g, r); seen[l.ID] {
		t.Error("one file more, and the same package")
	}
	await(t, g, id, app.Seeding) // its files are as they were
}

// TestShareAfterExpiry: what has expired is not shared again.
func TestShareAfterExpiry(t *testing.T) {
	t.Parallel()
	path := put(t, "one", t.TempDir(), "a.txt")
	g := node(t, t.TempDir())
	expires := time.Now().Truncate(time.Second).Add(3 * time.Second)
	id, _ := share(t, g, Request{Paths: []string{path}, Expires: expires})
	time.Sleep(time.Until(expires) + 20*time.Millisecond)
	if again, link := share(t, g, Request{Paths: []string{path}}); again == id {
		t.Errorf("%s is the expired package", link)
	}
}

// TestChangedFiles: other contents are another package, and the old one is
// given up.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	src, data := filepath.Join(t.TempDir(), "talks"), t.TempDir()
	one := put(t, "one", src, "a.txt")
	r := Request{Paths: []string{src}}
	for i, text := range []string{"ONE", "another length"} {
		g := node(t, data)
		id, link := share(t, g, r)
		restart := i > 0
		if restart {
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			g = node(t, data)
		}
		put(t, text, one)
		if s := begin(t, g, r); s.ID == id || s.Package.ID == link.ID || !s.Changed || s.KeyPath != "" {
			t.Errorf("restart %v: %+v", restart, s)
		}
		if viewOf(t, g, id) != nil {
			t.Errorf("restart %v: the old package is still on the list", restart)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		put(t, "one", one)
	}
}

// TestUnused: a package whose description is gone is no reason to fail.
func TestUnused(t *testing.T) {
	t.Parallel()
	path, data := put(t, "one", t.TempDir(), "a.txt"), t.TempDir()
	r := Request{Paths: []string{path}}
	g := node(t, data)
	id, link := share(t, g, r)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(data, "packages", link.ID.String())); err != nil {
		t.Fatal(err)
	}
	g = node(t, data)
	if s := begin(t, g, r); len(s.Unused) != 1 || s.Unused[0].Record.ID != id || s.Unused[0].Err == nil {
		t.Errorf("%+v", s)
	}
}

func TestTitleOfSeveral(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	paths := []string{put(t, "one", src, "a.txt"), filepath.Dir(put(t, "two", src, "sub", "b.txt"))}
	put(t, "no", src, "not.txt")
	a, b := node(t, t.TempDir()), node(t, t.TempDir())
	_, link := share(t, a, Request{Paths: paths})
	if link.Name != "a.txt and 1 more" {
		t.Errorf("%q", link.Name)
	}
	got := get(t, b, link)
	same(t, paths[1], filepath.Join(got, "sub"))
	if _, err := os.Stat(filepath.Join(got, "not.txt")); err == nil {
		t.Error("more was shared than was named")
	}
}

// TestNewestFirst: of several that would do, the last one is taken.
func TestNewestFirst(t *testing.T) {
	t.Parallel()
	path := put(t, "one", t.TempDir(), "a.txt")
	g := node(t, t.TempDir())
	share(t, g, Request{Paths: []string{path}, Title: "A"})
	newest, _ := share(t, g, Request{Paths: []string{path}, Title: "B"})
	if id, _ := share(t, g, Request{Paths: []string{path}}); id != newest {
		t.Error("an older one was taken")
	}
}

// TestSameFolderOtherFiles: packages of files in one folder are told apart by
// their files.
func TestSameFolderOtherFiles(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	a, b, c := put(t, "one", src, "a.txt"), put(t, "two", src, "b.txt"), put(t, "three", src, "c.txt")
	g := node(t, t.TempDir())
	seen := map[pack.ID]bool{}
	for _, paths := range [][]string{{a, b}, {a, c}, {a, b, c}} {
		_, l := share(t, g, Request{Paths: paths})
		if seen[l.ID] {
			t.Errorf("%v is a package of other files", paths)
		}
		seen[l.ID] = true
	}
}
