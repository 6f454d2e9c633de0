package system

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
)

// patience is how long anything that should happen soon may take.
const patience = 20 * time.Second

// write makes a file with content and the folders it is in.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantKind fails unless err is a problem of this kind whose sentence says
// something.
func wantKind(t *testing.T, err error, kind app.ProblemKind, says string) {
	t.Helper()
	var p *app.Problem
	if !errors.As(err, &p) || p.Kind != kind || !strings.Contains(p.Sentence(), says) {
		t.Errorf("%v; want %s with %q", err, kind, says)
	}
}
