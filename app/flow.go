package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The events of pieces on their way: sources come and go, runs bring pieces
// or end early, time passes.

// evFound: a source of the package was found, or found again.
type evFound struct {
	id   uuid.UUID
	info SourceInfo
	sourceState
}

// sourceState is what a source says of itself.
type sourceState struct {
	have     Bitmap
	fetching Bitmap // zero: it does not say
	window   int64
}

func stateOf(src Source) sourceState {
	st := sourceState{have: src.Have(), window: src.Window()}
	if f, ok := src.(Fetcher); ok {
		st.fetching = f.Fetching()
	}
	return st
}

func (e evFound) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.down == nil {
		return nil
	}
	f := t.down.feeds[e.info.ID]
	if f == nil {
		f = &feed{info: e.info, lastByte: now}
		t.down.feeds[e.info.ID] = f
		t.down.order = append(t.down.order, f)
	}
	f.connected, f.stalled, f.since, f.kept = true, false, now, now
	delete(t.down.missed, e.info.ID)
	t.down.update(f, e.sourceState, now)
	t.down.lookNear(now)
	return []effect{t.log(now, "source_found", e.info.ID)}
}

// evSource is an evFound on its way to the loop, which keeps the source.
type evSource struct {
	src Source
	evFound
}

// evFinderEnded: a finder can find nothing more.
type evFinderEnded struct {
	id      uuid.UUID
	problem *Problem
}

func (e evFinderEnded) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil && !t.leaving {
		return []effect{t.log(now, "finder_ended", e.problem.Error())}
	}
	return nil
}

// evChanged: a source has other pieces, or another window.
type evChanged struct {
	id     uuid.UUID
	source string
	sourceState
}

func (e evChanged) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil && t.down != nil {
		if f := t.down.feeds[e.source]; f != nil && f.connected {
			t.down.update(f, e.sourceState, now)
		}
	}
	return nil
}

// evGone: a source left. Its runs end by themselves.
type evGone struct {
	id     uuid.UUID
	source string
	err    error
}

func (e evGone) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.down == nil {
		return nil
	}
	f := t.down.feeds[e.source]
	if f == nil || !f.connected {
		return nil
	}
	f.connected = false
	t.down.update(f, sourceState{}, now)
	if p := (*Problem)(nil); errors.As(e.err, &p) && p.Kind != SourceGone {
		f.problem = p // a refused address has something to say to the user
	}
	why := ""
	if e.err != nil {
		why = ": " + e.err.Error()
	}
	return []effect{t.log(now, "source_gone", e.source+why)}
}

// evNearAsked: whoever has the package on the local network is known.
type evNearAsked struct{ id uuid.UUID }

func (e evNearAsked) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil && t.down != nil {
		t.down.askingNear = false
	}
	return nil
}

// evMissed: somebody who should have the package could not be reached.
type evMissed struct {
	id      uuid.UUID
	source  string
	problem *Problem
}

// maxMissed bounds how many are remembered; they only explain.
const maxMissed = 200

func (e evMissed) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.down == nil || t.leaving {
		return nil
	}
	d := t.down
	if f := d.feeds[e.source]; f != nil && f.connected {
		return nil
	}
	old, known := d.missed[e.source]
	if !known && len(d.missed) == maxMissed {
		return nil
	}
	d.missed[e.source] = e.problem
	if known && old.Kind == e.problem.Kind {
		return nil
	}
	return []effect{t.log(now, "not_reached", e.source+": "+e.problem.Error())}
}

// evPiece: a piece was verified, and written unless it was there already.
type evPiece struct {
	id     uuid.UUID
	flight flightID
	piece  int
	window int64
}

func (e evPiece) apply(s *state, now time.Time) []effect {
	t, d, fl := s.flight(e.id, e.flight)
	if fl == nil {
		return nil
	}
	f := fl.from
	n := d.picker.layout.Span(e.piece).Length
	fl.land(e.piece, n)
	d.lastByte = now
	fx := d.explain(t, s, now)
	f.faults, f.problem, f.window = 0, nil, e.window
	if d.have.Has(e.piece) {
		f.wasted += n
		t.rec.Counts.Wasted += n
		return fx
	}
	d.have.Set(e.piece)
	d.picker.take(Run{e.piece, 1})
	d.left -= n
	d.dirty += n
	t.rec.Have += n
	t.pieces[e.piece] = pieceFrom(f.info.Kind)
	f.got += n
	t.rec.Counts.take(f.info, n)
	return append(fx, d.cancelCopies(t, e.flight, e.piece)...)
}

// land moves a flight past a piece that arrived whole.
func (fl *flight) land(piece int, n int64) {
	if piece < fl.run.End() { // else it was taken back, and came all the same
		fl.from.inflight -= n
	}
	fl.pieces += n
	fl.next = piece + 1
}

