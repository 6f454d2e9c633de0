package pack

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixedKey is the same key in every run. n makes different ones.
func fixedKey(tb testing.TB, n byte) SecretKey {
	tb.Helper()
	seed := make([]byte, 40)
	for i := range seed {
		seed[i] = n + byte(i)
	}
	k, err := NewKey(bytes.NewReader(seed))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

var fixedTime = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// content is n bytes that no two files share; the same in every run.
func content(name string, n int) []byte {
	b := make([]byte, 0, n+sha256.Size)
	sum := sha256.Sum256([]byte(name))
	for len(b) < n {
		b = append(b, sum[:]...)
		sum = sha256.Sum256(sum[:])
	}
	return b[:n]
}

// fixedManifest is a small valid package: three files, three pieces.
func fixedManifest(tb testing.TB) (Manifest, *Build) {
	tb.Helper()
	b := NewBuild(MinPiece)
	for _, f := range []struct {
		path []string
		size int
	}{
		{[]string{"film.mkv"}, MinPiece + 1000},
		{[]string{"extra", "subtitles.srt"}, 1234},
		{[]string{"extra", "empty.txt"}, 0},
	} {
		whole, pieces, size, err := HashFile(bytes.NewReader(content(f.path[len(f.path)-1], f.size)), MinPiece)
		if err != nil {
			tb.Fatal(err)
		}
		if err := b.Add(f.path, whole, pieces, size); err != nil {
			tb.Fatal(err)
		}
	}
	m := Manifest{
		Publisher: fixedKey(tb, 1).Public(),
		Series:    "film",
		Seq:       3,
		Created:   fixedTime,
		Name:      "A film",
		About:     "Two lines,\nthe second with “quotes”.",
		Origins:   []string{"https://cdn.example.org/film/"},
	}
	b.Fill(&m)
	return m, b
}

func mustSign(tb testing.TB, m Manifest, k SecretKey) []byte {
	tb.Helper()
	grove, err := Sign(m, k)
	if err != nil {
		tb.Fatal(err)
	}
	return grove
}

// wantReason fails the test unless err is an *Error with that reason.
func wantReason(tb testing.TB, err error, want Reason) {
	tb.Helper()
	var e *Error
	if !errors.As(err, &e) {
		tb.Fatalf("error %v, want reason %s", err, want)
	}
	if e.Reason != want {
		tb.Fatalf("reason %s (%v), want %s", e.Reason, err, want)
	}
}

// minisignProgram finds Debian's minisign, or skips; where GROVE_CI is 1 it
// must be there.
func minisignProgram(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("minisign"); err != nil {
		if os.Getenv("GROVE_CI") == "1" {
			t.Fatal("minisign is not installed: ", err)
		}
		t.Skip("minisign is not installed")
	}
}

// run runs a program in dir with the given input, and fails the test unless
// it succeeds.
func run(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	c := exec.Command(args[0], args[1:]...)
	c.Dir = dir
	c.Stdin = bytes.NewReader([]byte(input))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
