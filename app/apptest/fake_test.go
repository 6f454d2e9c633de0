package apptest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/apptest/sourcetest"
	"grove/app/pack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFakeSourceKeepsTheContract(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, made *apptest.Made) sourcetest.Harness {
		s := apptest.NewSource(made, apptest.Behaviour{})
		return sourcetest.Harness{
			Source: s,
			Stall:  s.Stall,
			Kill:   func() { s.Kill(nil) },
			Change: func() { s.SetHave(app.NewBitmap(made.Pieces())) },
		}
	})
}

const kib = 1 << 10

// read reads n bytes of r and returns how long that took.
func read(t *testing.T, r io.Reader, n int) time.Duration {
	t.Helper()
	start := time.Now()
	if _, err := io.ReadFull(r, make([]byte, n)); err != nil {
		t.Fatalf("read of %d bytes: %v", n, err)
	}
	return time.Since(start)
}

func open(t *testing.T, s *apptest.Source, run app.Run) io.ReadCloser {
	t.Helper()
	r, err := s.Open(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if d := got - want; d < -time.Millisecond || d > time.Millisecond {
		t.Errorf("%s took %v, want %v", what, got, want)
	}
}

func TestFakeSourceKeepsVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := apptest.Package(t, apptest.Options{})
		s := apptest.NewSource(made, apptest.Behaviour{Rate: 256 * kib, Latency: 100 * time.Millisecond})

		r := open(t, s, app.Run{First: 0, Count: 4})
		near(t, "the first piece", read(t, r, 256*kib), 1100*time.Millisecond)
		near(t, "the second piece", read(t, r, 256*kib), time.Second)

		other := open(t, s, app.Run{First: 0, Count: 4})
		start := time.Now()
		var both sync.WaitGroup
		both.Go(func() { read(t, r, 128*kib) })
		both.Go(func() { read(t, other, 128*kib) })
		both.Wait()
		if took := time.Since(start); took < 999*time.Millisecond || took > 1200*time.Millisecond {
			t.Errorf("two readers of half a piece took %v; want about a second, they share the line", took)
		}

		s.SetRate(1024 * kib)
		near(t, "half a piece at four times the rate", read(t, r, 128*kib), 125*time.Millisecond)
		s.SetRate(0)
		near(t, "a piece without a limit", read(t, other, 256*kib), 0)
	})
}

func TestFakeSourceStallsAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := apptest.Package(t, apptest.Options{})
		s := apptest.NewSource(made, apptest.Behaviour{StallAfter: 1000})
		r := open(t, s, made.Whole())
		near(t, "the bytes before the stall", read(t, r, 1000), 0)
		time.AfterFunc(time.Hour, s.Resume)
		near(t, "a byte in the stall", read(t, r, 1), time.Hour)

		s.Stall()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := s.Open(ctx, made.Whole())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a stalled reader ended with %v, want the end of its context", err)
		}
		near(t, "the end of the context", time.Since(start), 5*time.Second)
	})
}

func TestFakeSourceDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := apptest.Package(t, apptest.Options{})
		s := apptest.NewSource(made, apptest.Behaviour{ID: "peer", Label: "somebody", DieAfter: 300 * kib})
		r := open(t, s, made.Whole())
		got, err := io.ReadAll(r)
		var p *app.Problem
		if !errors.As(err, &p) || p.Kind != app.SourceGone || p.Subject != "somebody" {
			t.Errorf("ended with %v; want SourceGone of somebody", err)
		}
		if len(got) != 300*kib || !bytes.HasPrefix(made.Run(made.Whole()), got) {
			t.Errorf("%d bytes before the end; want the first %d of the run", len(got), 300*kib)
		}
		if s.Sent() != 300*kib {
			t.Errorf("Sent() = %d", s.Sent())
		}
		if _, err := s.Open(t.Context(), app.Run{First: 0, Count: 1}); err != p {
			t.Errorf("Open of a dead source: %v; want %v", err, p)
		}
		if s.Window() != 0 {
			t.Error("a dead source wants to be asked")
		}
	})
}

