package app

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The events that end a transfer's work on its files.

// evFinished: the payload is in its place.
type evFinished struct {
	id      uuid.UUID
	path    string
	problem *Problem
}

func (e evFinished) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if e.problem != nil {
		return t.fail(now, e.problem)
	}
	t.rec.Path, t.rec.Finished, t.down.ended = e.path, now, now
	t.rec.Have = t.rec.Size
	c := t.rec.Counts
	fx := []effect{t.log(now, "finished", fmt.Sprintf("%d bytes from peers, %d from the origin, at %s", c.Peers, c.Origin, e.path))}
	if t.leaving {
		return append(fx, fxSave{t.rec})
	}
	return append(fx, t.completed(s, now)...)
}

// completed goes on to share, or to be done.
func (t *transfer) completed(s *state, now time.Time) []effect {
	if t.shares(s.settings.Giving, now) {
		t.enter(Seeding)
		return []effect{fxUnfind{t.rec.ID}, fxSave{t.rec}}
	}
	t.enter(Done)
	return append(t.close(), fxSave{t.rec})
}

// evClosed: nothing of the transfer is open or running any more.
type evClosed struct {
	id      uuid.UUID
	given   ServeStats // while it was open
	month   tally
	problem *Problem
}

func (e evClosed) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	t.open, t.leaving, t.serve = false, false, notServed
	t.gave(e.given)
	s.month = e.month
	s.book.add(t, now)
	fx := s.book.flush(now, 0)
	if !t.complete() { // what brought a complete one stays to be looked at
		t.down = nil
	}
	if t.forget {
		s.drop(t)
		fx = append(fx, fxForget{t.rec})
		for _, r := range t.removers {
			fx = append(fx, fxReply{r, nil})
		}
		return fx
	}
	if e.problem != nil && t.rec.State != Failed {
		t.problem = e.problem
		t.enter(Failed)
		fx = append(fx, t.log(now, "failed", e.problem.Error()))
	}
	return append(fx, fxSave{t.rec})
}

// evFileChanged: a shared file is no longer what was verified.
type evFileChanged struct {
	id      uuid.UUID
	problem *Problem
}

func (e evFileChanged) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil && t.open && !t.leaving {
		return t.fail(now, e.problem)
	}
	return nil
}

// evRoom: how much room the disk has for a transfer that ran out of it.
type evRoom struct {
	id   uuid.UUID
	free int64
}

func (e evRoom) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.waitsForRoom() || e.free < t.rec.Size-t.rec.Have {
		return nil
	}
	return t.resume(now)
}

func (t *transfer) waitsForRoom() bool {
	return t.rec.State == Failed && t.problem != nil && t.problem.Meaning().Retry == RetryOnRoom && !t.open
}

// evStoreFault: a record could not be written.
type evStoreFault struct {
	id      uuid.UUID
	problem *Problem
}

func (e evStoreFault) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.open || t.leaving {
		return nil
	}
	t.problem = e.problem
	t.enter(Failed)
	return t.close()
}
