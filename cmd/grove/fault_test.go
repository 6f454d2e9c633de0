package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/p2p"
)

// TestRefusedLeads: whatever is wrong with what a person has in hand, nothing
// is fetched, nothing is left behind, and the exit code says which it was.
func TestRefusedLeads(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(1000))
	good, err := os.ReadFile(s.grove(made))
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := apptest.Package(t, apptest.Options{Name: "film", Sizes: map[string]int64{"film.bin": 1000}, Seed: 7})
	expired := film(1000)
	expired.Expires = time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	id := made.Package.ID.String()
	for name, c := range map[string]struct {
		lead string
		code int
		says string
	}{
		"no link":          {"grove:1/hello", 2, "not a Grove link"},
		"newer link":       {"grove:2/" + id, 2, "newer Grove"},
		"cut link":         {"grove:1/" + id[:40], 2, "copy the whole link again"},
		"no such file":     {filepath.Join(files, "none.grove"), 3, "Nothing was found"},
		"not on the web":   {s.URL + "/none.grove", 3, "Nothing was found"},
		"altered":          {file("altered.grove", bytes.Replace(good, []byte(`"name":"film"`), []byte(`"name":"filn"`), 1)), 33, "signature"},
		"unsigned":         {file("unsigned.grove", []byte("{}\n")), 33, "signature"},
		"cut":              {file("cut.grove", good[:len(good)-9]), 33, ""},
		"expired":          {apptest.Package(t, expired).WriteSide(t, t.TempDir()), 3, "3 February 2026"},
		"another package":  {pack.Link{ID: other.Package.ID, Manifests: []string{s.URL + "/film.grove"}}.String(), 33, "not what was asked for"},
		"another signer":   {pack.Link{ID: made.Package.ID, Publisher: other.Package.Publisher(), Manifests: []string{s.URL + "/film.grove"}}.String(), 33, "not what was asked for"},
		"not local":        {"https://192.88.99.1/film.grove", 34, "not allowed here"},
		"nobody to ask":    {"grove:1/" + id, 6, "names no address"},
		"unsafe name":      {file("unsafe.grove", vector(t, "package-rule-path-parent.txt")), 33, "not safe on every computer"},
		"a web page":       {s.URL + "/film.bin", 33, ""},
		"wrong web scheme": {"ftp://example.org/film.grove", 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			data := t.TempDir()
			r := grove(t, "get", c.lead, "-d", dir, "--data", data, "--yes", "--patience", "2s")
			if r.code != c.code || !strings.Contains(strings.ToLower(r.errs), strings.ToLower(c.says)) || r.out != "" {
				t.Fatalf("exit code %d, want %d and %q\n%s%s", r.code, c.code, c.says, r.out, r.errs)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("the folder was made")
			}
			if ls := grove(t, "ls", "--data", data).want(t, 0); ls.out != "" {
				t.Errorf("it is on the list:\n%s", ls.out)
			}
		})
	}
}

func TestRefusedCommandLines(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(1000))
	lead := s.grove(made)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no yes":          {[]string{"get", lead}, 2, "--yes"},
		"no lead":         {[]string{"get"}, 2, "arg"},
		"two modes":       {[]string{"get", lead, "--yes", "--peers-only", "--origin-only"}, 2, "peers-only"},
		"bad rate":        {[]string{"get", lead, "--yes", "--limit", "fast"}, 2, "20Mbit"},
		"bad progress":    {[]string{"get", lead, "--yes", "--progress", "dots"}, 2, "--progress"},
		"bad peer":        {[]string{"get", lead, "--yes", "--peer", "10.0.0.1"}, 2, "not the address of a peer"},
		"bad origin":      {[]string{"get", lead, "--yes", "--origin", "cdn"}, 2, "not a web address"},
		"far origin":      {[]string{"get", lead, "--yes", "--origin", "https://example.org/"}, 34, "not allowed here"},
		"bad name":        {[]string{"get", lead, "--yes", "-o", ".."}, 2, "does not end in a name"},
		"nothing to rm":   {[]string{"rm", "abc"}, 3, "grove ls"},
		"nothing to log":  {[]string{"log", "abc"}, 3, "grove ls"},
		"nothing to do":   {[]string{"resume"}, 0, "nothing to go on with"},
		"no such resume":  {[]string{"resume", "abc"}, 3, "grove ls"},
		"share nothing":   {[]string{"share", filepath.Join(s.folder, "none")}, 3, "Nothing was found"},
		"share no file":   {[]string{"share", t.TempDir()}, 2, "no file"},
		"share unsigned":  {[]string{"share", lead, "--key", "other"}, 3, "grove keys new makes one"},
		"unknown command": {[]string{"fetch"}, 2, "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			grove(t, append(c.args, "--data", t.TempDir())...).want(t, c.code, c.says)
		})
	}
	if _, asked := s.counts(); asked != 0 {
		t.Errorf("the origin was asked %d times", asked)
	}
}

