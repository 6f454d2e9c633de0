package app

import (
	"math/rand/v2"
	"sort"
	"time"
)

type flightID uint64

// download is a transfer while its pieces move: who has what, what was asked
// of whom, and what came.
type download struct {
	wanted Bitmap // pieces of the selected files
	have   Bitmap // verified and written
	left   int64  // bytes wanted and not had
	picker *picker

	feeds  map[string]*feed
	missed map[string]*Problem // who could not be reached, and why
	// askingNear: somebody on the local network may turn out to have it.
	askingNear bool
	flights    map[flightID]*flight

	since     time.Time // start of Downloading
	ended     time.Time // the payload is in its place
	lastByte  time.Time
	lastSave  time.Time
	dirty     int64 // bytes written since the last checkpoint began
	saving    bool
	finishing bool

	peers, origin, leftRate speed
	bestOrigin              float64 // what the origin gave when asked flat out
}

// feed is a source as the state sees it.
type feed struct {
	info      SourceInfo
	have      Bitmap
	window    int64 // bytes it wants under way
	connected bool
	since     time.Time // it was found
	inflight  int64     // bytes asked for and not yet arrived
	rate      speed
	fresh     int64 // bytes that arrived since the last tick
	got       int64 // verified
	wasted    int64
	lastByte  time.Time // or when it was first asked after being idle
	stalled   bool
	faults    int // in a row
	lies      int // pieces with wrong bytes
	retryAt   time.Time
	problem   *Problem
}

// flight is one run that a source was asked for.
type flight struct {
	source string
	run    Run
	next   int   // the first piece that has not arrived
	seen   int64 // bytes that arrived, of all its pieces
	pieces int64 // bytes of the pieces that arrived whole
}

const (
	tickEvery       = 250 * time.Millisecond
	stallAfter      = 5 * time.Second // DESIGN 5.1
	noSourceAfter   = 10 * time.Second
	checkpointEvery = time.Second
	checkpointBytes = 64 << 20
	roomEvery       = 10 * time.Second
	flatOut         = 3 * time.Second // the origin is asked without regard to a floor
	maxPeerRun      = 4 << 20
	maxServerRun    = 8 << 20
	// firstAsk is how many bytes are under way at a source of which nothing is
	// known; twice what it delivers is added until its rate is.
	firstAsk = 512 << 10
	// aheadTime is how much of its rate a source is asked for ahead. More would
	// leave a long tail at a slow source, less would leave a fast one idle.
	aheadTime = time.Second
	// liesAllowed is how often a server may send wrong bytes; a peer never.
	liesAllowed = 1
	// duplicateShare is the part of a package that may be asked for twice at
	// the end, when somebody else would be much faster.
	duplicateShare = 0.015
)

func newDownload(t *transfer, rng *rand.Rand, now time.Time, have Bitmap) *download {
	l := t.desc.Package.Layout
	d := &download{wanted: wantedPieces(t.desc, t.rec.Selected), have: have,
		feeds: map[string]*feed{}, missed: map[string]*Problem{}, flights: map[flightID]*flight{},
		since: now, lastByte: now, lastSave: now, leftRate: speed{half: leftHalf}}
	d.wanted.Each(func(i int) bool {
		if !have.Has(i) {
			d.left += l.Span(i).Length
		}
		return true
	})
	d.picker = newPicker(l, d.wanted, have, rng)
	return d
}

// wantedPieces is the pieces of the selected files; nil selects all.
func wantedPieces(desc *Described, selected []int) Bitmap {
	l := desc.Package.Layout
	if selected == nil {
		return FullBitmap(l.Pieces())
	}
	b := NewBitmap(l.Pieces())
	for _, f := range selected {
		first, end := l.FilePieces(f)
		for i := first; i < end; i++ {
			b.Set(i)
		}
	}
	return b
}

// advance does whatever is due: finish, checkpoint, ask.
func (d *download) advance(t *transfer, s *state, now time.Time) []effect {
	if t.leaving || d.finishing {
		return nil
	}
	if d.left == 0 {
		d.finishing = true
		var fx []effect
		for id := range d.flights {
			fx = append(fx, fxTrim{t.rec.ID, id, 0})
		}
		return append(fx, fxFinish{t.rec})
	}
	var fx []effect
	if !d.saving && d.dirty > 0 && (d.dirty >= checkpointBytes || now.Sub(d.lastSave) >= checkpointEvery) {
		d.saving, d.dirty, d.lastSave = true, 0, now
		fx = append(fx, fxCheckpoint{t.rec})
	}
	return append(fx, d.ask(t, s, now)...)
}

