package app

import (
	"time"

	"github.com/google/uuid"
)

// evTick: time passed. It carries what the loop read from running work.
type evTick struct {
	progress map[flightID]int64 // bytes that arrived so far
	limited  map[flightID]bool  // it waits for a limit that the user set
	sources  map[sourceKey]sourceNow
	serving  map[uuid.UUID]ServeStats
	month    tally
	// interference is what the swarm says of connections with peers.
	interference Interference
	yields       bool // Room says so
}

type sourceKey struct {
	id     uuid.UUID
	source string
}

// sourceNow is what a source says when it is looked at.
type sourceNow struct {
	window int64
	near   Nearness
}

func (e evTick) apply(s *state, now time.Time) []effect {
	dt := now.Sub(s.lastTick)
	s.lastTick = now
	if dt <= 0 {
		return nil
	}
	fx := s.setLimits(now)
	s.month, s.interference, s.yields = e.month, e.interference, e.yields
	s.around.settle(now)
	for _, t := range s.list {
		if st, ok := e.serving[t.rec.ID]; ok && t.serve == served {
			t.givenRate.add(dt, st.Given-t.serving.Given)
			t.past.given += st.Given - t.serving.Given
			t.count(st)
		}
		if t.waitsForRoom() && !s.stopping && now.Truncate(roomEvery) != now.Add(-dt).Truncate(roomEvery) {
			fx = append(fx, fxRoom{t.rec})
		}
		if t.down != nil {
			fx = append(fx, t.down.tick(t, s, e, now, dt)...)
		}
		fx = append(fx, t.tellInterference(s, now)...)
		if t.open {
			t.past.pass(dt)
		}
		s.book.add(t, now)
		fx = append(fx, t.endSharing(s.settings.Giving, now)...)
	}
	return append(fx, s.book.flush(now, bookEvery)...)
}

func (d *download) tick(t *transfer, s *state, e evTick, now time.Time, dt time.Duration) []effect {
	for id, fl := range d.flights {
		f := fl.from
		d.arrived(f, fl, e.progress[id], now)
		if e.limited[id] { // nobody else is to blame, and nobody else would be quicker
			f.lastByte, d.lastByte = now, now
		}
	}
	var peers, origin int64
	for _, f := range d.order {
		if is, ok := e.sources[sourceKey{t.rec.ID, f.info.ID}]; ok && f.connected {
			f.window = is.window
			d.move(f, is.near, now)
		}
		if f.inflight > 0 || f.fresh > 0 {
			f.rate.add(dt, f.fresh)
		}
		if f.info.Kind == KindPeer {
			peers += f.fresh
		} else {
			origin += f.fresh
		}
		f.fresh = 0
		if !f.server() && !f.promises(now) && !f.counted.Equal(f.held) {
			d.recount(f, now)
		}
		if f.inflight > 0 && !f.stalled && now.Sub(f.lastByte) > stallAfter {
			f.stalled = true
			d.giveUpOn(f)
		}
	}
	t.past.peers += peers
	t.past.origin += origin
	d.peers.add(dt, peers)
	d.origin.add(dt, origin)
	d.leftRate.add(dt, peers+origin)
	d.pace.add(dt, peers+origin)
	d.lookNear(now)
	d.lookFar(now)
	d.lookAvoided(peers+origin, now)
	return d.explain(t, s, now)
}

// giveUpOn frees the pieces under way at a stalled source. It may still bring
// them; whoever is first wins.
func (d *download) giveUpOn(f *feed) {
	for _, fl := range d.flights {
		if fl.from != f {
			continue
		}
		for i := fl.next; i < fl.run.End(); i++ {
			if !d.have.Has(i) {
				d.picker.release(i)
			}
		}
	}
}

// explain keeps the problem on Downloading true: why nothing comes, or nil.
func (d *download) explain(t *transfer, s *state, now time.Time) []effect {
	if t.leaving || t.rec.State != Downloading {
		return nil
	}
	before := t.problem
	t.problem = s.around.cut
	if t.problem == nil && now.Sub(d.lastByte) > noSourceAfter {
		t.problem = d.whyNobody(t.rec.Name)
	}
	if kindOfProblem(t.problem) == kindOfProblem(before) {
		return nil
	}
	switch {
	case s.around.cut != nil:
		return []effect{t.log(now, "no_interface", t.problem.Error())}
	case t.problem != nil:
		return []effect{t.log(now, "no_source", t.problem.Error())}
	}
	return []effect{t.log(now, "moving", "after "+string(before.Kind))}
}

// whyNobody is what to say when nothing comes: that there is no way to those
// who have it, where that is known, else that nobody answers, and what one of
// them said. Any would do; the first by name is always the same.
func (d *download) whyNobody(name string) *Problem {
	var first string
	p := NewProblem(NoSource, name, nil)
	take := func(id string, why *Problem) {
		if why != nil && (first == "" || id < first) {
			first, p.Err = id, why
		}
	}
	for id, why := range d.missed {
		if why.Kind == NoPath {
			take(id, why)
		}
	}
	if first != "" {
		return NewProblem(NoPath, name, d.missed[first].Err) // it says the rest itself
	}
	for id, why := range d.missed {
		take(id, why)
	}
	for _, f := range d.order {
		take(f.info.ID, f.problem)
	}
	return p
}

func kindOfProblem(p *Problem) ProblemKind {
	if p == nil {
		return ""
	}
	return p.Kind
}
