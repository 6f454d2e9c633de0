package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// event is one change, applied while nothing else touches the state. Commands
// of the user come first in this file, results of effects after them.
type event interface {
	apply(s *state, now time.Time) []effect
}

// reply is where a command's caller waits. It has room for the one answer, so
// that answering never blocks; nil where nobody waits.
type reply chan error

// evInspect puts a lead on the list that Inspect is resolving.
type evInspect struct {
	id   uuid.UUID
	lead Lead
}

func (e evInspect) apply(s *state, now time.Time) []effect {
	s.insertLast(&transfer{lead: e.lead, rec: Record{ID: e.id, Name: e.lead.Link.Name, State: Resolving, Created: now}})
	return nil
}

// evResolved ends Resolving: with a verified description, or with a problem
// and no trace of the transfer.
type evResolved struct {
	id      uuid.UUID
	desc    Described
	problem *Problem
	reply   reply
}

func (e evResolved) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.rec.State != Resolving {
		return []effect{fxReply{e.reply, NewProblem(Stopped, "looking it up", nil)}}
	}
	if e.problem != nil {
		s.drop(t)
		return []effect{fxReply{e.reply, e.problem}}
	}
	t.desc, t.rec.Package = &e.desc, e.desc.Package.ID
	t.rec.Describe(e.desc.Package)
	t.enter(Offered)
	return []effect{fxReply{e.reply, nil}}
}

// evAccept is the user's yes. It is the only way from Offered to Queued.
type evAccept struct {
	id     uuid.UUID
	choice Choice
	reply  reply
}

func (e evAccept) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.rec.State != Offered {
		return []effect{fxReply{e.reply, NewProblem(BadInput, "There is no such offer any more", nil)}}
	}
	c, r := e.choice, &t.rec
	if p := s.publisher(r.Publisher); p.Blocked {
		return []effect{fxReply{e.reply, NewProblem(Refused, p.Called(), errors.New("you blocked this publisher"))}}
	}
	if err := t.desc.checkSelection(c.Selected); err != nil {
		return []effect{fxReply{e.reply, err}}
	}
	if err := c.Policy.check("The policy"); err != nil {
		return []effect{fxReply{e.reply, err}}
	}
	if c.Target == "" {
		c.Target = TargetName(t.desc.Package)
	}
	for _, o := range s.list {
		if o != t && o.rec.Folder == c.Folder && o.rec.Target == c.Target {
			return []effect{fxReply{e.reply, NewProblem(TargetExists, c.Target+" in "+c.Folder, nil)}}
		}
	}
	r.Folder, r.Target, r.Selected = c.Folder, c.Target, c.Selected
	r.Seed, r.After, r.NoShare, r.Limit, r.Policy = c.Seed, c.After, c.NoShare, c.Limit, c.Policy
	r.Secret, r.Peers = t.lead.Link.Secret, t.lead.Link.Peers
	r.Typed, r.Mode = t.lead.Typed, t.lead.Mode
	r.Describe(t.desc.Package)
	t.fresh = true
	t.enter(Queued)
	return []effect{fxSave{*r}, fxSeen{r.Publisher, now, t.desc.Package.Manifest.Created}, fxReply{e.reply, nil},
		t.log(now, "accepted", fmt.Sprintf("%s, into %s", r.Name, r.Folder))}
}

// evAdd puts a saved transfer, or files to be shared, on the list.
type evAdd struct {
	rec    Record
	desc   *Described // with adopt
	adopt  bool
	verify bool
	reply  reply
}

func (e evAdd) apply(s *state, now time.Time) []effect {
	if t := s.find(e.rec.ID); t != nil {
		fx := []effect{fxReply{e.reply, nil}}
		if e.adopt { // shared again, after that was stopped
			fx = append(t.resume(now), fx...)
		}
		return fx
	}
	t := &transfer{rec: e.rec, desc: e.desc, adopt: e.adopt, verify: e.verify,
		before: e.rec.Counts, booked: e.rec.Counts}
	if e.desc != nil {
		t.rec.Describe(e.desc.Package)
	}
	s.insert(t)
	switch e.rec.State {
	case Checking, Downloading, Seeding, Queued: // what ran when the program ended goes on
		t.enter(Queued)
	case Failed:
		t.problem = NewProblem(savedKind(e.rec.Problem), e.rec.Name, nil)
	}
	fx := []effect{fxReply{e.reply, nil}}
	if e.adopt {
		fx = append(fx, fxSave{t.rec}, t.log(now, "shared", e.rec.Path))
	}
	return fx
}

// evPause stops a transfer and keeps everything.
type evPause struct {
	id    uuid.UUID
	reply reply
}

func (e evPause) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	return append(t.pause(now, false), fxReply{e.reply, nil})
}

// evResume starts a transfer again that was paused, failed or done; one that
// is complete is shared again.
type evResume struct {
	id    uuid.UUID
	reply reply
}

func (e evResume) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	return append(t.resume(now), fxReply{e.reply, nil})
}

// evRemove takes a transfer, or an offer, off the list. A part folder goes
// with it; finished and shared files stay. The answer comes when nothing of it
// is open any more.
type evRemove struct {
	id    uuid.UUID
	reply reply
}

func (e evRemove) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	t.forget = true
	if t.open {
		t.removers = append(t.removers, e.reply)
		t.enter(Paused)
		return t.close()
	}
	s.drop(t)
	fx := []effect{fxReply{e.reply, nil}}
	if t.rec.State != Resolving && t.rec.State != Offered {
		fx = append(fx, fxForget{t.rec})
	}
	return fx
}

func noTransfer(id uuid.UUID) *Problem {
	return NewProblem(BadInput, "There is no transfer "+id.String(), nil)
}

// evStop ends the program: every payload is closed, states stay as they are.
type evStop struct{}

func (evStop) apply(s *state, now time.Time) []effect {
	s.stopping = true
	var fx []effect
	for _, t := range s.list {
		fx = append(fx, t.close()...)
	}
	return append(fx, s.book.flush(now, 0)...)
}
