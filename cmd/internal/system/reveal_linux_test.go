package system

import (
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"grove/app"
	"grove/cmd/internal/system/bustest"
)

// next waits for what comes over a channel.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing came within %v", patience)
		panic("not reached")
	}
}

func TestReveal(t *testing.T) {
	desk := bustest.Start(t, bustest.Options{})
	calls := fakeOpener(t, "")
	dir := t.TempDir()
	for _, name := range []string{"film.mp4", "setup.exe", "a b", "100% #1 ?.mp4", "$(calc);'\"", "漢字\u202e.mp4", "a\xffb", "new\nline", "x:y", "~"} {
		path := write(t, filepath.Join(dir, name), "")
		if err := Reveal(t.Context(), path); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		uris := next(t, desk.Shown)
		if len(uris) != 1 {
			t.Errorf("%q: %q", name, uris)
			continue
		}
		u, err := url.Parse(uris[0])
		if err != nil || u.Scheme != "file" || u.Host != "" || u.Path != path || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q is shown as %q", name, uris[0])
		}
		for _, c := range []byte(uris[0]) {
			if c <= ' ' || c >= 0x7f || c == '"' || c == '\'' {
				t.Errorf("%q is shown as %q", name, uris[0])
			}
		}
	}
	wantKind(t, Reveal(t.Context(), filepath.Join(dir, "gone")), app.NotFound, "gone")
	wantKind(t, Reveal(t.Context(), "film.mp4"), app.Internal, "film.mp4")
	if got := calls(); got != nil {
		t.Errorf("the opener was called with %q", got)
	}
}

// TestRevealWithoutFileManager opens the folder, never the file.
func TestRevealWithoutFileManager(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "setup.exe"), "")
	t.Run("none on the bus", func(t *testing.T) {
		bustest.Start(t, bustest.Options{NoFileManager: true})
		calls := fakeOpener(t, "")
		if err := Reveal(t.Context(), path); err != nil || !slices.Equal(calls(), []string{filepath.Dir(path)}) {
			t.Errorf("%v; the opener was called with %q", err, calls())
		}
	})
	t.Run("no bus", func(t *testing.T) {
		noBus(t)
		calls := fakeOpener(t, "")
		if err := Reveal(t.Context(), path); err != nil || !slices.Equal(calls(), []string{filepath.Dir(path)}) {
			t.Errorf("%v; the opener was called with %q", err, calls())
		}
	})
	t.Run("nothing", func(t *testing.T) {
		noBus(t)
		t.Setenv("PATH", t.TempDir())
		wantKind(t, Reveal(t.Context(), path), app.BadInput, "No program on this computer opens "+filepath.Dir(path))
	})
}

// noBus takes the session bus away.
func noBus(t *testing.T) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
}
