package storage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// killPackage is what the killed child downloads: two files, 24 pieces.
func killPackage() *apptest.Made {
	// The child runs no test; what cannot be made ends it all the same.
	return apptest.Package(new(testing.T), apptest.Options{Name: "killed", Seed: 5, Sizes: map[string]int64{
		"one.bin": 15*pack.MinPiece - 7, "two/two.bin": 9*pack.MinPiece - 1,
	}})
}

// killedChild downloads one transfer after the other until it is killed. It
// says "durable <transfer> <piece>..." after each checkpoint and "finished
// <transfer>" after each Finish.
func killedChild() error {
	made := killPackage()
	s, err := Open(os.Getenv("GROVE_STORAGE_TEST_DATA"), Options{})
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(os.Getenv("GROVE_STORAGE_TEST_SEED"), 10, 64)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	records, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	for _, rec := range records {
		if rec.Path == "" {
			if err := killedDownload(s, rec, made, r); err != nil {
				return err
			}
		}
	}
	for {
		rec := newRecord(made, os.Getenv("GROVE_STORAGE_TEST_FOLDER"))
		rec.Target = rec.ID.String()
		if err := killedDownload(s, rec, made, r); err != nil {
			return err
		}
	}
}

func killedDownload(s *Store, rec app.Record, made *apptest.Made, r *rand.Rand) error {
	p, _, have, _, err := s.Open(rec)
	if errors.Is(err, os.ErrNotExist) {
		p, have, _, err = s.Create(rec, made.Described())
	}
	if err != nil {
		return err
	}
	have = have.Clone()
	for n, i := range r.Perm(made.Pieces()) {
		if !have.Has(i) {
			if err := p.WritePiece(i, made.Piece(i)); err != nil {
				return err
			}
			have.Set(i)
		}
		if n%4 == 3 {
			rec.Counts.Peers++
			if err := p.Checkpoint(rec, have.Clone()); err != nil {
				return err
			}
			fmt.Printf("durable %s %x\n", rec.ID, have.Bytes())
		}
	}
	if _, err := p.Finish(rec); err != nil {
		return err
	}
	fmt.Println("finished", rec.ID)
	return p.Close()
}

// TestKilled kills a child in mid download again and again: what it said was
// durable is there afterwards. GROVE_KILLS is how often.
func TestKilled(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("GROVE_KILLS")); err == nil {
		kills = n
	}
	made := killPackage()
	dir, folder := t.TempDir(), t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	said := map[uuid.UUID]app.Bitmap{} // what must be there; full once finished
	finished := map[uuid.UUID]bool{}
	for kill := range kills {
		cmd := childCommand("killed", "GROVE_STORAGE_TEST_DATA="+dir, "GROVE_STORAGE_TEST_FOLDER="+folder,
			fmt.Sprint("GROVE_STORAGE_TEST_SEED=", kill))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 1 + r.IntN(12) {
			if !lines.Scan() {
				break
			}
			hear(t, lines.Text(), made, said, finished)
		}
		time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond) // the moment is what is random
		_ = cmd.Process.Kill()
		for lines.Scan() { // it may have said more before it died
			hear(t, lines.Text(), made, said, finished)
		}
		if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
			t.Fatalf("the child was not killed but ended: %v %s", err, &stderr)
		}
		wantSaid(t, dir, made, said, finished)
		if t.Failed() {
			t.Fatalf("after kill %d", kill)
		}
	}
	t.Logf("%d kills, %d transfers, %d finished", kills, len(said), len(finished))
}

func hear(t *testing.T, line string, made *apptest.Made, said map[uuid.UUID]app.Bitmap, finished map[uuid.UUID]bool) {
	t.Helper()
	word := strings.Fields(line)
	switch {
	case len(word) == 3 && word[0] == "durable":
		var b []byte
		_, err := fmt.Sscanf(word[2], "%x", &b)
		ok(t, err)
		have, err := app.ParseBitmap(made.Pieces(), b)
		ok(t, err)
		said[uuid.MustParse(word[1])] = have
	case len(word) == 2 && word[0] == "finished":
		finished[uuid.MustParse(word[1])] = true
	default:
		t.Fatalf("the child said %q", line)
	}
}

func wantSaid(t *testing.T, dir string, made *apptest.Made, said map[uuid.UUID]app.Bitmap, finished map[uuid.UUID]bool) {
	t.Helper()
	s, err := Open(dir, Options{})
	ok(t, err)
	defer func() { ok(t, s.Close()) }()
	records, err := s.LoadTransfers()
	ok(t, err)
	found := map[uuid.UUID]app.Record{}
	for _, rec := range records {
		found[rec.ID] = rec
	}
	for id, must := range said {
		rec, there := found[id]
		if !there {
			t.Errorf("transfer %s is gone", id)
			continue
		}
		if finished[id] && rec.Path == "" {
			t.Errorf("transfer %s was finished", id)
		}
		p, _, have, _, err := s.Open(rec)
		if err != nil {
			t.Errorf("transfer %s: %v", id, err)
			continue
		}
		if !have.Contains(must) {
			t.Errorf("transfer %s has %x and had %x", id, have.Bytes(), must.Bytes())
		}
		if wrong := wrongPieces(p, made, have); wrong != nil {
			t.Errorf("transfer %s: wrong pieces %v", id, wrong)
		}
		ok(t, p.Close())
	}
}
