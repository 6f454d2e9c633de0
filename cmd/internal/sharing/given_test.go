package sharing

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func TestGivenPackage(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, apptest.Options{Name: "kit"})
	src := t.TempDir()
	made.WriteFiles(t, src)
	data := t.TempDir()
	g := node(t, data)
	r := Request{Paths: []string{src}, Package: made.Package}
	id, link := share(t, g, r)
	if link.ID != made.Package.ID || link.Secret != nil {
		t.Errorf("%+v", link)
	}
	if again, _ := share(t, g, r); again != id {
		t.Error("again: another transfer")
	}
	r.Private = true
	privateID, private := share(t, g, r)
	if privateID == id || private.ID != link.ID || private.Secret == nil {
		t.Errorf("%s and %s are %s and %s", link, private, id, privateID)
	}
	if again, l := share(t, g, r); again != privateID || !bytes.Equal(l.Secret, private.Secret) {
		t.Errorf("private again: %s", l)
	}
	for _, l := range []pack.Link{link, private} {
		same(t, src, get(t, node(t, t.TempDir()), l))
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if again, l := share(t, node(t, data), r); again != privateID || !bytes.Equal(l.Secret, private.Secret) {
		t.Errorf("private after a restart: %s", l)
	}

	tiny := filepath.Join(src, "folder", "c-tiny.txt")
	r = Request{Paths: []string{src}, Package: made.Package}
	for text, kind := range map[string]app.ProblemKind{"1234567": app.FileChanged, "short": app.FileChanged} {
		put(t, text, tiny)
		if _, err := Share(t.Context(), node(t, t.TempDir()), r, nil); kindOf(err) != kind || !strings.Contains(err.Error(), "not what the package says") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := os.Remove(tiny); err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(t.Context(), r); kindOf(err) != app.NotFound {
		t.Errorf("a file is missing: %v", err)
	}
	r.Paths[0] = put(t, "x", t.TempDir(), "x")
	if _, err := Prepare(t.Context(), r); kindOf(err) != app.BadInput {
		t.Errorf("a file instead of the folder: %v", err)
	}
	r.Package = apptest.Package(t, apptest.Options{Expires: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)}).Package
	if _, err := Prepare(t.Context(), r); kindOf(err) != app.Expired {
		t.Errorf("an expired package: %v", err)
	}
}
