//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// home is a person's computer as far as the programs see it: folders of its
// own, local only.
type home struct {
	t   *testing.T
	dir string
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, dir: t.TempDir()}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "XDG_") && !strings.HasPrefix(name, "DBUS_") && !strings.HasPrefix(name, "GROVE_") &&
			name != "HOME" && name != "DISPLAY" && name != "WAYLAND_DISPLAY" && !strings.HasPrefix(name, "LC_") && name != "LANG" && name != "LANGUAGE" {
			h.env = append(h.env, v)
		}
	}
	for _, folder := range []string{"Downloads", ".config", ".cache", "run"} {
		if err := os.MkdirAll(h.at(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(h.at(".config", "user-dirs.dirs"), []byte("XDG_DOWNLOAD_DIR=\"$HOME/Downloads\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "HOME="+h.dir, "LANG=en_GB.UTF-8", "GROVE_LOCAL_ONLY=1", "GROVE_AROUND=none", "XDG_RUNTIME_DIR="+h.at("run"), "LIBGL_ALWAYS_SOFTWARE=1")
	return h
}

func (h *home) at(parts ...string) string { return filepath.Join(append([]string{h.dir}, parts...)...) }

// grove runs the terminal program to its end and returns what it printed.
func (h *home) grove(args ...string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, *groveProgram, args...)
	c.Env = h.env
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		h.t.Fatalf("grove %v: %v\n%s", args, err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// film writes a file that is like no other.
func film(t *testing.T, path string, size int64, seed byte) (sum [32]byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(f, h), rand.NewChaCha8([32]byte{seed}), size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

func sum(t *testing.T, path string) (sum [32]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

// origin serves a folder over HTTP until the test ends, and returns its URL.
func origin(t *testing.T, folder string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.FileServer(http.Dir(folder)), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-ended })
	return "http://" + l.Addr().String()
}
