package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"grove/app/pack"
)

func pick(sizes ...int64) *picker {
	l := pack.NewLayout(pack.MinPiece, sizes)
	return newPicker(l, FullBitmap(l.Pieces()), NewBitmap(l.Pieces()), "", rand.New(rand.NewPCG(1, 2)))
}

func set(n int, pieces ...int) Bitmap {
	b := NewBitmap(n)
	for _, i := range pieces {
		b.Set(i)
	}
	return b
}

func TestPickerRarestFirst(t *testing.T) {
	p := pick(10 * pack.MinPiece)
	for _, have := range []Bitmap{set(10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), set(10, 0, 1, 2, 3, 5, 6, 7, 8, 9), set(10, 0, 1, 2, 3)} {
		p.count(everybody, Bitmap{}, have)
	}
	run, ok := p.fromPeer(FullBitmap(10), nobody, everybody, 8<<20)
	if !ok || run != (Run{4, 1}) {
		t.Errorf("asked for %s, piece 4 is the rarest", run)
	}
	p.take(run)
	if run, _ = p.fromPeer(FullBitmap(10), nobody, everybody, 8<<20); run.First < 5 || p.rare(run.First) != 2 {
		t.Errorf("then for %s", run)
	}
	// Somebody leaves: what only he shared with one other becomes rarest.
	p.count(everybody, set(10, 0, 1, 2, 3, 5, 6, 7, 8, 9), Bitmap{})
	p.count(everybody, set(10, 0, 1, 2, 3), Bitmap{})
	if run, _ = p.fromServer(FullBitmap(10), nobody, everybody, 1); p.rare(run.First) != 1 || run.Count != 1 {
		t.Errorf("a run of at most one byte is %s", run)
	}
}

func TestPickerServerReadsForward(t *testing.T) {
	p := pick(64 * pack.MinPiece)
	have := FullBitmap(64)
	run, _ := p.fromServer(have, nobody, everybody, 4*pack.MinPiece)
	for {
		p.take(run)
		at := run.End() % 64
		next, ok := p.fromServer(have, nobody, everybody, 4*pack.MinPiece)
		if !ok {
			break
		}
		if next.First != at {
			t.Fatalf("after %s came %s", run, next)
		}
		run = next
	}
	if p.free.Count() != 0 {
		t.Errorf("%d pieces were never asked for", p.free.Count())
	}
}

func TestPickerPeersAreAskedForDifferentPieces(t *testing.T) {
	first := map[int]bool{}
	for seed := range uint64(20) {
		l := pack.NewLayout(pack.MinPiece, []int64{100 * pack.MinPiece})
		p := newPicker(l, FullBitmap(100), NewBitmap(100), "", rand.New(rand.NewPCG(seed, 0)))
		run, _ := p.fromPeer(FullBitmap(100), nobody, everybody, pack.MinPiece)
		first[run.First] = true
	}
	if len(first) < 12 {
		t.Errorf("20 downloaders began at %d different pieces", len(first))
	}
}

// TestPickerNeverLosesOrDoublesAPiece: whatever is taken, released and had in
// whatever order, a run holds only pieces that are free and had by the
// source, and everything wanted is offered in the end.
func TestPickerNeverLosesOrDoublesAPiece(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 130).Draw(t, "pieces")
		l := pack.NewLayout(pack.MinPiece, []int64{int64(n)*pack.MinPiece - 5})
		wanted, done, flying := NewBitmap(n), NewBitmap(n), NewBitmap(n)
		for i := range n {
			if rapid.Bool().Draw(t, "want") {
				wanted.Set(i)
			}
		}
		p := newPicker(l, wanted, done, "", rand.New(rand.NewPCG(7, 7)))
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			have := NewBitmap(n)
			for i := range n {
				if rapid.IntRange(0, 3).Draw(t, "has") > 0 {
					have.Set(i)
				}
			}
			limit := rapid.Int64Range(1, 2<<20).Draw(t, "limit")
			from := p.fromPeer
			if rapid.Bool().Draw(t, "server") {
				from = p.fromServer
			}
			run, ok := from(have, nobody, everybody, limit)
			if ok {
				for i := run.First; i < run.End(); i++ {
					if !wanted.Has(i) || !have.Has(i) || done.Has(i) || flying.Has(i) {
						t.Fatalf("run %s holds piece %d", run, i)
					}
				}
				if run.Count > 1 && l.RunBytes(run.First, run.Count) > limit {
					t.Fatalf("run %s is longer than %d bytes", run, limit)
				}
				p.take(run)
				for i := run.First; i < run.End(); i++ {
					if rapid.Bool().Draw(t, "arrives") {
						done.Set(i)
					} else {
						flying.Set(i)
					}
				}
			}
			flying.Each(func(i int) bool {
				if rapid.Bool().Draw(t, "lost") {
					flying.Clear(i)
					p.release(i)
				}
				return true
			})
		}
		flying.Each(func(i int) bool { p.release(i); return true })
		for {
			run, ok := p.fromServer(FullBitmap(n), nobody, everybody, 1<<20)
			if !ok {
				break
			}
			p.take(run)
			for i := run.First; i < run.End(); i++ {
				done.Set(i)
			}
		}
		if !done.Contains(wanted) || !wanted.Contains(done) {
			t.Fatalf("wanted %d pieces, got %d", wanted.Count(), done.Count())
		}
	})
}

func TestBitmapBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		b := NewBitmap(n)
		for i := range n {
			if rapid.Bool().Draw(t, "bit") {
				b.Set(i)
			}
		}
		got, err := ParseBitmap(n, b.Bytes())
		if err != nil || !got.Contains(b) || !b.Contains(got) || got.Count() != b.Count() {
			t.Fatalf("%v became %v, %v", b, got, err)
		}
		if n%8 != 0 {
			raw := b.Bytes()
			raw[len(raw)-1] |= 0x80
			if _, err := ParseBitmap(n, raw); err == nil {
				t.Fatal("a bit beyond the end was accepted")
			}
		}
	})
}

// TestPickerDealsOut: all who know each other split a package the same way,
// evenly, and who leaves moves nothing but his own lot.
func TestPickerDealsOut(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	l := pack.NewLayout(pack.MinPiece, []int64{512 * pack.MinPiece})
	pickers := map[string]*picker{}
	for _, me := range names {
		p := newPicker(l, FullBitmap(512), NewBitmap(512), me, rand.New(rand.NewPCG(1, 2)))
		for _, other := range names {
			if other != me {
				p.meet(other, everybody)
			}
		}
		pickers[me] = p
	}
	ownerIn := func(me string, i int) string {
		p := pickers[me]
		if o := p.owner(everybody, i); o != mine {
			return p.rivals[o].id
		}
		return me
	}
	lot := map[string]int{}
	for i := range 512 {
		owner := ownerIn("a", i)
		lot[owner]++
		for me := range pickers {
			if got := ownerIn(me, i); got != owner {
				t.Fatalf("piece %d is %s's for a and %s's for %s", i, owner, got, me)
			}
		}
	}
	for _, n := range names {
		if lot[n] < 16 || lot[n] > 160 {
			t.Errorf("%s's lot is %d of 512", n, lot[n])
		}
	}
	before := make([]string, 512)
	for i := range before {
		before[i] = ownerIn("a", i)
	}
	pickers["a"].part("c")
	for i := range before {
		if got := ownerIn("a", i); got == "c" || before[i] != "c" && got != before[i] {
			t.Fatalf("without c, piece %d went from %s to %s", i, before[i], got)
		}
	}
}

