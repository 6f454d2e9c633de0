// Package sourcetest is the contract of app.Source as a test suite. Every
// implementation calls Run in a few lines, the fake included.
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// Harness is a fresh source that has every piece of the package it was made
// for, with the handles the suite needs on its far end. Whatever it takes is
// released by t.Cleanup. A nil handle skips the tests that need it.
type Harness struct {
	Source app.Source
	// Stall lets nothing more through, also not to runs under way, while
	// connections stay open; up to half of the package may still arrive.
	Stall func()
	// Kill makes the far end die: connections break, further ones fail.
	Kill func()
	// Change makes Have or Window change, if that is possible.
	Change func()
}

// Make makes a harness for one test; made is a package of a few MiB.
type Make func(t *testing.T, made *apptest.Made) Harness

// patience is how long anything that should happen soon may take, on a busy
// machine.
const patience = 10 * time.Second

// Run runs the suite, each test on a source of its own.
func Run(t *testing.T, newHarness Make) {
	small := apptest.Package(t, apptest.Options{})
	long := apptest.Package(t, apptest.Options{Name: "long", Sizes: map[string]int64{
		"long.bin": 48*pack.MinPiece - 1,
	}})
	for _, test := range []struct {
		name string
		made *apptest.Made
		run  func(t *testing.T, made *apptest.Made, h Harness)
	}{
		{"info and have", small, testInfo},
		{"bytes of runs", small, testRuns},
		{"small reads", small, testSmallReads},
		{"reads after the end", small, testAfterEnd},
		{"runs side by side", long, testSideBySide},
		{"early close", long, testEarlyClose},
		{"close while reading", long, testCloseWhileReading},
		{"context ended before", small, testContextBefore},
		{"context ends while reading", long, testContextWhileReading},
		{"death", long, testDeath},
		{"have is immutable", small, testHaveImmutable},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, test.made, newHarness(t, test.made)) })
	}
}

func testInfo(t *testing.T, made *apptest.Made, h Harness) {
	info := h.Source.Info()
	if info.ID == "" || info.Label == "" {
		t.Errorf("Info() = %+v: ID and Label must not be empty", info)
	}
	if info.Kind < app.KindPeer || info.Kind > app.KindMirror || info.Near < app.NearLAN || info.Near > app.NearAvoid {
		t.Errorf("Info() = %+v: Kind or Near is not in the list", info)
	}
	if again := h.Source.Info(); again != info {
		t.Errorf("Info() changed from %+v to %+v", info, again)
	}
	if have := h.Source.Have(); have.Len() != made.Pieces() || !have.Full() {
		t.Errorf("Have() holds %d of %d; want all %d", have.Count(), have.Len(), made.Pieces())
	}
	if w := h.Source.Window(); w <= 0 {
		t.Errorf("Window() = %d; a source that can be asked wants something", w)
	}
}

func testRuns(t *testing.T, made *apptest.Made, h Harness) {
	last := made.Pieces() - 1
	runs := []app.Run{
		{First: 0, Count: 1},
		{First: last, Count: 1},
		{First: 1, Count: 3},
		{First: last - 1, Count: 2},
		made.Whole(),
	}
	for f := range made.Package.Layout.Files() {
		first, end := made.Package.Layout.FilePieces(f)
		if end == first {
			continue
		}
		runs = append(runs, app.Run{First: end - 1, Count: 1}) // a short last piece
		if end <= last {
			runs = append(runs, app.Run{First: end - 1, Count: 2}) // across the border
		}
	}
	for _, run := range runs {
		if err := fetch(h.Source, made, run); err != nil {
			t.Error(err)
		}
	}
}

// fetch reads one run and compares it.
func fetch(s app.Source, made *apptest.Made, run app.Run) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := s.Open(ctx, run)
	if err != nil {
		return fmt.Errorf("Open(%v): %w", run, err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("run %v: after %d bytes: %w", run, len(got), err)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("run %v: Close: %w", run, err)
	}
	if want := made.Run(run); !bytes.Equal(got, want) {
		return fmt.Errorf("run %v: %d bytes came that are not the %d of the run", run, len(got), len(want))
	}
	return nil
}

