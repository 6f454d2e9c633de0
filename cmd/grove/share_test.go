package main

import (
	"bytes"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"grove/app/apptest"
	"grove/app/pack"
)

// sharedOnce shares paths, stops, and returns the package's ID and what was
// said.
func sharedOnce(t *testing.T, data string, args ...string) (pack.ID, ran) {
	t.Helper()
	r := begin(t, append([]string{"share", "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0"}, args...)...)
	r.errs.await(t, "Send this link")
	r.stop()
	done := r.wait().want(t, 0)
	link, err := pack.ParseLink(done.out)
	if err != nil || strings.Count(done.out, "\n") != 1 {
		t.Fatalf("stdout is %q, want a link alone: %v", done.out, err)
	}
	return link.ID, done
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestShareAgain(t *testing.T) {
	t.Parallel()
	src, data := filepath.Join(t.TempDir(), "talks"), t.TempDir()
	a := filepath.Join(src, "a.txt")
	write(t, a, "one")
	write(t, filepath.Join(src, "more", "b.txt"), "two")

	id, r := sharedOnce(t, data, src)
	r.want(t, 0, "Made a key without a passphrase", "talks: 6 bytes in 2 files")
	key := filepath.Join(data, "keys", "sharing.key")
	if info, err := os.Stat(key); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}

	again, r := sharedOnce(t, data, src)
	if again != id || strings.Contains(r.errs, "Made a key") {
		t.Errorf("unchanged files became another package:\n%s", r.errs)
	}
	if err := os.Chtimes(a, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if again, _ = sharedOnce(t, data, src); again != id {
		t.Error("touched files became another package")
	}
	if named, _ := sharedOnce(t, data, src, "--name", "Talks 2026", "--about", "All of them.", "--expires", "30d"); named == id {
		t.Error("another name, and the same package")
	}
	write(t, a, "ONE")
	changed, r := sharedOnce(t, data, src)
	if changed == id || !strings.Contains(r.errs, "new link") {
		t.Errorf("changed files are still the same package:\n%s", r.errs)
	}
	write(t, filepath.Join(src, "c.txt"), "three")
	if more, _ := sharedOnce(t, data, src); more == changed || more == id {
		t.Error("one file more, and the same package")
	}
}

func TestShareSeveral(t *testing.T) {
	t.Parallel()
	src, data := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "a.txt"), "one")
	write(t, filepath.Join(src, "sub", "b.txt"), "two")
	write(t, filepath.Join(src, "not.txt"), "no")
	link, _ := startShare(t, filepath.Join(src, "a.txt"), filepath.Join(src, "sub"))
	dir := t.TempDir()
	grove(t, "get", link, "-d", dir, "-o", "got", "--data", data, "--yes").want(t, 0, "a.txt and 1 more", "in 2 files")
	for name, want := range map[string]string{"a.txt": "one", "sub/b.txt": "two"} {
		if b, err := os.ReadFile(filepath.Join(dir, "got", name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	wantNothing(t, filepath.Join(dir, "got"), "a.txt", "sub")
	elsewhere := filepath.Join(t.TempDir(), "c.txt")
	write(t, elsewhere, "three")
	grove(t, "share", filepath.Join(src, "a.txt"), elsewhere, "--data", data).want(t, 2, "side by side")
}

func TestShareRefuses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("such names cannot be made there")
	}
	src := t.TempDir()
	write(t, filepath.Join(src, "links", "a.txt"), "one")
	write(t, filepath.Join(src, "devices", "aux.txt"), "one")
	write(t, filepath.Join(src, "same", "A.txt"), "one")
	write(t, filepath.Join(src, "same", "a.txt"), "two")
	if err := os.Symlink("a.txt", filepath.Join(src, "links", "b.txt")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		says []string
	}{
		"links": {2, []string{"b.txt", "symbolic link"}}, "links/b.txt": {2, []string{"b.txt", "symbolic link"}},
		"devices": {33, []string{"aux.txt", "device name"}}, "same": {33, []string{"a.txt", "cannot tell it from"}},
	} {
		r := grove(t, "share", filepath.Join(src, name), "--data", t.TempDir()).want(t, c.code, c.says...)
		if r.out != "" {
			t.Errorf("%s: a link was printed", name)
		}
	}
}

func TestSharePackage(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, apptest.Options{Name: "kit"})
	src := t.TempDir()
	made.WriteFiles(t, src)
	file := filepath.Join(t.TempDir(), "kit.grove") // its hash list is nowhere
	write(t, file, string(made.Grove))
	linkFile := filepath.Join(t.TempDir(), "link")
	link, _ := startShare(t, src, "--package", file, "--link-out", linkFile, "--qr")
	if b, err := os.ReadFile(linkFile); err != nil || string(b) != link+"\n" {
		t.Errorf("--link-out: %q, %v", b, err)
	}
	dir := t.TempDir()
	grove(t, "get", link, "-d", dir, "--data", t.TempDir(), "--yes").want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "kit"))

	write(t, filepath.Join(src, "folder", "c-tiny.txt"), "1234567")
	grove(t, "share", src, "--package", file, "--data", t.TempDir()).want(t, 17, "c-tiny.txt", "not what the package says")
	write(t, filepath.Join(src, "folder", "c-tiny.txt"), "short")
	grove(t, "share", src, "--package", file, "--data", t.TempDir()).want(t, 17, "c-tiny.txt", "not what the package says")
	if err := os.Remove(filepath.Join(src, "b-empty.txt")); err != nil {
		t.Fatal(err)
	}
	grove(t, "share", src, "--package", file, "--data", t.TempDir()).want(t, 3, "b-empty.txt")
}

