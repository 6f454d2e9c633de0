package system

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"grove/app"
)

// fakeOpener puts a program in the place of xdg-open and returns how to read
// the arguments of its calls, one a line.
func fakeOpener(t *testing.T, script string) (calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	said := filepath.Join(dir, "said")
	write(t, filepath.Join(dir, "xdg-open"), "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'"+said+"'\n"+script+"\n")
	if err := os.Chmod(filepath.Join(dir, "xdg-open"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return func() []string {
		b, err := os.ReadFile(said)
		if err != nil {
			return nil
		}
		return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	}
}

const video = "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"

func TestOpen(t *testing.T) {
	calls := fakeOpener(t, "")
	for i, name := range []string{"film.mp4", "a b.MKV", "$(touch x) `touch x` ;&'.mp4", "-rf.webm", "漢字 %20.mp4"} {
		path := write(t, filepath.Join(t.TempDir(), name), video)
		if err := Open(t.Context(), path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if got := calls(); len(got) != i+1 || got[i] != path {
			t.Errorf("%q: the opener was called with %q", name, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	calls := fakeOpener(t, "")
	dir := t.TempDir()
	real := write(t, filepath.Join(dir, "real.mp4"), video)
	for name, content := range map[string]string{
		"a.exe": video, "a.pdf": "%PDF-", "a": video, "film.mp4.sh": video, // by the name
		"elf.mp4": "\x7fELF", "mz.mkv": "MZ", "script.srt": "#!/bin/sh\n", "entry.vtt": "[Desktop Entry]\nType=Application\n", "page.jpg": "<html>", // by the content
	} {
		wantKind(t, Open(t.Context(), write(t, filepath.Join(dir, name), content)), app.UnsafeFile, filepath.Join(dir, name)+" is not a kind of file that Grove opens.")
	}
	folder, link, pipe := filepath.Join(dir, "folder.mp4"), filepath.Join(dir, "link.mp4"), filepath.Join(dir, "pipe.mp4")
	for _, err := range []error{os.Mkdir(folder, 0o700), os.Symlink(real, link), syscall.Mkfifo(pipe, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{folder, link, pipe} {
		wantKind(t, Open(t.Context(), path), app.UnsafeFile, path)
	}
	wantKind(t, Open(t.Context(), filepath.Join(dir, "gone.mp4")), app.NotFound, "gone.mp4")
	wantKind(t, Open(t.Context(), "film.mp4"), app.Internal, "film.mp4")
	if got := calls(); got != nil {
		t.Errorf("the opener was called with %q", got)
	}
}

func TestOpenWithoutAProgram(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "film.mp4"), video)
	fakeOpener(t, "exit 3")
	wantKind(t, Open(t.Context(), path), app.BadInput, "No program on this computer opens film.mp4.")
	t.Setenv("PATH", t.TempDir())
	wantKind(t, Open(t.Context(), path), app.BadInput, "No program on this computer opens film.mp4.")
}

func TestOpenWeb(t *testing.T) {
	calls := fakeOpener(t, "")
	good := []string{"https://example.org/a?b=c&d=%20e#f", "http://127.0.0.1:8080/", "HTTPS://example.org"}
	for i, address := range good {
		if err := OpenWeb(t.Context(), address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
		if got := calls(); len(got) != i+1 || !strings.EqualFold(got[i], address) {
			t.Errorf("%q: the opener was called with %q", address, got)
		}
	}
	for _, address := range []string{
		"", "example.org", "file:///etc/passwd", "javascript:alert(1)", "grove:1/x", "ftp://x/", "mailto:a@b", "smb://x/y", "ms-msdt:/id", "vscode://x",
		"http:", "http:///x", "http:x", "https://u:p@example.org/", "https://bank@evil.example/", "--help", "https://example.org/\x00", "https://example.org/\n", "/bin/sh", "http://%zz/",
	} {
		wantKind(t, OpenWeb(t.Context(), address), app.BadInput, "not a web address")
	}
	if got := calls(); len(got) != len(good) {
		t.Errorf("the opener was called with %q", got)
	}
}

// TestPlayerOutlivesItsOpener: an opener that waits for the player is not
// waited for, and the player plays on.
func TestPlayerOutlivesItsOpener(t *testing.T) {
	dir := t.TempDir()
	stop, done := filepath.Join(dir, "stop"), filepath.Join(dir, "done")
	for _, p := range []string{stop, done} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opener := write(t, filepath.Join(dir, "opener"), "#!/bin/sh\nsh -c 'read word <"+stop+"; echo played $word >"+done+"'\nexit 1\n")
	if err := os.Chmod(opener, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), 200*time.Millisecond, opener); err != nil {
		t.Fatalf("an opener that waits: %v", err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- os.WriteFile(stop, []byte("on\n"), 0o600) }()
	said, err := os.ReadFile(done)
	if err != nil || string(said) != "played on\n" {
		t.Errorf("the player says %q, %v", said, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, patience, opener); err != context.Canceled {
		t.Errorf("with a context that has ended: %v", err)
	}
}