func testSmallReads(t *testing.T, made *apptest.Made, h Harness) {
	run := app.Run{First: made.Pieces() - 2, Count: 2}
	r := open(t, h.Source, t.Context(), run)
	defer r.Close()
	want := made.Run(run)
	var got []byte
	for i := 0; ; i++ {
		buf := make([]byte, []int{0, 1, 3, 4093, 65536}[i%5])
		n, err := r.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		if n == 0 && len(buf) > 0 {
			t.Fatalf("Read of %d bytes gave none and no error", len(buf))
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes came that are not the %d of the run", len(got), len(want))
	}
}

func testAfterEnd(t *testing.T, made *apptest.Made, h Harness) {
	r := open(t, h.Source, t.Context(), app.Run{First: 0, Count: 1})
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := r.Read(make([]byte, 8)); n != 0 || err != io.EOF {
			t.Errorf("Read after the end = %d, %v; want 0, EOF", n, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n, err := r.Read(make([]byte, 8)); n != 0 || err == nil {
		t.Errorf("Read after Close = %d, %v; want an error", n, err)
	}
	_ = r.Close() // a second Close is allowed
}

func testSideBySide(t *testing.T, made *apptest.Made, h Harness) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for g := range 8 {
		readers.Go(func() {
			for k := range 3 {
				run := app.Run{First: (g*6 + k*2) % (made.Pieces() - 2), Count: 2}
				if err := fetch(h.Source, made, run); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// testEarlyClose: readers that are given up must leave nothing behind, so that
// later runs are served and no goroutines pile up.
func testEarlyClose(t *testing.T, made *apptest.Made, h Harness) {
	if err := fetch(h.Source, made, app.Run{First: 0, Count: 1}); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for i := range 64 {
		r := open(t, h.Source, t.Context(), app.Run{First: i % 8, Count: 8})
		if i%2 == 0 {
			if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
				t.Fatalf("reader %d: %v", i, err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatalf("Close of reader %d: %v", i, err)
		}
	}
	if err := fetch(h.Source, made, made.Whole()); err != nil {
		t.Errorf("after 64 readers were given up: %v", err)
	}
	// A source may keep a few connections and their goroutines.
	const kept = 16
	if !soon(func() bool { return runtime.NumGoroutine() <= before+kept }) {
		t.Errorf("%d goroutines before, %d after 64 readers were given up", before, runtime.NumGoroutine())
	}
}

func testCloseWhileReading(t *testing.T, made *apptest.Made, h Harness) {
	if h.Stall == nil {
		t.Skip("cannot be stalled")
	}
	r := open(t, h.Source, t.Context(), made.Whole())
	reading := stallMidway(t, h, r)
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := reading.wait(t); err == nil || err == io.EOF {
		t.Errorf("the reader that was closed ended with %v; want an error", err)
	}
}

func testContextBefore(t *testing.T, made *apptest.Made, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := h.Source.Open(ctx, made.Whole())
	if err != nil {
		return
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); err == nil {
		t.Errorf("%d bytes came though the context had ended", n)
	}
}

func testContextWhileReading(t *testing.T, made *apptest.Made, h Harness) {
	if h.Stall == nil {
		t.Skip("cannot be stalled")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := open(t, h.Source, ctx, made.Whole())
	defer r.Close()
	reading := stallMidway(t, h, r)
	cancel()
	if err := reading.wait(t); !errors.Is(err, context.Canceled) {
		t.Errorf("the reader ended with %v; want context.Canceled in its chain", err)
	}
}

func testDeath(t *testing.T, made *apptest.Made, h Harness) {
	if h.Kill == nil || h.Stall == nil {
		t.Skip("cannot be killed")
	}
	r := open(t, h.Source, t.Context(), made.Whole())
	defer r.Close()
	reading := stallMidway(t, h, r)
	h.Kill()
	err := reading.wait(t)
	var p *app.Problem
	if !errors.As(err, &p) {
		t.Errorf("the reader ended with %v; want an *app.Problem", err)
	}
	if want := made.Run(made.Whole()); !bytes.HasPrefix(want, reading.got) {
		t.Errorf("the %d bytes before the end are not those of the run", len(reading.got))
	}
	err = fetch(h.Source, made, app.Run{First: 0, Count: 1})
	if p = nil; !errors.As(err, &p) {
		t.Errorf("a run asked of the dead source ended with %v; want an *app.Problem", err)
	}
}

func testHaveImmutable(t *testing.T, made *apptest.Made, h Harness) {
	have := h.Source.Have()
	before := have.Bytes()
	if err := fetch(h.Source, made, made.Whole()); err != nil {
		t.Error(err)
	}
	if h.Change != nil {
		h.Change()
	}
	if !bytes.Equal(before, have.Bytes()) {
		t.Error("the set that Have returned changed afterwards")
	}
}

func open(t *testing.T, s app.Source, ctx context.Context, run app.Run) io.ReadCloser {
	t.Helper()
	r, err := s.Open(ctx, run)
	if err != nil {
		t.Fatalf("Open(%v): %v", run, err)
	}
	return r
}

// reading is a goroutine that reads to the end of a reader.
type reading struct {
	done chan struct{}
	got  []byte // after done
	err  error  // after done; nil for EOF
}

// stallMidway reads the first bytes of r, stalls its source and goes on
// reading, which must not end by itself.
func stallMidway(t *testing.T, h Harness, r io.Reader) *reading {
	t.Helper()
	first := make([]byte, 1000)
	if _, err := io.ReadFull(r, first); err != nil {
		t.Fatalf("the first bytes: %v", err)
	}
	h.Stall()
	g := &reading{done: make(chan struct{}), got: first}
	go func() {
		defer close(g.done)
		rest, err := io.ReadAll(r)
		g.got, g.err = append(g.got, rest...), err
	}()
	return g
}

// wait returns how the reading ended: an error, or EOF when all was read.
func (g *reading) wait(t *testing.T) error {
	t.Helper()
	select {
	case <-g.done:
	case <-time.After(patience):
		t.Fatalf("a Read did not end within %v", patience)
	}
	if g.err == nil {
		return io.EOF
	}
	return g.err
}

// soon polls, because the end of a goroutine announces itself to nobody.
func soon(ok func() bool) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
