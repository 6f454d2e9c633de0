package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"grove/app"
)

func TestPlaceFileNeverReplaces(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := placeFile(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := placeFile(path, []byte("two"), 0o600); kindOf(err) != app.TargetExists {
		t.Fatalf("%v", err)
	}
	if got := string(getFile(t, path)); got != "one" {
		t.Fatalf("%q", got)
	}
	if err := replaceFile(path, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if got := string(getFile(t, path)); got != "two" || len(filesIn(t, folder)) != 1 {
		t.Fatalf("%q, %v", got, filesIn(t, folder))
	}
}

func TestPlaceFileProblems(t *testing.T) {
	file := putFile(t, nil, t.TempDir(), "file")
	for path, kind := range map[string]app.ProblemKind{
		filepath.Join(t.TempDir(), "no", "a"): app.NotFound,
		filepath.Join(file, "a"):              app.DiskFault,
	} {
		if err := placeFile(path, nil, 0o600); kindOf(err) != kind {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestPlaceAll: one file in the way, and none is written.
func TestPlaceAll(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	putFile(t, []byte("same"), in("same"))
	putFile(t, []byte("mine"), in("taken"))
	if err := os.Mkdir(in("folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := []outFile{{in("new"), []byte("new")}, {in("same"), []byte("same")}, {in("taken"), []byte("else")}}
	if err := placeAll(files, false); kindOf(err) != app.TargetExists || len(filesIn(t, folder)) != 3 {
		t.Fatalf("%v, %v", err, filesIn(t, folder))
	}
	if err := placeAll([]outFile{{in("folder"), nil}}, false); kindOf(err) != app.TargetExists {
		t.Fatalf("a folder in the way: %v", err)
	}
	if err := placeAll(files, true); err != nil || string(getFile(t, in("taken"))) != "else" || string(getFile(t, in("new"))) != "new" {
		t.Fatal(err)
	}
}