func TestExistingTarget(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	dir, data := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "film.bin")
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 13, path)
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Fatalf("%q, %v", b, err)
	}
	wantNothing(t, dir, "film.bin")

	// A finished download that was changed is somebody's file now.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 0)
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 13, path, "was changed")
	if err := os.WriteFile(path, make([]byte, mib), 0o644); err != nil { // of the right size
		t.Fatal(err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 13, path, "was changed")
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, make([]byte, mib)) {
		t.Fatal("it was overwritten", err)
	}
	// One that was deleted is downloaded again.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 0)
	wantFiles(t, made, path)
}

func TestDeadOrigin(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	lead := s.grove(made)
	s.Server.Close()
	dir, data := t.TempDir(), t.TempDir()
	grove(t, "get", lead, "-d", dir, "--data", data, "--yes", "--patience", "300ms").
		want(t, 6, "Nobody who has film", "grove resume")
	// It is a peer download now.
	_, share := startShare(t, filepath.Join(s.folder, "film.bin"), "--package", lead, "--json")
	grove(t, "get", lead, "-d", dir, "--data", data, "--peer", addressOf(t, share)).want(t, 0, "Going on with")
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
}

func TestLyingOrigin(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(4*mib))
	s.mu.Lock()
	s.twist = true
	s.mu.Unlock()
	dir, data := t.TempDir(), t.TempDir()
	r := grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes", "--patience", "500ms", "--json").
		want(t, 32, "other bytes than the publisher signed")
	if sum := r.summary(t); sum.Have != 0 || sum.Problem == nil || sum.Problem.Kind != "wrong-bytes" {
		t.Errorf("summary: %+v", sum)
	}
	_, share := startShare(t, filepath.Join(s.folder, "film.bin"), "--package", s.grove(made), "--json")
	sum := grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--json", "--peer", addressOf(t, share)).want(t, 0).summary(t)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if sum.Bytes.Origin != 0 || sum.Bytes.Peers != sum.Size {
		t.Errorf("bytes: %+v", sum.Bytes)
	}
}

// vector is the body of a test vector of the package format.
func vector(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "app", "pack", "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(b), "\n\n")
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// liar reads right lengths and wrong bytes, and says so by closing lied.
type liar struct {
	app.PieceReader
	lied func()
}

func (l liar) ReadPiece(i int, b []byte, off int64) error {
	defer l.lied()
	if err := l.PieceReader.ReadPiece(i, b, off); err != nil {
		return err
	}
	b[0] ^= 1
	return nil
}

// late reads nothing before lied is closed: the liar cannot be passed over.
type late struct {
	app.PieceReader
	lied <-chan struct{}
}

func (l late) ReadPiece(i int, b []byte, off int64) error {
	<-l.lied
	return l.PieceReader.ReadPiece(i, b, off)
}

// TestLyingPeer: of a peer that sends wrong bytes nothing is kept, it is not
// asked again, and an honest one brings everything.
func TestLyingPeer(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, film(4*mib))
	side := made.WriteSide(t, t.TempDir())
	lied := make(chan struct{})
	lie := sync.OnceFunc(func() { close(lied) })
	t.Cleanup(lie)
	var addrs []string
	for _, lies := range []bool{true, false} {
		n, err := p2p.New(p2p.Config{Reach: app.Reach{LocalOnly: true}, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Close() })
		share := made.Share()
		if lies {
			share.Pieces = liar{share.Pieces, lie}
		} else {
			share.Pieces = late{share.Pieces, lied}
		}
		if _, err := n.Serve(share); err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, n.Addrs()[0])
	}
	dir, data := t.TempDir(), t.TempDir()
	r := grove(t, "get", side, "-d", dir, "--data", data, "--yes", "--json", "--peers-only",
		"--peer", addrs[0], "--peer", addrs[1]).want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if sum := r.summary(t); sum.Bytes.Peers != sum.Size || sum.Bytes.Wasted > 4*pack.MinPiece {
		t.Errorf("bytes: %+v", sum.Bytes)
	}
	rec := grove(t, "ls", "--data", data, "--json").want(t, 0).lines(t)[0]
	log := grove(t, "log", rec["transfer"].(string)[:8], "--data", data).want(t, 0)
	if !strings.Contains(log.out, "wrong_bytes") && !strings.Contains(log.out, "other bytes") {
		t.Errorf("the log does not say so:\n%s", log.out)
	}
}
