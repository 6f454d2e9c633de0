package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/cmd/internal/boot"
)

// Two downloads that were stopped go on together; a third, complete, is left
// alone until it is named.
func TestListResumeRemove(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	var dirs []string
	for i, name := range []string{"one", "two", "old"} {
		o := film(6 * mib)
		o.Name, o.Seed = name, uint64(i)
		s, made := startCDN(t, o)
		dirs = append(dirs, t.TempDir())
		if name == "old" {
			grove(t, "get", s.grove(made), "-d", dirs[i], "--data", data, "--yes").want(t, 0)
			continue
		}
		paused := s.pause(4 * mib)
		r := begin(t, "get", s.grove(made), "-d", dirs[i], "--data", data, "--yes")
		<-paused
		r.stop()
		r.wait().want(t, 7)
		s.pause(0)
	}
	ls := grove(t, "ls", "--data", data).want(t, 0)
	lines := strings.Split(strings.TrimSpace(ls.out), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "ID        NAME  HERE") ||
		!strings.Contains(lines[1], "one   6.3 MB, ") || !strings.Contains(lines[1], "unfinished") || !strings.HasSuffix(lines[1], dirs[0]) ||
		!strings.Contains(lines[3], "old   6.3 MB, 100 %") || !strings.Contains(lines[3], "complete") {
		t.Fatalf("the list:\n%s", ls.out)
	}
	id := strings.Fields(lines[1])[0]
	log := grove(t, "log", id, "--data", data).want(t, 0)
	for _, what := range []string{"accepted ", "started ", "source_found "} {
		if !strings.Contains(log.out, what) {
			t.Errorf("the log does not say %q:\n%s", what, log.out)
		}
	}
	if n := len(grove(t, "log", id, "--json", "--data", data).want(t, 0).lines(t)); n != strings.Count(log.out, "\n") {
		t.Errorf("%d lines of JSON for\n%s", n, log.out)
	}

	// Of the second, the part folder is lost: that is told, the other goes on.
	if err := os.RemoveAll(filepath.Join(dirs[1], "film.bin.grove-part")); err != nil {
		t.Fatal(err)
	}
	if ls := grove(t, "ls", "--data", data).want(t, 0); !strings.Contains(ls.out, "not found where it was") {
		t.Errorf("the list:\n%s", ls.out)
	}
	r := grove(t, "resume", "--data", data).want(t, 3, "one is complete: 6.3 MB", "two: Nothing was found")
	if r.out != filepath.Join(dirs[0], "film.bin")+"\n" {
		t.Errorf("stdout is %q", r.out)
	}

	grove(t, "rm", id, strings.Fields(lines[2])[0], "--data", data).want(t, 0, "Its files stay: "+filepath.Join(dirs[0], "film.bin"))
	if _, err := os.Stat(filepath.Join(dirs[0], "film.bin")); err != nil {
		t.Error(err)
	}
	grove(t, "log", id, "--data", data).want(t, 3)
	all := grove(t, "ls", "--json", "--data", data).want(t, 0).lines(t)
	if len(all) != 2 || all[0]["name"] != "old" || all[0]["have"] != all[0]["size"] || all[1]["transfers"] != 1.0 {
		t.Errorf("the list: %v", all)
	}

	seed := begin(t, "resume", all[0]["package"].(string)[:9], "--data", data)
	seed.errs.await(t, "Sharing until you press Ctrl-C.")
	seed.stop()
	if r := seed.wait().want(t, 0); r.out != "" {
		t.Errorf("stdout is %q", r.out)
	}
}

func TestRemoveDeletesParts(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(6*mib))
	dir, data := t.TempDir(), t.TempDir()
	interrupted(t, s, made, dir, data)
	id := strings.Fields(strings.Split(grove(t, "ls", "--data", data).out, "\n")[1])[0]
	grove(t, "rm", id, "nothing", "--data", data).want(t, 3) // all or none
	grove(t, "rm", id, "--data", data).want(t, 0, "deleted what was here")
	wantNothing(t, dir)
	grove(t, "ls", "--data", data).want(t, 0, "Nothing is downloaded")
}

func TestFindRecord(t *testing.T) {
	var all []app.Record
	for _, id := range []string{"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "1b9d7000-bbfd-4b2d-9b5d-ab8dfbbd4bed"} {
		all = append(all, app.Record{ID: uuid.MustParse(id), Created: time.Now()})
	}
	all[0].Package[0], all[1].Package[0] = 1, 2
	for prefix, want := range map[string]int{"1b9d6": 0, all[1].ID.String(): 1, all[1].Package.String()[:5]: 1} {
		if rec, err := findRecord(all, prefix); err != nil || rec.ID != all[want].ID {
			t.Errorf("%s: %v, %v", prefix, rec.ID, err)
		}
	}
	for prefix, want := range map[string]app.ProblemKind{"1b9d": app.BadInput, "": app.NotFound, "2": app.NotFound, "1B9D6": app.NotFound} {
		if _, err := findRecord(all, prefix); app.AsProblem(err).Kind != want {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

// What was accepted and never had its turn is on the list, and can begin.
func TestListAndResumeWhatWaits(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	_, made := startCDN(t, film(mib))
	s, err := boot.OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	rec := app.Record{ID: uuid.New(), Package: made.Package.ID, State: app.Queued, Folder: dir, Target: "film.bin", Created: time.Now()}
	rec.Describe(made.Package)
	if err := errors.Join(s.SaveTransfer(rec), s.Keep(rec, made.Described()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if ls := grove(t, "ls", "--data", data).want(t, 0); !strings.Contains(ls.out, "1.0 MB, 0 %") || !strings.Contains(ls.out, "unfinished") {
		t.Errorf("the list:\n%s", ls.out)
	}
	grove(t, "resume", "--data", data).want(t, 0)
	if b, err := os.ReadFile(filepath.Join(dir, "film.bin")); err != nil || len(b) != mib {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
