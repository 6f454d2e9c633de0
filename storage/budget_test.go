package storage

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// Budgets over a real database and real kills; the peers are scripted. The
// lab's scenario "budget" has the network as well.

// budgetChild gives to thirty at once until its budget is spent, and says so.
// Each dot is a piece that leaves.
func budgetChild() error {
	s, err := Open(os.Getenv("GROVE_STORAGE_TEST_DATA"), Options{})
	if err != nil {
		return err
	}
	net := apptest.NewNet(nil)
	e := app.New(app.Config{Store: s, Swarm: net})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go e.Run(ctx)
	all, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	if err := e.Restore(ctx, all[0]); err != nil {
		return err
	}
	for since := uint64(0); ; {
		snap, err := e.Next(ctx, since)
		if err != nil {
			return err
		}
		since = snap.Version
		if v := snap.Transfer(all[0].ID); v.NotGiving != "" || v.State == app.Done {
			_, err := fmt.Print("!") // spent
			return err
		}
		if shares := net.Shares(); len(shares) > 0 {
			giveToMany(shares[0])
		}
	}
}

func giveToMany(share app.Share) {
	var out sync.Mutex
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			tab := share.Allow(app.NearFar)
			defer tab.Close()
			for tab.Take(pack.MinPiece) && tab.Leave(pack.MinPiece) {
				out.Lock()
				fmt.Print(".")
				out.Unlock()
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	all.Wait()
}

// TestKilledGiver kills a giver again and again until it says that it may give
// no more: what left, over all its lives, is one piece beyond the budget at the
// most.
func TestKilledGiver(t *testing.T) {
	made := killPackage()
	r := rand.New(rand.NewPCG(3, 4))
	kills := 0
	for trial := range 9 {
		dir := t.TempDir()
		budget := int64(pack.MinPiece)*(40+r.Int64N(100)) + r.Int64N(pack.MinPiece)
		makeGiver(t, dir, made, budget, trial%3)
		var left int64
		for over := false; !over; {
			n, spent := lifeOf(t, dir, time.Duration(r.IntN(20_000))*time.Microsecond)
			left, over = left+n*pack.MinPiece, spent
			kills++
		}
		if left >= budget+pack.MinPiece {
			t.Errorf("trial %d: %d bytes left of a budget of %d", trial, left, budget)
		}
		if n, spent := lifeOf(t, dir, time.Hour); n > 0 || !spent {
			t.Errorf("trial %d: %d pieces after the end", trial, n)
		}
		t.Logf("trial %d: %d of %d bytes", trial, left, budget)
	}
	t.Logf("%d lives", kills)
}

// makeGiver leaves a complete transfer in dir, and a budget: of the month, of
// the publisher, or of the package.
func makeGiver(t *testing.T, dir string, made *apptest.Made, budget int64, kind int) {
	t.Helper()
	s, err := Open(dir, Options{})
	ok(t, err)
	rec := newRecord(made, t.TempDir())
	rec.Seed, rec.State = kind < 2, app.Seeding
	p, _, _, err := s.Create(rec, made.Described())
	ok(t, err)
	for i := range made.Pieces() {
		ok(t, p.WritePiece(i, made.Piece(i)))
	}
	rec.Path, err = p.Finish(rec)
	ok(t, err)
	ok(t, p.Close())
	rec.Finished, rec.After, rec.Publisher = time.Now(), true, made.Package.Manifest.Publisher
	rec.Describe(made.Package)
	ok(t, s.SaveTransfer(rec))
	set := app.DefaultSettings()
	switch kind {
	case 0:
		set.Giving.Budget = budget
	case 1:
		ok(t, s.SavePublisher(app.Publisher{Key: rec.Publisher, Budget: budget}))
	case 2:
		set.Giving.AfterTimes = float64(budget) / float64(rec.Size)
	}
	ok(t, s.SaveSettings(set))
	ok(t, s.Close())
}

// lifeOf runs the giver until it is killed, so long after its first piece, or
// says that it is spent.
func lifeOf(t *testing.T, dir string, long time.Duration) (pieces int64, spent bool) {
	t.Helper()
	cmd := childCommand("giver", "GROVE_STORAGE_TEST_DATA="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	said := bufio.NewReader(out)
	for {
		b, err := said.ReadByte()
		switch {
		case err != nil:
			if err := cmd.Wait(); stderr.Len() > 0 {
				t.Fatalf("the giver: %v %s", err, &stderr)
			}
			return pieces, spent
		case b == '!':
			spent = true
		case pieces == 0:
			time.AfterFunc(long, func() { _ = cmd.Process.Kill() })
			fallthrough
		default:
			pieces++
		}
	}
}
