package app

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
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

	feeds  map[string]*feed    // by SourceInfo.ID
	order  []*feed             // all of them, as they were found
	missed map[string]*Problem // who could not be reached, and why
	// askingNear: somebody on the local network may turn out to have it.
	askingNear bool
	flights    map[flightID]*flight

	since     time.Time // start of Downloading
	ended     time.Time // the payload is in its place
	lastByte  time.Time
	lastPeer  time.Time // the last byte from a peer
	lastSave  time.Time
	dirty     int64 // bytes written since the last checkpoint began
	saving    bool
	finishing bool

	peers, origin, leftRate speed

	pace      speed     // of everything, quick to tell that it fell under the floor
	held      bool      // servers give only what no peer can, and so on outwards
	nearQuick bool      // nobody waits for those on the local network
	tried     time.Time // when somebody far away was last tried, see lookFar
	spent     int64     // of the allowance
	avoid     avoidance // of peers, by a network map
	brings    float64   // see bringing; negative: not known
	told      Bitmap    // the pieces that peers were told are coming here
}

// flight is one run that a source was asked for.
type flight struct {
	from   *feed
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
	// leaveToOwner is how many pieces of a lot are left to its owner, unless a
	// server has had nothing to do for ownerSlow. The owners' own lines are not what
	// they all wait for as long as a few still fill that of the server; and many
	// who help with few pieces choose the same ones.
	leaveToOwner = 10
	ownerSlow    = 3 * time.Second
	// aloneSlow is how long whoever alone has something may have nothing to do for
	// others' sake.
	aloneSlow = time.Second
	// duplicateShare is the part of a package that may be asked for twice at
	// the end, when somebody else would be much faster; heldShare is the same while
	// cost counts, so that nobody is kept waiting by it.
	duplicateShare = 0.015
	heldShare      = 0.005
	// A source has sent, or given to its system to send, at the most sentAhead bytes
	// beyond what arrived, and no more than it sends in sentTime.
	sentAhead = 256 << 10
	sentTime  = 600 * time.Millisecond
	// silentAfter is when a source at the end of a download is taken for stuck: what
	// was lost on its way may be sent again seconds later.
	silentAfter = time.Second
	// lateBy is how long after all the others a source may end.
	lateBy = time.Second
	// takesAfter is when whoever has said nothing of any piece gives nothing.
	takesAfter = 2 * time.Second
	// firstShare is the part of a package that servers may be asked for before it
	// is known whether somebody in the next room has it.
	firstShare = 0.01
)

func newDownload(t *transfer, self string, rng *rand.Rand, now time.Time, have Bitmap) *download {
	l := t.desc.Package.Layout
	d := &download{wanted: wantedPieces(t.desc, t.rec.Selected), have: have,
		feeds: map[string]*feed{}, missed: map[string]*Problem{}, flights: map[flightID]*flight{},
		since: now, lastByte: now, lastSave: now, leftRate: speed{half: leftHalf}, pace: speed{half: paceHalf}}
	d.wanted.Each(func(i int) bool {
		if !have.Has(i) {
			d.left += l.Span(i).Length
		}
		return true
	})
	d.picker = newPicker(l, d.wanted, have, self, rng)
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
		return append(append(fx, fxFinish{t.rec}), d.tell(t)...)
	}
	var fx []effect
	if !d.saving && d.dirty > 0 && (d.dirty >= checkpointBytes || now.Sub(d.lastSave) >= checkpointEvery) {
		d.saving, d.dirty, d.lastSave = true, 0, now
		fx = append(fx, fxCheckpoint{t.rec})
	}
	if s.around.cut != nil {
		return fx
	}
	return append(fx, d.ask(t, s, now)...)
}

// ask gives every source with room something to do, the cheapest first.
func (d *download) ask(t *transfer, s *state, now time.Time) []effect {
	var fx []effect
	d.hold(t.floor(s), t.interference(s), now)
	d.brings = -1
	for _, f := range d.inOrder(now) {
		for f.usable(now) {
			room := d.room(f)
			if room == 0 || d.late(f, now) {
				break
			}
			run, ok := d.pick(f, room, now)
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
			if f.faults == 0 { // else nobody waits for it: others may bring it as well
				d.picker.take(run)
			}
			d.flights[s.flights] = &flight{from: f, run: run, next: run.First}
			spare := f.spared(d.crowded() || d.askingNear) && (t.serve != served || !d.amongTakers(now))
			fx = append(fx, fxRun{t.rec.ID, s.flights, f.info.ID, run, spare})
		}
	}
	return append(fx, d.tell(t)...)
}

// crowded reports whether others download too.
func (d *download) crowded() bool { return len(d.picker.rivals) > 0 }

