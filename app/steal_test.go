package app

import (
	"testing"

	"grove/app/pack"
)

// TestNotBegun: what a source sent, or gave to its system to send, is not taken
// back, in the order in which it was asked; a flight may be over, also the last.
func TestNotBegun(t *testing.T) {
	const piece = pack.MinPiece
	l := pack.NewLayout(piece, []int64{16*piece - 100})
	for _, c := range []struct {
		name    string
		rate    float64 // bytes a second
		flights map[flightID]*flight
		id      flightID
		want    int
	}{
		{"nothing came, quick", 10e6, map[flightID]*flight{1: {run: Run{0, 8}}}, 1, 2},
		{"nothing came, slow", 1, map[flightID]*flight{1: {run: Run{0, 8}}}, 1, 1},
		{"half of one came", 1, map[flightID]*flight{1: {run: Run{0, 8}, next: 2, seen: 2*piece + piece/2, pieces: 2 * piece}}, 1, 3},
		{"another goes first", 10e6, map[flightID]*flight{1: {run: Run{0, 4}}, 2: {run: Run{8, 4}, next: 8}}, 2, 8},
		{"another is nearly done", 10e6, map[flightID]*flight{1: {run: Run{0, 1}, seen: piece - 1}, 2: {run: Run{8, 4}, next: 8}}, 2, 9},
		{"another came later", 10e6, map[flightID]*flight{1: {run: Run{8, 4}, next: 8}, 2: {run: Run{0, 4}}}, 1, 10},
		{"all began", 10e6, map[flightID]*flight{1: {run: Run{14, 2}, next: 15}}, 1, 16},
		{"the last is over", 10e6, map[flightID]*flight{1: {run: Run{14, 2}, next: 16, seen: 2*piece - 100, pieces: 2*piece - 100}}, 1, 16},
		{"another is over", 10e6, map[flightID]*flight{1: {run: Run{14, 2}, next: 16, seen: 2*piece - 100, pieces: 2*piece - 100}, 2: {run: Run{8, 4}, next: 8}}, 2, 10},
	} {
		from := &feed{rate: speed{value: c.rate}}
		for _, fl := range c.flights {
			fl.from = from
		}
		d := &download{picker: &picker{layout: l}, flights: c.flights}
		if got := d.notBegun(c.id, c.flights[c.id]); got != c.want {
			t.Errorf("%s: from %d on, not %d", c.name, got, c.want)
		}
	}
}

// TestTakenBackAndHere: a piece that was taken back from a source, and came from
// it all the same, is not counted out twice.
func TestTakenBackAndHere(t *testing.T) {
	const piece = pack.MinPiece
	f := &feed{inflight: piece}
	fl := &flight{from: f, run: Run{0, 1}} // of two pieces
	fl.land(0, piece)
	fl.land(1, piece)
	if f.inflight != 0 {
		t.Errorf("%d bytes are under way", f.inflight)
	}
}
