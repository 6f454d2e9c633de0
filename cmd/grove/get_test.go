package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func TestShareThenGet(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, film(3*mib))
	src := t.TempDir()
	made.WriteFiles(t, src)
	link, share := startShare(t, filepath.Join(src, "film.bin"))

	dir, data := t.TempDir(), t.TempDir()
	r := grove(t, "get", link, "-d", dir, "--data", data, "--yes").
		want(t, 0, "first time seen", "film.bin is complete: 3.1 MB", "peer", "100 %", made.Package.Manifest.Files[0].SHA256.String())
	path := filepath.Join(dir, "film.bin")
	if r.out != path+"\n" {
		t.Errorf("stdout is %q, want the path alone", r.out)
	}
	wantFiles(t, made, path)
	wantNothing(t, dir, "film.bin")

	// The same again finds it, and needs no yes.
	grove(t, "get", link, "-d", dir, "--data", data).want(t, 0, "complete and unchanged")
	// The same publisher again is recognised.
	grove(t, "get", link, "-o", "other.bin", "-d", dir, "--data", data, "--yes").want(t, 0, "same publisher as 1 package before")

	share.stop()
	share.wait().want(t, 0, "Stopped sharing film.bin. Given: ")
}

func TestGetFromOrigin(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, apptest.Options{Name: "kit"})
	for name, lead := range map[string]string{
		"link": s.link(made), "page": "https://www.example.org/kit.html#" + s.link(made),
		"address": s.URL + "/kit.grove", "file": s.grove(made),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, "sub", "mine")
			r := grove(t, "get", lead, "-o", out, "--data", t.TempDir(), "--yes", "--json").want(t, 0)
			wantFiles(t, made, out)
			sum := r.summary(t)
			if sum.State != "done" || sum.Path != out || sum.Bytes.Origin != made.Package.Size() || sum.Bytes.Peers != 0 {
				t.Errorf("summary: %+v", sum)
			}
			events := map[any]bool{}
			for _, l := range r.lines(t) {
				events[l["event"]] = true
			}
			if !events["offer"] || !events["complete"] {
				t.Errorf("events: %v", events)
			}
		})
	}
}

func TestGetFromBoth(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(8*mib))
	// Alone, neither would bring it in less than four seconds.
	_, share := startShare(t, filepath.Join(s.folder, "film.bin"), "--package", s.grove(made), "--limit", "2Mi", "--json")
	_ = share
	dir := t.TempDir()
	sum := grove(t, "get", s.grove(made), "-d", dir, "--data", t.TempDir(), "--yes", "--json", "--limit", "4Mi",
		"--peer", addressOf(t, share)).want(t, 0).summary(t)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if sum.Bytes.Peers == 0 || sum.Bytes.Origin == 0 || sum.Bytes.Peers+sum.Bytes.Origin != sum.Size {
		t.Errorf("bytes: %+v of %d", sum.Bytes, sum.Size)
	}
}

// addressOf is where a share that was started with --json listens.
func addressOf(t *testing.T, r *running) string {
	t.Helper()
	for _, l := range (ran{out: r.out.String()}).lines(t) {
		if l["event"] == "sharing" {
			return l["addresses"].([]any)[0].(string)
		}
	}
	t.Fatal("it does not say where it listens")
	return ""
}

func TestPeersOnly(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	link, _ := startShare(t, filepath.Join(s.folder, "film.bin"), "--package", s.grove(made))
	dir := t.TempDir()
	grove(t, "get", link, "-d", dir, "--data", t.TempDir(), "--yes", "--peers-only").want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if _, asked := s.counts(); asked != 0 {
		t.Errorf("the origin was asked %d times", asked)
	}
	grove(t, "get", s.grove(made), "-o", "two.bin", "-d", dir, "--data", t.TempDir(), "--yes", "--origin-only").want(t, 0, "Nothing is given")
	wantFiles(t, made, filepath.Join(dir, "two.bin"))
}