// TestPickerCrowdFetchesOnce: eight that begin together and hear of each other's
// runs one step late ask a server for hardly anything twice.
func TestPickerCrowdFetchesOnce(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	const n = 512
	l := pack.NewLayout(pack.MinPiece, []int64{n * pack.MinPiece})
	var crowd []*picker
	for i, me := range names {
		p := newPicker(l, FullBitmap(n), NewBitmap(n), me, rand.New(rand.NewPCG(uint64(i), 2)))
		for _, other := range names {
			if other != me {
				p.meet(other, everybody)
			}
		}
		crowd = append(crowd, p)
	}
	type fetch struct {
		who int
		run Run
	}
	var late []fetch
	asked, seen := 0, NewBitmap(n)
	for busy := true; busy; {
		busy = false
		var now []fetch
		for i, p := range crowd {
			run, ok := p.fromServer(FullBitmap(n), everybody, everybody, 2*pack.MinPiece)
			if ok && p.owner(everybody, run.First) != mine {
				run, ok = p.help(FullBitmap(n), everybody, everybody, leaveToOwner)
			}
			if ok {
				busy = true
				p.take(run)
				now = append(now, fetch{i, run})
				for j := run.First; j < run.End(); j++ {
					asked++
					seen.Set(j)
				}
			}
		}
		for _, f := range late {
			told := NewBitmap(n)
			for j := f.run.First; j < f.run.End(); j++ {
				told.Set(j)
			}
			for i, p := range crowd {
				if i != f.who {
					p.count(everybody, Bitmap{}, told)
				}
			}
		}
		late = now
	}
	if twice := asked - seen.Count(); twice > n*3/100 {
		t.Errorf("%d of %d pieces were asked for twice", twice, n)
	}
	if !seen.Full() {
		t.Errorf("%d of %d pieces were asked for", seen.Count(), n)
	}
}

// TestPickerCircles: what the cheaper have or are getting is not offered, and
// what only one has is scarce.
func TestPickerCircles(t *testing.T) {
	p := pick(4 * pack.MinPiece)
	p.count(circle(NearLAN), Bitmap{}, set(4, 0))
	p.count(circle(NearNet), Bitmap{}, set(4, 1))
	p.count(circle(NearFar), Bitmap{}, set(4, 2))
	for but, want := range map[circle]int{nobody: 4, circle(NearLAN): 3, circle(NearNet): 2, everybody: 1} {
		got := 0
		p.candidates(FullBitmap(4), but, func(int) { got++ })
		if got != want {
			t.Errorf("but for circle %d there are %d pieces, want %d", but, got, want)
		}
	}
	if run, ok := p.scarce(FullBitmap(4)); ok {
		t.Errorf("%s is scarce, and is only on its way to somebody", run)
	}
	p.hold(Bitmap{}, set(4, 0, 2))
	if run, ok := p.scarce(FullBitmap(4)); !ok || run != (Run{2, 1}) {
		t.Errorf("%s is scarce, %v; piece 2 is, piece 0 is in the next room", run, ok)
	}
}

// TestPickerDealsAmongTheNear: what comes from far away is dealt out among those
// who are near, and among all where nobody is.
func TestPickerDealsAmongTheNear(t *testing.T) {
	l := pack.NewLayout(pack.MinPiece, []int64{512 * pack.MinPiece})
	p := newPicker(l, FullBitmap(512), NewBitmap(512), "a", rand.New(rand.NewPCG(1, 2)))
	net := circle(NearNet)
	p.meet("far", everybody)
	if got := p.table(net); got != everybody {
		t.Errorf("with nobody near, circle %d deals", got)
	}
	p.meet("near", net)
	if got := p.table(net); got != net {
		t.Errorf("with somebody near, circle %d deals", got)
	}
	lots := map[int]int{}
	for i := range 512 {
		lots[p.owner(net, i)]++
	}
	if lots[0] != 0 || lots[1] < 128 || lots[mine] < 128 {
		t.Errorf("lots among the near, by rival: %v", lots)
	}
	p.part("near")
	if got := p.table(net); got != everybody {
		t.Errorf("after he left, circle %d deals", got)
	}
}

// TestPickerBeginsApart: twenty who know only one other of them ask a server for
// different things all the same.
func TestPickerBeginsApart(t *testing.T) {
	const n, crowd = 512, 20
	l := pack.NewLayout(pack.MinPiece, []int64{n * pack.MinPiece})
	first := map[int]bool{}
	for i := range crowd {
		p := newPicker(l, FullBitmap(n), NewBitmap(n), fmt.Sprint("peer", i), rand.New(rand.NewPCG(uint64(i), 2)))
		p.meet(fmt.Sprint("peer", (i+1)%crowd), everybody)
		run, ok := p.fromServer(FullBitmap(n), everybody, everybody, 2*pack.MinPiece)
		if !ok {
			t.Fatal("nothing to ask for")
		}
		first[run.First] = true
	}
	if len(first) < crowd-4 {
		t.Errorf("%d begin with %d pieces", crowd, len(first))
	}
}
