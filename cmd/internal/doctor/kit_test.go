package doctor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when made-up reports are from.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// golden compares got with a file of testdata, which GROVE_GOLDEN=update
// writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("GROVE_GOLDEN") == "update" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; GROVE_GOLDEN=update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is said now; look at it, then GROVE_GOLDEN=update\n%s", path, got)
	}
}