// ask gives every source with room something to do, the cheapest first.
func (d *download) ask(t *transfer, s *state, now time.Time) []effect {
	var fx []effect
	for _, f := range d.inOrder() {
		if f.info.Kind != KindPeer && (d.askingNear || d.nearDoes(f, now)) {
			continue
		}
		for f.usable(now) {
			room := f.target() - f.inflight
			// A source with nothing to do is always asked for a piece; topping
			// one up in smaller bites than a run would make runs small.
			if f.inflight > 0 && room < f.runLimit() {
				break
			}
			run, ok := d.pick(t, f, min(room, f.runLimit()), now)
			if !ok {
				var stolen []effect
				if run, stolen, ok = d.steal(t, f, now); !ok {
					break
				}
				fx = append(fx, stolen...)
			}
			s.flights++
			if f.inflight == 0 {
				f.lastByte = now
			}
			f.inflight += d.picker.layout.RunBytes(run.First, run.Count)
			d.picker.take(run)
			d.flights[s.flights] = &flight{source: f.info.ID, run: run, next: run.First}
			fx = append(fx, fxRun{t.rec.ID, s.flights, f.info.ID, run})
		}
	}
	return fx
}

// inOrder lists the connected sources by cost, then by rate.
func (d *download) inOrder() []*feed {
	out := make([]*feed, 0, len(d.feeds))
	for _, f := range d.feeds {
		if f.connected {
			out = append(out, f)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if (a.info.Kind == KindPeer) != (b.info.Kind == KindPeer) {
			return a.info.Kind == KindPeer
		}
		if a.info.Near != b.info.Near {
			return a.info.Near < b.info.Near
		}
		if a.rate.value != b.rate.value {
			return a.rate.value > b.rate.value
		}
		return a.info.ID < b.info.ID
	})
	return out
}

func (f *feed) usable(now time.Time) bool {
	return f.connected && !f.stalled && f.window > 0 && !now.Before(f.retryAt) && !f.benched()
}

// benched: it sent wrong bytes often enough to be out for good.
func (f *feed) benched() bool {
	if f.info.Kind == KindPeer {
		return f.lies > 0
	}
	return f.lies > liesAllowed
}

// target is how many bytes should be under way at the source.
func (f *feed) target() int64 {
	if f.faults > 0 {
		return 1 // one run at a time, until it works again
	}
	if !f.rate.known() {
		return min(f.window, firstAsk+2*f.got)
	}
	return min(f.window, int64(f.rate.value*aheadTime.Seconds()))
}

func (f *feed) runLimit() int64 {
	if f.info.Kind == KindPeer {
		return min(f.target()/4, maxPeerRun)
	}
	return min(f.target()/2, maxServerRun)
}

// pick chooses a run for f among the free pieces, by DESIGN 5.1.
func (d *download) pick(t *transfer, f *feed, limit int64, now time.Time) (Run, bool) {
	if f.info.Kind == KindPeer {
		return d.picker.fromPeer(f.have, limit)
	}
	run, ok := d.picker.fromServer(f.have, limit)
	if ok && d.picker.rare[run.First] > 0 && !d.mayFill(t, now) {
		return Run{}, false
	}
	return run, ok
}

// nearEnough is a rate, in bytes a second, at which nobody waits for a download
// from the next room.
const nearEnough = 5e6

// nearDoes reports whether a neighbour on the local network brings what the
// server f would: he has all that is missing, and is fast, or has only begun.
// Then not a byte has to come from outside.
func (d *download) nearDoes(server *feed, now time.Time) bool {
	if server.info.Near == NearLAN {
		return false
	}
	var rate float64
	begun, whole := false, false
	for _, f := range d.feeds {
		if f.info.Kind != KindPeer || f.info.Near != NearLAN || !f.usable(now) {
			continue
		}
		rate += f.rate.value
		begun = begun || now.Sub(f.since) < flatOut
		whole = whole || f.have.Contains(d.picker.free)
	}
	return whole && (begun || rate >= nearEnough)
}

// mayFill reports whether an HTTP server may be asked for pieces that peers
// have too: always without a floor, else only to top up to it.
func (d *download) mayFill(t *transfer, now time.Time) bool {
	floor := float64(t.desc.Package.Manifest.Floor)
	if floor == 0 || now.Sub(d.since) < flatOut {
		return true
	}
	return d.peers.value+d.origin.value < min(floor, d.bestOrigin)
}