func TestFakeSourceSendsWrongPieces(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	s := apptest.NewSource(made, apptest.Behaviour{WrongPieces: map[int]bool{2: true}})
	got, err := io.ReadAll(open(t, s, made.Whole()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range made.Pieces() {
		n := len(made.Piece(i))
		if right := made.Hashes.Matches(i, got[:n]); right != (i != 2) {
			t.Errorf("piece %d right = %v", i, right)
		}
		got = got[n:]
	}
}

func TestFakeSourceRefusesWhatItDoesNotHave(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	have := app.NewBitmap(made.Pieces())
	have.Set(3)
	s := apptest.NewSource(made, apptest.Behaviour{Have: have, Window: -1})
	for _, run := range []app.Run{{First: 3, Count: 2}, {First: 2, Count: 2}, {First: 3}, {First: -1, Count: 1}, {First: made.Pieces(), Count: 1}} {
		if _, err := s.Open(t.Context(), run); err == nil {
			t.Errorf("Open(%v) of a source with piece 3 only: no error", run)
		}
	}
	if _, err := io.ReadAll(open(t, s, app.Run{First: 3, Count: 1})); err != nil {
		t.Error(err)
	}
	if s.Window() != 0 {
		t.Errorf("Window() = %d, want 0", s.Window())
	}
	if n := len(s.Asked()); n != 6 {
		t.Errorf("%d runs asked, want 6", n)
	}
	if s.Readers() != 1 {
		t.Errorf("%d readers open, want 1", s.Readers())
	}
}

// heard is a sink that writes down what it hears.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, s)
}
func (h *heard) Found(s app.Source)   { h.add("found " + s.Info().ID) }
func (h *heard) Changed(s app.Source) { h.add(fmt.Sprint("changed ", s.Info().ID, " ", s.Window())) }
func (h *heard) Gone(id string, err error) {
	h.add(fmt.Sprint("gone ", id, " ", err != nil))
}

func (h *heard) Missed(id string, err error) { h.add("missed " + id) }

func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := apptest.Package(t, apptest.Options{})
		a := apptest.NewSource(made, apptest.Behaviour{ID: "a"})
		b := apptest.NewSource(made, apptest.Behaviour{ID: "b", DieAfter: 1})
		c := apptest.NewSource(made, apptest.Behaviour{ID: "c"})
		f := apptest.NewFinder(a)
		ctx, cancel := context.WithCancel(t.Context())
		sink := &heard{}
		done := make(chan error)
		go func() { done <- f.Find(ctx, app.Want{Package: made.Package}, sink) }()
		synctest.Wait()
		f.Add(b)
		f.Add(c)
		a.SetWindow(7)
		if _, err := io.ReadAll(open(t, b, made.Whole())); err == nil {
			t.Error("b did not die")
		}
		b.SetWindow(9) // of no interest any more
		f.Remove(c, nil)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Find: %v", err)
		}
		want := []string{"found a", "found b", "found c", "changed a 7", "gone b true", "gone c false", "gone a false"}
		if !slices.Equal(sink.lines, want) {
			t.Errorf("heard %q\nwant  %q", sink.lines, want)
		}
		if w := f.Wants(); len(w) != 1 || w[0].Package != made.Package {
			t.Errorf("Wants() = %v", w)
		}
	})
}

func TestPackage(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	var whole []byte
	for i := range made.Pieces() {
		if !made.Hashes.Matches(i, made.Piece(i)) {
			t.Errorf("piece %d does not match its hash", i)
		}
		whole = append(whole, made.Piece(i)...)
	}
	if !bytes.Equal(whole, made.Run(made.Whole())) || int64(len(whole)) != made.Package.Layout.Size() {
		t.Error("the pieces are not the package")
	}
	if bytes.Equal(made.Piece(0), made.Piece(1)) {
		t.Error("two pieces are the same")
	}
	buf := make([]byte, 10)
	if err := made.ReadPiece(1, buf, 5); err != nil || !bytes.Equal(buf, made.Piece(1)[5:15]) {
		t.Errorf("ReadPiece: %v", err)
	}
	if err := made.ReadPiece(1, buf, pack.MinPiece-9); err == nil {
		t.Error("ReadPiece beyond the piece: no error")
	}
	again := apptest.Package(t, apptest.Options{})
	if !bytes.Equal(again.List, made.List) {
		t.Error("the content of the same seed differs")
	}
	if other := apptest.Package(t, apptest.Options{Seed: 1}); bytes.Equal(other.List, made.List) {
		t.Error("the content of another seed is the same")
	}
}
