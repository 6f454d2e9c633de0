package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"grove/app"
)

func kindOf(err error) app.ProblemKind {
	if err == nil {
		return ""
	}
	return app.AsProblem(err).Kind
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPlaceNeverReplaces(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := Place(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Place(path, []byte("two"), 0o600); kindOf(err) != app.TargetExists {
		t.Fatalf("%v", err)
	}
	if got := contents(t, path); got != "one" {
		t.Fatalf("%q", got)
	}
	if err := Replace(path, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	left, err := os.ReadDir(folder)
	if got := contents(t, path); got != "two" || err != nil || len(left) != 1 {
		t.Fatalf("%q, %v, %v", got, left, err)
	}
}

func TestPlaceProblems(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]app.ProblemKind{
		filepath.Join(t.TempDir(), "no", "a"): app.NotFound,
		filepath.Join(file, "a"):              app.DiskFault,
	} {
		for _, write := range []func(string, []byte, os.FileMode) error{Place, Replace} {
			if err := write(path, nil, 0o600); kindOf(err) != kind {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func TestReadHasALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(path, 5); err != nil || string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := Read(path, 4); kindOf(err) != app.BadInput {
		t.Errorf("above the limit: %v", err)
	}
	if _, err := Read(path+"x", 4); kindOf(err) != app.NotFound {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := Read(filepath.Dir(path), 4); kindOf(err) != app.DiskFault {
		t.Errorf("a folder: %v", err)
	}
}

func TestCountedEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	read := 0
	r := Counted(ctx, bytes.NewReader(make([]byte, 100)), func(n int) { read += n })
	if n, err := io.ReadFull(r, make([]byte, 60)); n != 60 || err != nil || read != 60 {
		t.Fatalf("%d bytes, %v, counted %d", n, err, read)
	}
	cancel()
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) || read != 60 {
		t.Errorf("%v, counted %d", err, read)
	}
}
