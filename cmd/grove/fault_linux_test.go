package main

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// mount puts a small file system of its own at the folder it returns.
func mount(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("grove-test", dir, "tmpfs", flags, options); err != nil {
		t.Skip("mounting: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestReadOnlyFolder(t *testing.T) {
	s, made := startCDN(t, film(mib))
	dir, data := mount(t, unix.MS_RDONLY, "size=8m"), t.TempDir()
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 17, "may not write")
	grove(t, "get", s.grove(made), "-d", t.TempDir(), "--data", dir, "--yes").want(t, 17, "may not write")
}

func TestFullDisk(t *testing.T) {
	s, made := startCDN(t, film(6*mib))
	dir, data := mount(t, 0, "size=4m"), t.TempDir()
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 9, "too little", "not enough room", "Make room")
	wantNothing(t, dir)
	if ls := grove(t, "ls", "--data", data).want(t, 0); ls.out != "" {
		t.Errorf("a download that never began is on the list:\n%s", ls.out)
	}
}

// TestKilled kills a download at random moments, again and again, and then
// goes on with it: every byte is right, and what had been saved before is not
// fetched again.
func TestKilled(t *testing.T) {
	s, made := startCDN(t, film(24*mib))
	dir, data := t.TempDir(), t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for round := range 5 {
		before, _ := s.counts()
		paused := s.pause(before + 1 + rng.Int64N(4*mib))
		p := startProcess(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes", "--json")
		// Half of the rounds kill it in the middle of the stream, the others
		// when it has said at least once what it saved.
		if round%2 == 0 {
			<-paused
		} else {
			p.out.await(t, `"event":"progress"`)
		}
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		p.wait()
	}
	have, sent := piecesHere(t, data), s.spansSent()
	s.pause(0)
	grove(t, "resume", "--data", data).want(t, 0)
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	wantNothing(t, dir, "film.bin")
	s.wantFresh(t, made, have, sent)
}