// cancelCopies ends other flights that had nothing left but this piece.
func (d *download) cancelCopies(t *transfer, but flightID, piece int) []effect {
	var fx []effect
	for id, fl := range d.flights {
		if id != but && fl.next == piece && fl.run.End() == piece+1 {
			fx = append(fx, fxTrim{t.rec.ID, id, 0})
		}
	}
	return fx
}

// evRunEnd: a flight ended. problem says why it brought less than was asked,
// and is nil when it was trimmed or brought everything.
type evRunEnd struct {
	id      uuid.UUID
	flight  flightID
	bytes   int64 // that arrived in all
	problem *Problem
}

func (e evRunEnd) apply(s *state, now time.Time) []effect {
	t, d, fl := s.flight(e.id, e.flight)
	if fl == nil {
		return nil
	}
	f := fl.from
	if e.problem != nil && e.problem.Kind == WrongBytes && !d.have.Has(fl.next) {
		t.pieces[fl.next] = PieceWrong
	}
	d.arrived(f, fl, e.bytes, now)
	lost := e.bytes - fl.pieces
	f.wasted += lost
	t.rec.Counts.Wasted += lost
	if rest := fl.run.End() - fl.next; rest > 0 {
		f.inflight -= d.picker.layout.RunBytes(fl.next, rest)
	}
	delete(d.flights, e.flight)
	for i := fl.next; i < fl.run.End(); i++ {
		if !d.have.Has(i) && d.copies(i) == 0 {
			d.picker.release(i)
		}
	}
	if f.stalled && f.inflight == 0 { // nothing is left that could show that it moves again
		f.stalled = false
		if e.problem == nil {
			f.postpone(s, 0, now)
		}
	}
	if e.problem == nil || t.leaving {
		return nil
	}
	return d.blame(t, s, f, e.problem, now)
}

// blame decides what a failed run means: for the transfer if it was our disk,
// else for the source.
func (d *download) blame(t *transfer, s *state, f *feed, p *Problem, now time.Time) []effect {
	switch p.Kind {
	case NoSpace, ReadOnly, DiskFault, Internal:
		return t.fail(now, p)
	case WrongBytes:
		f.lies++
		f.problem = p
		fx := []effect{t.log(now, "wrong_bytes", p.Error())}
		if f.info.Kind == KindPeer {
			fx = append(fx, fxBan{t.rec.ID, f.info.ID})
		}
		return fx
	case SourceGone:
		if f.info.Kind == KindPeer {
			return nil // evGone follows, or a new stream does
		}
	}
	f.problem = p
	wait := f.postpone(s, p.After, now)
	return []effect{t.log(now, "source_fault", fmt.Sprintf("%s: %s; again in %s", f.info.ID, p.Error(), wait.Round(time.Second)))}
}

// postpone has a source that did not do as it should left alone for a while, not
// less than least.
func (f *feed) postpone(s *state, least time.Duration, now time.Time) time.Duration {
	f.faults++
	wait := pause(f.faults)
	wait = max(wait/2+time.Duration(s.rng.Int64N(int64(wait))), least)
	f.retryAt = now.Add(wait)
	return wait
}

// pause is how long a source is left alone after so many faults in a row: a
// second at first, a minute soon, and five where it has been away for long.
func pause(faults int) time.Duration {
	if faults > 15 {
		return 5 * time.Minute
	}
	return min(time.Second<<min(faults-1, 6), time.Minute)
}

func (s *state) flight(id uuid.UUID, n flightID) (*transfer, *download, *flight) {
	t := s.find(id)
	if t == nil || t.down == nil {
		return nil, nil, nil
	}
	return t, t.down, t.down.flights[n]
}

// arrived counts bytes that came, verified or not.
func (d *download) arrived(f *feed, fl *flight, total int64, now time.Time) {
	n := total - fl.seen
	if n <= 0 {
		return
	}
	fl.seen = total
	f.fresh += n
	f.lastByte, d.lastByte = now, now
	if !f.server() {
		d.lastPeer = now
	}
	if f.stalled {
		f.stalled = false
		d.retake(f)
	}
}

// retake marks the pieces under way at a source that moves again, so that
// they are not asked for once more.
func (d *download) retake(f *feed) {
	for _, fl := range d.flights {
		if fl.from == f && fl.next < fl.run.End() {
			d.picker.take(Run{fl.next, fl.run.End() - fl.next})
		}
	}
}

// evSaved ends a checkpoint.
type evSaved struct {
	id      uuid.UUID
	problem *Problem
}

func (e evSaved) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.down == nil {
		return nil
	}
	t.down.saving = false
	if e.problem != nil && t.rec.State == Downloading {
		return t.fail(now, e.problem)
	}
	return nil
}