func TestSelect(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, apptest.Options{Name: "kit"})
	dir, data := t.TempDir(), t.TempDir()
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes", "--select", "folder", "--select", "*.txt").
		want(t, 0, "1.0 MB in 3 files", "(1 not selected)")
	var found []string
	err := filepath.WalkDir(filepath.Join(dir, "kit"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil || strings.Join(found, " ") != "b-empty.txt c-tiny.txt d-even.bin" {
		t.Errorf("found %v, %v", found, err)
	}
	grove(t, "get", s.grove(made), "-d", dir, "-o", "x", "--data", data, "--yes", "--select", "*.mkv").want(t, 2, "No file of the package")
	grove(t, "get", s.grove(made), "-d", dir, "-o", "x", "--data", data, "--yes", "--select", "[").want(t, 2, "not a pattern")
}

// interrupted downloads about two thirds of a film and stops. It returns the
// pieces that are here.
func interrupted(t *testing.T, s *cdn, made *apptest.Made, dir, data string) app.Bitmap {
	t.Helper()
	paused := s.pause(4 * mib)
	r := begin(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes")
	<-paused
	r.stop()
	r.wait().want(t, 7, "To go on: grove resume")
	have := piecesHere(t, data)
	if have.Count() == 0 || have.Full() {
		t.Fatalf("interrupted at %d of %d pieces", have.Count(), have.Len())
	}
	s.pause(0)
	return have
}

// Whichever way it goes on, nothing that was checked is fetched again.
func TestInterruptAndResume(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again func(s *cdn, made *apptest.Made, dir string) []string
		lose  func(data string) error
		says  string
	}{
		"same command": {again: func(s *cdn, made *apptest.Made, dir string) []string {
			return []string{"get", s.grove(made), "-d", dir}
		}, says: "Going on with film"},
		"another lead": {again: func(s *cdn, made *apptest.Made, dir string) []string {
			return []string{"get", s.URL + "/film.grove", "-d", dir, "--yes"}
		}, says: "Going on with film"},
		"resume": {again: func(*cdn, *apptest.Made, string) []string { return []string{"resume"} }},
		"database lost": {again: func(s *cdn, made *apptest.Made, dir string) []string {
			return []string{"get", s.grove(made), "-d", dir}
		}, lose: func(data string) error { return os.Remove(filepath.Join(data, "grove.db")) }, says: "was damaged"},
		"database and its copy lost": {again: func(*cdn, *apptest.Made, string) []string { return []string{"resume"} },
			lose: func(data string) error {
				return errors.Join(os.Remove(filepath.Join(data, "grove.db")), os.Remove(filepath.Join(data, "grove.db.bak")))
			}, says: "was damaged"},
		"database damaged": {again: func(*cdn, *apptest.Made, string) []string { return []string{"resume"} },
			lose: func(data string) error {
				return errors.Join(os.WriteFile(filepath.Join(data, "grove.db"), make([]byte, 40_000), 0o600), os.Remove(filepath.Join(data, "grove.db.bak")))
			}, says: "was damaged"},
		"data folder lost": {again: func(s *cdn, made *apptest.Made, dir string) []string {
			return []string{"get", s.grove(made), "-d", dir, "--yes"}
		}, lose: os.RemoveAll},
	} {
		t.Run(name, func(t *testing.T) {
			s, made := startCDN(t, film(6*mib))
			dir, data := t.TempDir(), t.TempDir()
			have := interrupted(t, s, made, dir, data)
			if c.lose != nil {
				if err := c.lose(data); err != nil {
					t.Fatal(err)
				}
			}
			sent := s.spansSent()
			grove(t, append(c.again(s, made, dir), "--data", data)...).want(t, 0, c.says)
			wantFiles(t, made, filepath.Join(dir, "film.bin"))
			wantNothing(t, dir, "film.bin")
			s.wantFresh(t, made, have, sent)
		})
	}
}

func TestDatabaseLostStillListed(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(6*mib))
	dir, data := t.TempDir(), t.TempDir()
	have := interrupted(t, s, made, dir, data)
	if err := os.Remove(filepath.Join(data, "grove.db")); err != nil {
		t.Fatal(err)
	}
	ls := grove(t, "ls", "--data", data).want(t, 0, "was damaged")
	if !strings.Contains(ls.out, "film") || !strings.Contains(ls.out, "unfinished") {
		t.Errorf("the list forgot it:\n%s", ls.out)
	}
	if now := piecesHere(t, data); now.Count() != have.Count() {
		t.Errorf("%d pieces are here, before it was %d", now.Count(), have.Count())
	}
}

