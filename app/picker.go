package app

import (
	"cmp"
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
	"slices"

	"grove/app/pack"
)

// picker chooses which pieces to ask a source for. Re-read this list when you
// change it; all of it must stay true:
//
//   - only wanted pieces that are neither verified nor in flight are chosen,
//     and a piece is in flight once, unless release gave it free because its
//     source stalled;
//   - the piece fewest neighbours have or are getting comes first (DESIGN
//     5.1);
//   - among equals, those of this computer's lot: a crowd splits a package by
//     a hash that all of it know, so that two seldom begin the same piece
//     before they heard of each other;
//   - among those a peer is asked for a random one, and an HTTP server for the
//     next one after its last, so that it reads forward, from a random start;
//   - a run holds pieces of equal rarity and of one lot only, so a long run
//     never drags common pieces along while rare ones wait;
//   - a run is cut to the bytes it was allowed, but is never empty when there
//     is a piece to ask for: one piece is always allowed.
//
// It knows no source, no clock and no rate: bitmaps and counts in, a run out.
type picker struct {
	layout *pack.Layout
	free   Bitmap // wanted, not verified, not in flight
	// near[c] is how many peers of circle c have the piece or are getting it.
	near   [circles][]uint16
	had    []uint16 // how many peers have it
	self   uint64   // nameHash of this computer
	rivals []rival  // neighbours that download too
	block  int      // pieces that are dealt out together
	// owners[c] is, of each block, the rival whose lot it is among those of circle
	// c, or mine; nil until somebody asks.
	owners [circles][]int
	cursor int // where an HTTP server goes on
	rng    *rand.Rand
}

// circle is who is at least as near as a Nearness; 0 is nobody.
type circle uint8

const (
	nobody    circle = 0
	everybody        = circle(NearAvoid)
	circles          = int(everybody) + 1
)

// blocks is how many parts a package is dealt out in. Fewer would leave a
// crowd of thirty with nothing to divide, more would make the runs of an HTTP
// server short.
const blocks = 256

func newPicker(layout *pack.Layout, wanted, have Bitmap, self string, rng *rand.Rand) *picker {
	n := layout.Pieces()
	p := &picker{layout: layout, free: wanted.Clone(), had: make([]uint16, n), self: nameHash(self), block: max(1, n/blocks), rng: rng}
	for c := range p.near {
		p.near[c] = make([]uint16, n)
	}
	for i := range p.free.words {
		p.free.words[i] &^= have.words[i]
	}
	if n > 0 {
		p.cursor = rng.IntN(n)
	}
	return p
}

// rare is how many peers have piece i or are getting it.
func (p *picker) rare(i int) uint16 { return p.near[everybody][i] }

// count moves the set of pieces that a neighbour in circle c has or is getting
// from old to now.
func (p *picker) count(c circle, old, now Bitmap) {
	p.eachChange(old, now, func(i int, by uint16) {
		for k := max(c, 1); k <= everybody; k++ {
			p.near[k][i] += by
		}
	})
}

// hold moves the set of pieces that a neighbour has from old to now.
func (p *picker) hold(old, now Bitmap) {
	p.eachChange(old, now, func(i int, by uint16) { p.had[i] += by })
}

// eachChange calls f with 1 for every piece that is new in now, and with minus
// one, modulo 1<<16, for every one that is no longer in it.
func (p *picker) eachChange(old, now Bitmap, f func(i int, by uint16)) {
	for w := range p.free.words {
		var o, n uint64
		if w < len(old.words) {
			o = old.words[w]
		}
		if w < len(now.words) {
			n = now.words[w]
		}
		for gained := n &^ o; gained != 0; gained &= gained - 1 {
			f(w*64+bits.TrailingZeros64(gained), 1)
		}
		for lost := o &^ n; lost != 0; lost &= lost - 1 {
			f(w*64+bits.TrailingZeros64(lost), ^uint16(0))
		}
	}
}

// mine is the owner of what this computer should fetch first.
const mine = -1

// rival is a neighbour that downloads too.
type rival struct {
	id   string
	hash uint64
	in   circle
}

// meet adds a rival of circle in, and part takes one away.
func (p *picker) meet(id string, in circle) {
	if !slices.ContainsFunc(p.rivals, func(r rival) bool { return r.id == id }) {
		p.rivals = append(p.rivals, rival{id, nameHash(id), in})
		clear(p.owners[:])
	}
}

func (p *picker) part(id string) {
	n := len(p.rivals)
	if p.rivals = slices.DeleteFunc(p.rivals, func(r rival) bool { return r.id == id }); len(p.rivals) < n {
		clear(p.owners[:])
	}
}

// deal gives each block to whoever of this computer and its rivals in circle c the
// hash says (highest random weight: Thaler, Ravishankar, 1998): all who know each
// other come to the same result, and who comes or goes moves nothing but his
// own lot. What comes from far away is dealt out among those who are near.
func (p *picker) deal(c circle) []int {
	owners := make([]int, (p.layout.Pieces()+p.block-1)/p.block)
	for b := range owners {
		at := mix(uint64(b))
		owners[b] = mine
		most := mix(p.self ^ at)
		for i, r := range p.rivals {
			if r.in > c {
				continue
			}
			if w := mix(r.hash ^ at); w > most {
				owners[b], most = i, w
			}
		}
	}
	return owners
}

// table is who deals out what comes from beyond circle c: those in it who
// download too, or else everybody, so that all ask for different things first.
func (p *picker) table(c circle) circle {
	if slices.ContainsFunc(p.rivals, func(r rival) bool { return r.in <= c }) {
		return c
	}
	return everybody
}

