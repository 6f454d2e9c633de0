package main

import (
	"os"
	"path/filepath"
	"testing"

	"grove/app"
)

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
