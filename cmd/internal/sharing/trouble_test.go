package sharing

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/cmd/internal/keyring"
)

// TestRefused: whatever cannot be shared leaves nothing behind.
func TestRefused(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	one := put(t, "one", src, "a.txt")
	elsewhere := put(t, "two", t.TempDir(), "b.txt")
	data := t.TempDir()
	g := node(t, data)
	for name, c := range map[string]struct {
		r    Request
		kind app.ProblemKind
	}{
		"several folders": {Request{Paths: []string{one, elsewhere}}, app.BadInput},
		"not there":       {Request{Paths: []string{one + "x"}}, app.NotFound},
		"no picture":      {Request{Paths: []string{one}, Poster: one}, app.BadInput},
		"a bad title":     {Request{Paths: []string{one}, Title: "a\x1bb"}, app.BadInput},
		"a far expiry":    {Request{Paths: []string{one}, Expires: time.Now().AddDate(11, 0, 0)}, app.BadInput},
		"no such key":     {Request{Paths: []string{one}, Key: "other"}, app.NotFound},
	} {
		if _, err := Share(t.Context(), g, c.r, nil); kindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Share(t.Context(), g, Request{Paths: []string{one}, Key: "other"}, nil); !errors.Is(err, keyring.ErrNone) {
		t.Errorf("no such key: %v", err)
	}
	if all, err := g.Store.LoadTransfers(); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := os.Stat(filepath.Join(data, "keys")); err == nil {
		t.Error("a key was made")
	}
}

// TestChangeBeforeItIsShared: a file that changes between the reading and the
// opening would be served with hashes that are not its own, in this run and,
// because storage took it down as it is then, in every later one.
func TestChangeBeforeItIsShared(t *testing.T) {
	t.Parallel()
	src, data := t.TempDir(), t.TempDir()
	path := put(t, filler("a", 1000), src, "film.mkv")
	g := node(t, data)
	changed := false
	_, err := Share(t.Context(), g, Request{Paths: []string{path}}, func(done, total int64) {
		if done == total && !changed { // every byte was read
			changed = true
			put(t, filler("b", 1000), path)
		}
	})
	if !changed || kindOf(err) != app.FileChanged || !strings.Contains(err.Error(), path) {
		t.Fatalf("changed %v: %v", changed, err)
	}
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		all, err := g.Store.LoadTransfers()
		if err != nil || time.Now().After(late) {
			t.Fatalf("it is still on the list: %v, %v", all, err)
		}
		if len(all) == 0 {
			break
		}
	}
	_, link := share(t, g, Request{Paths: []string{path}})
	same(t, path, get(t, node(t, t.TempDir()), link))
}

// TestFileGoesBeforeItIsShared: a package that cannot be opened is none.
func TestFileGoesBeforeItIsShared(t *testing.T) {
	t.Parallel()
	path := put(t, "one", t.TempDir(), "a.txt")
	g := node(t, t.TempDir())
	id, err := Share(t.Context(), g, Request{Paths: []string{path}}, func(done, total int64) {
		if done == total {
			os.Remove(path)
		}
	})
	if kindOf(err) != app.NotFound || id == uuid.Nil || viewOf(t, g, id) != nil {
		t.Errorf("%v, %v", id, err)
	}
}

// TestDiskTrouble: what storage says is what the user is told.
func TestDiskTrouble(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	path := put(t, "one", t.TempDir(), "a.txt")
	g := node(t, data)
	packages := filepath.Join(data, "packages")
	if err := os.RemoveAll(packages); err != nil {
		t.Fatal(err)
	}
	put(t, "in the way", packages)
	id, err := Share(t.Context(), g, Request{Paths: []string{path}}, nil)
	if v := viewOf(t, g, id); err == nil || v == nil || v.State != app.Failed || kindOf(err) != v.Problem.Kind {
		t.Errorf("%v, %+v", err, v)
	}
	if err := os.Remove(packages); err != nil {
		t.Fatal(err)
	}
}