func TestOnComplete(t *testing.T) {
	t.Setenv("GROVE_PASSPHRASE", "secret") // not for the hook
	s, made := startCDN(t, film(1000))
	dir := t.TempDir()
	script := filepath.Join(dir, "hook.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '%s|%s|%s|%s|%s' \"$1\" \"$GROVE_PATH\" \"$GROVE_ID\" \"$GROVE_NAME\" \"$GROVE_PASSPHRASE\" > \"$1\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "said$(touch x)")
	grove(t, "get", s.grove(made), "-d", dir, "--data", t.TempDir(), "--yes", "--on-complete", script+" "+strings.Fields(out)[0]).want(t, 0)
	got, err := os.ReadFile(strings.Fields(out)[0])
	want := strings.Fields(out)[0] + "|" + filepath.Join(dir, "film.bin") + "|" + made.Package.ID.String() + "|film|"
	if err != nil || string(got) != want {
		t.Errorf("the hook saw %q, want %q (%v)", got, want, err)
	}
	grove(t, "get", s.grove(made), "-o", "b", "-d", dir, "--data", t.TempDir(), "--yes", "--on-complete", "no-such-program").want(t, 2, "no-such-program")
	grove(t, "get", s.grove(made), "-o", "c", "-d", dir, "--data", t.TempDir(), "--yes", "--on-complete", "false").want(t, 0, "--on-complete failed")
}

func TestSeedServesOn(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	dir := t.TempDir()
	first := begin(t, "get", s.grove(made), "-d", dir, "--data", t.TempDir(), "--yes", "--seed")
	first.errs.await(t, "Sharing it until")
	first.stop()
	first.wait().want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
}

func TestSecondInstance(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, film(1000))
	src, data := t.TempDir(), t.TempDir()
	made.WriteFiles(t, src)
	r := begin(t, "share", filepath.Join(src, "film.bin"), "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0")
	r.errs.await(t, "Send this link")
	grove(t, "config", "--data", data).want(t, 11, "Another Grove", "--data")
	r.stop()
	r.wait().want(t, 0)
	grove(t, "config", "--data", data).want(t, 0)
}

func TestPatience(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(2*mib))
	dir, data := t.TempDir(), t.TempDir()
	s.pause(1) // it takes requests and sends nothing
	begun := time.Now()
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes", "--patience", "300ms").want(t, 6, "Nobody who has film", "grove resume")
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %v to lose patience", took)
	}
	// Everything is there to go on with.
	s.pause(0)
	grove(t, "resume", "--data", data).want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
}

// TestGetLearnsTheSecret: a download that was begun with the package alone
// finds a private share when its link comes.
func TestGetLearnsTheSecret(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, film(mib))
	src, dir, data := t.TempDir(), t.TempDir(), t.TempDir()
	made.WriteFiles(t, src)
	side := made.WriteSide(t, t.TempDir())
	link, share := startShare(t, filepath.Join(src, "film.bin"), "--package", side, "--private")
	at, err := pack.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	grove(t, "get", side, "-d", dir, "--data", data, "--yes", "--peer", at.Peers[0], "--patience", "300ms").want(t, 6)
	grove(t, "get", link, "-d", dir, "--data", data).want(t, 0, "Going on with film")
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	share.stop()
	share.wait().want(t, 0)
}
