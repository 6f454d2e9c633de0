package p2p

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grove/app"
	"grove/app/apptest"
)

// TestSlotsFair: with 3 slots, 10 peers and turns of 30 s everybody holds a
// slot for about the same time (Jain's index; 1 is equal shares).
func TestSlotsFair(t *testing.T) {
	s := slots[int]{n: 3}
	now := time.Unix(0, 0)
	held := map[int]time.Duration{}
	for who := range 10 {
		s.join(who, now)
	}
	const step = time.Second
	for range 3600 {
		for _, h := range s.holders {
			held[h.who] += step
		}
		now = now.Add(step)
		s.rotate(now)
	}
	var sum, squares float64
	for who := range 10 {
		x := held[who].Seconds()
		sum += x
		squares += x * x
	}
	if jain := sum * sum / (10 * squares); jain < 0.99 {
		t.Errorf("Jain's index is %.3f over %v; want 0.99", jain, held)
	}
}

func TestSlotsTurns(t *testing.T) {
	s := slots[string]{n: 2}
	at := func(sec int) time.Time { return time.Unix(int64(sec), 0) }
	check := func(what string, got turnover[string], granted, revoked []string) {
		t.Helper()
		if !slices.Equal(got.granted, granted) || !slices.Equal(got.revoked, revoked) {
			t.Errorf("%s: granted %v, revoked %v; want %v, %v", what, got.granted, got.revoked, granted, revoked)
		}
	}
	check("a joins", s.join("a", at(0)), []string{"a"}, nil)
	check("a joins again", s.join("a", at(1)), nil, nil)
	check("b joins", s.join("b", at(10)), []string{"b"}, nil)
	if next := s.next(); !next.IsZero() {
		t.Errorf("next is %v while nobody waits", next)
	}
	check("a turn ends but nobody waits", s.rotate(at(31)), nil, nil)
	check("c waits", s.join("c", at(32)), nil, nil)
	if next := s.next(); next != at(30) {
		t.Errorf("next is %v; want the end of a's turn", next)
	}
	check("a is the oldest", s.rotate(at(33)), []string{"c"}, []string{"a"})
	check("b has not had its turn", s.rotate(at(34)), nil, nil)
	check("b leaves", s.leave("b", at(35)), []string{"a"}, nil)
	check("c leaves", s.leave("c", at(36)), nil, nil)
	check("a stranger leaves", s.leave("z", at(37)), nil, nil)
}

// TestSlotsHold: whatever happens, nobody is in twice, and nobody waits while
// a slot is free.
func TestSlotsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := slots[int]{n: rapid.IntRange(1, 4).Draw(t, "slots")}
		open := map[int]bool{}
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			who := rapid.IntRange(0, 8).Draw(t, "who")
			var got turnover[int]
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				got = s.join(who, now)
			case 1:
				got = s.leave(who, now)
				delete(open, who)
			default:
				got = s.rotate(now)
			}
			for _, who := range got.revoked {
				delete(open, who)
			}
			for _, who := range got.granted {
				open[who] = true
			}
			seen := slices.Clone(s.waiting)
			for _, h := range s.holders {
				seen = append(seen, h.who)
				if !open[h.who] {
					t.Fatalf("%d holds a slot it was not told of", h.who)
				}
			}
			slices.Sort(seen)
			if len(slices.Compact(slices.Clone(seen))) != len(seen) {
				t.Fatalf("somebody is in twice: %v", seen)
			}
			if len(open) != len(s.holders) || len(s.holders) > s.n || len(s.holders) < s.n && len(s.waiting) > 0 {
				t.Fatalf("%d told, %d hold, %d wait for %d slots", len(open), len(s.holders), len(s.waiting), s.n)
			}
		}
	})
}

// TestSlotPassedOn: with one slot the second peer waits, with a window of 0,
// until the first one leaves.
func TestSlotPassedOn(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed := newNode(t, func(c *Config) { c.Slots = 1 })
	serve(t, seed, made.Share())
	first, stopFirst := find(t, newNode(t), made, seed.Addrs()...)
	first.source(t, seed.ID())
	second, _ := find(t, newNode(t), made, seed.Addrs()...)
	second.until(t, "the second to see the seed", func() bool { return second.sources[seed.ID()] != nil })
	s := second.sources[seed.ID()]
	if w := s.Window(); w != 0 {
		t.Errorf("the window without a slot is %d; want 0", w)
	}
	_, err := s.Open(t.Context(), app.Run{First: 0, Count: 1})
	if p := app.AsProblem(err); p == nil || p.Kind != app.SourceBusy {
		t.Errorf("Open without a slot: %v; want SourceBusy", err)
	}
	stopFirst()
	if _, err := fetch(t.Context(), second.source(t, seed.ID()), made.Whole()); err != nil {
		t.Error(err)
	}
}

// TestSlotTaken: a run under way when the slot goes ends between two pieces,
// as busy.
func TestSlotTaken(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed := newNode(t)
	share := made.Share()
	var taker *session
	share.Pieces = readerFunc(func(i int, b []byte, off int64) error {
		if i == 2 { // while the third piece is being read
			taker.granted.Store(false)
		}
		return made.ReadPiece(i, b, off)
	})
	serve(t, seed, share)
	leech := newNode(t)
	r, _ := find(t, leech, made, seed.Addrs()...)
	s := r.source(t, seed.ID())
	taker = seed.sessionWith(leech.id, knowledgeOf(made.Package.ID, nil).tag)
	b, err := fetch(t.Context(), s, made.Whole())
	if p := app.AsProblem(err); p == nil || p.Kind != app.SourceBusy {
		t.Errorf("the run ended with %v; want SourceBusy", err)
	}
	if want := made.Run(app.Run{First: 0, Count: 3}); string(b) != string(want) {
		t.Errorf("%d bytes came; want the three whole pieces, %d", len(b), len(want))
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	var got []string
	for range 8 {
		got = append(got, b.next(0).String())
	}
	if want := "[1s 2s 4s 8s 16s 32s 1m0s 1m0s]"; fmt.Sprint(got) != want {
		t.Errorf("pauses are %v; want %s", got, want)
	}
	if p := b.next(1); p != 90*time.Second {
		t.Errorf("with all of the random part the pause is %v; want 90s", p)
	}
	b.lasted(time.Second)
	if p := b.next(0); p != time.Minute {
		t.Errorf("after a session of a second the pause is %v; want 1m", p)
	}
	b.lasted(time.Minute)
	if p := b.next(0); p != time.Second {
		t.Errorf("after a good session the pause is %v; want 1s", p)
	}
}

// TestSlotsWiden: what is given decides how many are served, within bounds, and
// nobody loses a slot when it falls.
func TestSlotsWiden(t *testing.T) {
	now := time.Unix(0, 0)
	s := slots[int]{n: leastSlots}
	for who := range 40 {
		s.join(who, now)
	}
	for _, c := range []struct {
		rate          float64
		granted, held int
	}{{0, 0, leastSlots}, {12 * slotRate, 4, 12}, {1000 * slotRate, mostSlots - 12, mostSlots}, {0, 0, mostSlots}} {
		if got := len(s.widen(c.rate, now).granted); got != c.granted || len(s.holders) != c.held {
			t.Errorf("at %.0f bytes a second %d more are served, %d in all; want %d and %d", c.rate, got, len(s.holders), c.granted, c.held)
		}
	}
}
