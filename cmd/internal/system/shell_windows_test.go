package system

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"grove/app"
)

// TestVariablesStayHere: an address must not carry what is in the environment
// to a server, nor a name lead elsewhere by it.
func TestVariablesStayHere(t *testing.T) {
	t.Setenv("GROVE_SECRET", "secret")
	for _, address := range []string{"https://example.org/?%GROVE_SECRET%", "https://example.org/#%path%"} {
		if p := app.AsProblem(OpenWeb(t.Context(), address)); p == nil || p.Kind != app.UnsafeFile {
			t.Errorf("%s: %v", address, p)
		}
	}
	film := filepath.Join(t.TempDir(), "film %GROVE_SECRET%.mp4")
	if err := os.WriteFile(film, []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := app.AsProblem(Open(t.Context(), film)); p == nil || p.Kind != app.UnsafeFile {
		t.Errorf("%s: %v", film, p)
	}
}

func TestTrashResult(t *testing.T) {
	for _, row := range []struct {
		result  windows.Errno
		aborted bool
		want    app.ProblemKind
	}{
		{0, true, app.Stopped},
		{windows.ERROR_FILE_NOT_FOUND, false, app.NotFound},
		{deInvalidFiles, false, app.NotFound},
		{windows.ERROR_SHARING_VIOLATION, false, app.ReadOnly},
		{deAccessDenied, false, app.ReadOnly},
		{0x10000, false, app.DiskFault},
	} {
		if p := app.AsProblem(trashResult(`C:\film.mp4`, uint32(row.result), row.aborted)); p == nil || p.Kind != row.want {
			t.Errorf("%#x: %v", uint32(row.result), p)
		}
	}
	if err := trashResult(`C:\film.mp4`, 0, false); err != nil {
		t.Error(err)
	}
}

func TestTrash(t *testing.T) {
	if os.Getenv("GROVE_CI") != "1" {
		t.Skip("it leaves files in this user's recycle bin")
	}
	for _, name := range []string{"film.mp4", "a b & c (1).mp4", "漢字.mp4"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Trash(t.Context(), path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p := app.AsProblem(Trash(t.Context(), path)); p == nil || p.Kind != app.NotFound {
			t.Errorf("%s, gone: %v", name, p)
		}
	}
}