// amongTakers reports whether most of those who download too give nothing. Then
// all of them wait for what the few who give have: these come first at a server.
func (d *download) amongTakers(now time.Time) bool {
	takers := 0
	for _, f := range d.order {
		if !f.server() && f.connected && f.have.Count() == 0 && f.fetching.Count() == 0 && now.Sub(f.since) > takesAfter {
			takers++
		}
	}
	return 2*takers > len(d.picker.rivals)
}

// room is how many bytes to ask f for now, 0 for none. While somebody on the
// local network may turn out to have it, servers are asked for one piece at a
// time, and a small part of it in all: so the line is not idle meanwhile, and a
// crowd that begins has something to give the sooner.
func (d *download) room(f *feed) int64 {
	if !f.server() || !d.askingNear {
		return f.room(d.crowded())
	}
	l := d.picker.layout
	if f.inflight > 0 || float64(int64(d.have.Count()+1)*l.PieceSize()) > firstShare*float64(l.Size()) {
		return 0
	}
	return 1
}

// late reports whether one more piece from f would come when the others have
// brought all the rest.
func (d *download) late(f *feed, now time.Time) bool {
	if f.got == 0 {
		return false
	}
	// What it was asked for and others brought counts against its rate, which
	// nothing would mend if it were asked no more.
	rate := max(f.rate.value, float64(f.got)/max(now.Sub(f.since), time.Second).Seconds())
	mine := float64(min(f.inflight+d.picker.layout.PieceSize(), d.left)) / rate
	if mine <= lateBy.Seconds() {
		return false
	}
	all := d.bringing(now)
	return all > 0 && mine > float64(d.left)/all+lateBy.Seconds()
}

// bringing is the bytes a second of those who bring something, and of servers,
// which do when it becomes too slow: once for each ask.
func (d *download) bringing(now time.Time) float64 {
	if d.brings < 0 {
		d.brings = 0
		for _, o := range d.order {
			if (o.inflight > 0 || o.server()) && o.usable(now) && o.rate.known() {
				d.brings += o.rate.value
			}
		}
	}
	return d.brings
}

// inOrder lists the sources that want to be asked by cost, then by rate.
func (d *download) inOrder(now time.Time) []*feed {
	out := make([]*feed, 0, len(d.order))
	for _, f := range d.order {
		if f.usable(now) && d.room(f) > 0 {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *feed) int {
		return cmp.Or(cmp.Compare(a.cost(), b.cost()), cmp.Compare(b.rate.value, a.rate.value), strings.Compare(a.info.ID, b.info.ID))
	})
	return out
}

// pick chooses a run for f among the free pieces, by DESIGN 5.1.
func (d *download) pick(f *feed, limit int64, now time.Time) (Run, bool) {
	but, among := d.but(f), d.picker.table(d.instead(f))
	own := func(run Run) bool { return d.picker.owner(among, run.First) == mine }
	// What is in another's lot is left to him, unless he is slow.
	idle := f.idle(now)
	if d.avoids(f) {
		return d.pickAvoided(f, among, limit, now)
	}
	if !f.server() {
		run, ok := d.picker.fromPeer(f.have, but, among, limit)
		if ok && d.picker.rare(run.First) > 1 && d.neededByOthers(f, now) {
			return Run{}, false
		}
		return run, ok && (but == nobody || among == everybody || own(run) || idle > promiseKept)
	}
	run, ok := d.picker.fromServer(f.have, but, among, limit)
	if ok && d.crowded() && d.picker.rare(run.First) == 0 && !own(run) {
		leave := leaveToOwner
		if idle > ownerSlow {
			leave = 0
		}
		if other, may := d.picker.help(f.have, but, among, leave); may || d.held {
			run, ok = other, may
		}
	}
	if !ok && d.held && d.crowded() && d.affords(d.picker.layout.PieceSize(), d.spareForEnd()) {
		if run, ok = d.picker.scarce(f.have); ok {
			d.spent += d.picker.layout.RunBytes(run.First, run.Count)
		}
	}
	return run, ok
}

// neededByOthers reports whether f alone has what others are getting from it, and
// should not be asked for what they have.
func (d *download) neededByOthers(f *feed, now time.Time) bool {
	return d.crowded() && !f.server() && f.have.Full() && f.idle(now) <= aloneSlow && d.picker.soleGiver(d.have)
}

// tell lets the peers know which pieces are coming here, so that they leave
// them to this computer and come for them. Who gives nothing promises nothing.
func (d *download) tell(t *transfer) []effect {
	if t.serve != served {
		d.told = Bitmap{}
		return nil
	}
	coming := d.wanted.Minus(d.have).Minus(d.picker.free)
	if d.told.Equal(coming) {
		return nil
	}
	d.told = coming
	return []effect{fxTell{t.rec.ID, coming}}
}