// owner is whose lot piece i is among those of circle c.
func (p *picker) owner(c circle, i int) int {
	if p.owners[c] == nil {
		p.owners[c] = p.deal(c)
	}
	return p.owners[c][i/p.block]
}

func nameHash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// mix is the finalizer of splitmix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// take marks a run as in flight.
func (p *picker) take(r Run) {
	for i := r.First; i < r.End(); i++ {
		p.free.Clear(i)
	}
}

// release makes piece i free to be asked for again.
func (p *picker) release(i int) { p.free.Set(i) }

// class is the order of pieces: rarity, then whose lot they are among those of a
// circle.
func (p *picker) class(among circle, i int) uint32 {
	c := uint32(p.rare(i)) << 1
	if p.owner(among, i) != mine {
		c++
	}
	return c
}

// fromPeer returns the next run for a peer that has the pieces of have, of
// those that nobody in but has or is getting: at most limit bytes. Lots are those
// among a circle.
func (p *picker) fromPeer(have Bitmap, but, among circle, limit int64) (Run, bool) {
	least, seen, pick := uint32(0), 0, -1
	p.candidates(have, but, func(i int) {
		switch c := p.class(among, i); {
		case pick < 0 || c < least:
			least, seen, pick = c, 1, i
		case c == least:
			// Reservoir sampling keeps one of the equals, each as likely.
			if seen++; p.rng.IntN(seen) == 0 {
				pick = i
			}
		}
	})
	if pick < 0 {
		return Run{}, false
	}
	return p.extend(pick, have, but, among, limit), true
}

// soleGiver reports whether there is a piece, but those of mine, that a single
// peer has.
func (p *picker) soleGiver(mine Bitmap) bool {
	for i, n := range p.had {
		if n == 1 && !mine.Has(i) {
			return true
		}
	}
	return false
}

// fromServer returns the next run for an HTTP server: among equals the next one
// behind the last that was asked for, and of its own lot of what nobody has
// yet the first one behind start, so that others know where it will be last.
func (p *picker) fromServer(have Bitmap, but, among circle, limit int64) (Run, bool) {
	least, pick, dist := uint32(0), -1, 0
	p.candidates(have, but, func(i int) {
		from := p.start(p.self)
		if p.rare(i) > 0 || len(p.rivals) == 0 {
			from = p.cursor
		}
		d := p.after(from, i)
		if c := p.class(among, i); pick < 0 || c < least || c == least && d < dist {
			least, pick, dist = c, i, d
		}
	})
	if pick < 0 {
		return Run{}, false
	}
	run := p.extend(pick, have, but, among, limit)
	p.cursor = run.End() % p.layout.Pieces()
	return run, true
}

// help returns a piece, for an HTTP server, of what nobody has yet and is in the
// lots of rivals: any but the next few of each, which the owner, who reads
// forward, will have begun before he hears of it. So who has most left is
// helped most.
func (p *picker) help(have Bitmap, but, among circle, leave int) (Run, bool) {
	lots := make([][]int, len(p.rivals))
	p.candidates(have, but, func(i int) {
		if o := p.owner(among, i); o != mine && p.rare(i) == 0 {
			lots[o] = append(lots[o], i)
		}
	})
	var all []int
	for o, lot := range lots {
		if len(lot) > leave {
			start := p.start(p.rivals[o].hash)
			slices.SortFunc(lot, func(a, b int) int { return cmp.Compare(p.after(start, a), p.after(start, b)) })
			all = append(all, lot[leave:]...)
		}
	}
	if len(all) == 0 {
		return Run{}, false
	}
	return Run{all[p.rng.IntN(len(all))], 1}, true
}

// start is the piece at which whoever has this hash begins to read his lot from
// servers: not all at the first one, which those who know few others yet all
// think theirs.
func (p *picker) start(hash uint64) int { return int(hash % uint64(p.layout.Pieces())) }

// after is how far behind start piece i is, round the end.
func (p *picker) after(start, i int) int {
	if i < start {
		return i - start + p.layout.Pieces()
	}
	return i - start
}

// scarce returns a piece for an HTTP server that one peer has and nobody else
// is getting, and nobody on the local network.
func (p *picker) scarce(have Bitmap) (Run, bool) {
	seen, pick := 0, -1
	p.candidates(have, circle(NearLAN), func(i int) {
		if p.had[i] == 1 && p.rare(i) == 1 {
			if seen++; p.rng.IntN(seen) == 0 {
				pick = i
			}
		}
	})
	return Run{pick, 1}, pick >= 0
}

func (p *picker) candidates(have Bitmap, but circle, f func(i int)) {
	inner := p.near[but]
	for w, word := range p.free.words {
		if w >= len(have.words) {
			return
		}
		for word &= have.words[w]; word != 0; word &= word - 1 {
			if i := w*64 + bits.TrailingZeros64(word); inner[i] == 0 {
				f(i)
			}
		}
	}
}

// extend grows a run from piece first over free pieces of the same class.
func (p *picker) extend(first int, have Bitmap, but, among circle, limit int64) Run {
	run := Run{First: first, Count: 1}
	bytes := p.layout.Span(first).Length
	for i := first + 1; i < p.layout.Pieces(); i++ {
		if !p.free.Has(i) || !have.Has(i) || p.class(among, i) != p.class(among, first) || p.near[but][i] > 0 {
			break
		}
		if bytes += p.layout.Span(i).Length; bytes > limit {
			break
		}
		run.Count++
	}
	return run
}
