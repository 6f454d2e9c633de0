package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"grove/app"
)

func silent() *terminal { return &terminal{out: io.Discard, errs: io.Discard, quiet: true} }

func kindOf(err error) app.ProblemKind {
	var p *app.Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return ""
}

// outcome is what a command printed, and its exit code.
type outcome struct {
	out, errs string
	code      int
}

// groveAt runs the program in this process on the data folder data.
func groveAt(data string, args ...string) outcome {
	var out, errs bytes.Buffer
	code := run(append([]string{"--data", data}, args...), strings.NewReader(""), &out, &errs)
	return outcome{out.String(), errs.String(), code}
}

// want fails the test unless the command ended with code, and said each of
// words on stderr.
func (o outcome) want(t *testing.T, code int, words ...string) outcome {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", o.code, code, o.out, o.errs)
	}
	for _, w := range words {
		if !strings.Contains(o.errs, w) {
			t.Fatalf("stderr lacks %q:\n%s", w, o.errs)
		}
	}
	return o
}

// withKey is a data folder with a key without a passphrase.
func withKey(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	groveAt(data, "keys", "new", "--no-passphrase").want(t, 0)
	return data
}

// filler is n bytes that differ with name; the same in every run.
func filler(name string, n int) []byte {
	b := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256([]byte(name)); len(b) < n; sum = sha256.Sum256(sum[:]) {
		b = append(b, sum[:]...)
	}
	return b[:n]
}

func putFile(t *testing.T, b []byte, elements ...string) string {
	t.Helper()
	path := filepath.Join(elements...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func getFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// filesIn lists a folder, by name.
func filesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// origin serves a folder over HTTP until the test ends.
func origin(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// program finds another program, or skips; where GROVE_CI is 1 it must be
// there.
func program(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("GROVE_CI") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// shell runs a command line in folder and fails the test unless it succeeds.
func shell(t *testing.T, folder, line, input string) string {
	t.Helper()
	c := exec.Command("sh", "-c", line)
	c.Dir = folder
	c.Stdin = strings.NewReader(input)
	b, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, b)
	}
	return string(b)
}

// jsonLines reads what --json printed.
func jsonLines(t *testing.T, s string) (lines []map[string]any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	for {
		var v map[string]any
		if err := d.Decode(&v); err == io.EOF {
			return lines
		} else if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if v["schema"] != 1.0 || v["event"] == "" || v["time"] == "" {
			t.Fatalf("a line without its stamp: %v", v)
		}
		lines = append(lines, v)
	}
}

// costly keeps a test that opens protected keys out of short runs: each takes
// 1 GiB and a second, and ten times that under the race detector, which has
// nothing to find in scrypt.
func costly(t *testing.T) {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip("takes 1 GiB for a moment")
	}
}
