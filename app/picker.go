package app

import (
	"math/bits"
	"math/rand/v2"

	"grove/app/pack"
)

// picker chooses which pieces to ask a source for. Re-read this list when you
// change it; all of it must stay true:
//
//   - only wanted pieces that are neither verified nor in flight are chosen,
//     and a piece is in flight once, unless release gave it free because its
//     source stalled;
//   - the piece fewest neighbours have comes first (DESIGN 5.1);
//   - among equals a peer is asked for a random one, so that two downloaders
//     soon have something to swap; an HTTP server is asked for the next one
//     after its last, so that it reads forward, from a random start, so that
//     a crowd does not begin at the same piece;
//   - a run holds pieces of equal rarity only, so a long run never drags
//     common pieces along while rare ones wait;
//   - a run is cut to the bytes it was allowed, but is never empty when there
//     is a piece to ask for: one piece is always allowed.
//
// It knows no source, no clock and no rate: bitmaps and counts in, a run out.
type picker struct {
	layout *pack.Layout
	free   Bitmap   // wanted, not verified, not in flight
	rare   []uint16 // how many peers have the piece
	cursor int      // where an HTTP server goes on
	rng    *rand.Rand
}

func newPicker(layout *pack.Layout, wanted, have Bitmap, rng *rand.Rand) *picker {
	p := &picker{layout: layout, free: wanted.Clone(), rare: make([]uint16, layout.Pieces()), rng: rng}
	for i := range p.free.words {
		p.free.words[i] &^= have.words[i]
	}
	if n := layout.Pieces(); n > 0 {
		p.cursor = rng.IntN(n)
	}
	return p
}

// count changes how many peers have the pieces by which a neighbour's set
// moved from old to now.
func (p *picker) count(old, now Bitmap) {
	for w := range p.free.words {
		var o, n uint64
		if w < len(old.words) {
			o = old.words[w]
		}
		if w < len(now.words) {
			n = now.words[w]
		}
		for gained := n &^ o; gained != 0; gained &= gained - 1 {
			p.rare[w*64+bits.TrailingZeros64(gained)]++
		}
		for lost := o &^ n; lost != 0; lost &= lost - 1 {
			p.rare[w*64+bits.TrailingZeros64(lost)]--
		}
	}
}

// take marks a run as in flight.
func (p *picker) take(r Run) {
	for i := r.First; i < r.End(); i++ {
		p.free.Clear(i)
	}
}

// release makes piece i free to be asked for again.
func (p *picker) release(i int) { p.free.Set(i) }

// fromPeer returns the next run for a peer that has the pieces of have:
// rarest first, random among equals, at most limit bytes.
func (p *picker) fromPeer(have Bitmap, limit int64) (Run, bool) {
	least, seen, pick := uint16(0), 0, -1
	p.candidates(have, func(i int) {
		switch r := p.rare[i]; {
		case pick < 0 || r < least:
			least, seen, pick = r, 1, i
		case r == least:
			// Reservoir sampling keeps one of the equals, each as likely.
			if seen++; p.rng.IntN(seen) == 0 {
				pick = i
			}
		}
	})
	if pick < 0 {
		return Run{}, false
	}
	return p.extend(pick, have, limit), true
}

// fromServer returns the next run for an HTTP server: rarest first, and among
// equals the next one behind the last that was asked for.
func (p *picker) fromServer(have Bitmap, limit int64) (Run, bool) {
	least, pick, dist := uint16(0), -1, 0
	n := p.layout.Pieces()
	p.candidates(have, func(i int) {
		d := i - p.cursor
		if d < 0 {
			d += n
		}
		if r := p.rare[i]; pick < 0 || r < least || r == least && d < dist {
			least, pick, dist = r, i, d
		}
	})
	if pick < 0 {
		return Run{}, false
	}
	run := p.extend(pick, have, limit)
	p.cursor = run.End() % n
	return run, true
}

func (p *picker) candidates(have Bitmap, f func(i int)) {
	for w, word := range p.free.words {
		if w >= len(have.words) {
			return
		}
		for word &= have.words[w]; word != 0; word &= word - 1 {
			f(w*64 + bits.TrailingZeros64(word))
		}
	}
}

// extend grows a run from piece first over free pieces of the same rarity.
func (p *picker) extend(first int, have Bitmap, limit int64) Run {
	run := Run{First: first, Count: 1}
	bytes := p.layout.Span(first).Length
	for i := first + 1; i < p.layout.Pieces(); i++ {
		if !p.free.Has(i) || !have.Has(i) || p.rare[i] != p.rare[first] {
			break
		}
		if bytes += p.layout.Span(i).Length; bytes > limit {
			break
		}
		run.Count++
	}
	return run
}