// TestSharePrivate: the whole link gets the files; without its secret nobody
// answers, and nothing is told.
func TestSharePrivate(t *testing.T) {
	t.Parallel()
	src, data := t.TempDir(), t.TempDir()
	path := filepath.Join(src, "film.bin")
	made := apptest.Package(t, film(mib))
	made.WriteFiles(t, src)
	linkFile := filepath.Join(t.TempDir(), "link")
	args := []string{"share", path, "--private", "--name", "Our wedding", "--data", data, "--link-out", linkFile}
	share := begin(t, append(args, "--listen", "/ip4/127.0.0.1/tcp/0")...)
	share.errs.await(t, "Send this link")
	text := strings.TrimSpace(share.out.String())
	link, err := pack.ParseLink(text)
	if err != nil || len(link.Secret) != 32 || !strings.Contains(text, "#s=") || !strings.Contains(share.errs.String(), "It is private") {
		t.Fatalf("%s: %v\n%s", text, err, share.errs)
	}
	if info, err := os.Stat(linkFile); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("--link-out: %v, %v", info, err)
	}
	stranger := pack.Link{ID: link.ID, Peers: link.Peers}
	r := grove(t, "get", stranger.String(), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--patience", "2s", "-v").want(t, 6)
	for _, word := range []string{"wedding", "film", link.Publisher.String(), link.Publisher.Fingerprint()} {
		if strings.Contains(r.out+r.errs, word) {
			t.Errorf("the stranger was told %q:\n%s", word, r.errs)
		}
	}
	dir := t.TempDir()
	grove(t, "get", text, "-d", dir, "--data", t.TempDir(), "--yes").want(t, 0, "Our wedding")
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	share.stop()
	share.wait().want(t, 0)

	at, _, _ := strings.Cut(link.Peers[0], "/p2p/")
	again := begin(t, append(args, "--listen", at)...)
	again.errs.await(t, "Send this link")
	if got := strings.TrimSpace(again.out.String()); got != text {
		t.Errorf("again it is\n%s, not\n%s", got, text)
	}
	again.stop()
	again.wait().want(t, 0)
	if _, r := sharedOnce(t, data, path, "--name", "Our wedding"); strings.Contains(r.out, "#s=") {
		t.Errorf("public it is %s", r.out)
	}
}

// TestSharePoster: any photo will do.
func TestSharePoster(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	path := filepath.Join(src, "film.bin")
	write(t, path, "one")
	large := filepath.Join(src, "photo.png")
	write(t, large, string(photo(t)))
	link, _ := startShare(t, path, "--poster", large)
	data := t.TempDir()
	dir := t.TempDir()
	grove(t, "get", link, "-d", dir, "--data", data, "--yes").want(t, 0)
	posters, err := filepath.Glob(filepath.Join(data, "packages", "*", "*", "poster"))
	if err != nil || len(posters) != 1 {
		t.Fatal(posters, err)
	}
	b, err := os.ReadFile(posters[0])
	if err != nil || len(b) > pack.MaxPoster || !strings.HasPrefix(string(b), "\xff\xd8") {
		t.Errorf("the poster has %d bytes: %.9q, %v", len(b), b, err)
	}
	grove(t, "share", path, "--poster", path, "--data", t.TempDir()).want(t, 2, "not a picture")
	grove(t, "share", path, "--poster", large, "--package", "x.grove", "--data", t.TempDir()).want(t, 2, "poster")
}

// photo is a PNG that is too large for a package.
func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	copy(m.Pix, filler("photo", len(m.Pix)))
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil || b.Len() <= pack.MaxPoster {
		t.Fatal(b.Len(), err)
	}
	return b.Bytes()
}

// A file that changes while it is shared is not given to anybody.
func TestSharedFileChanges(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	path := filepath.Join(src, "film.bin")
	made := apptest.Package(t, film(mib))
	made.WriteFiles(t, src)
	link, share := startShare(t, path)
	if err := os.WriteFile(path, make([]byte, mib), fs.FileMode(0o644)); err != nil {
		t.Fatal(err)
	}
	grove(t, "get", link, "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--patience", "300ms").want(t, 6)
	share.wait().want(t, 17, "was changed since it was checked", "Share it again")
}

func TestQRCode(t *testing.T) {
	text, err := qrText("grove:1/abc", false)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, l := range lines {
		if columns(l) != columns(lines[0]) || i < 2 && strings.Trim(l, "█") != "" {
			t.Errorf("line %d is %q", i, l)
		}
	}
	// The finder in the upper left corner: seven dark modules, then a light one.
	if got := []rune(lines[2])[4:12]; strings.Trim(string(got[:7]), " ▄") != "" || got[7] != '█' && got[7] != '▀' {
		t.Errorf("no finder pattern: %q", string(got))
	}
}
