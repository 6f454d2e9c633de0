package app

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// insert puts t where its place is: behind all that are not behind it.
func (s *state) insert(t *transfer) {
	i := len(s.list)
	for i > 0 && s.list[i-1].rec.place() > t.rec.place() {
		i--
	}
	s.list = slices.Insert(s.list, i, t)
}

// insertLast puts t at the end, also where the clock was set back.
func (s *state) insertLast(t *transfer) {
	if n := len(s.list); n > 0 {
		if last := s.list[n-1].rec.place(); last >= t.rec.place() {
			t.rec.Order = last + 1
		}
	}
	s.list = append(s.list, t)
}

// evMove gives a transfer another place in the list; 0 is the first.
type evMove struct {
	id    uuid.UUID
	to    int
	reply reply
}

func (e evMove) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	from, to := slices.Index(s.list, t), max(0, min(e.to, len(s.list)-1))
	if from == to {
		return []effect{fxReply{e.reply, nil}}
	}
	s.list = slices.Insert(slices.Delete(s.list, from, from+1), to, t)
	moved := s.list[to : to+1]
	if !s.squeeze(to, now) {
		s.spread(now)
		moved = s.list
	}
	var fx []effect
	for _, t := range moved {
		if t.saved() {
			fx = append(fx, fxSave{t.rec})
		}
	}
	return append(fx, fxReply{e.reply, nil})
}

// apart is the room between two places where there is a choice: a second.
const apart = int64(time.Second / time.Microsecond)

// squeeze gives the transfer at i a place between its neighbours, and reports
// whether there is one.
func (s *state) squeeze(i int, now time.Time) bool {
	r := &s.list[i].rec
	switch i {
	case 0:
		r.Order = s.list[1].rec.place() - apart
	case len(s.list) - 1: // what is put on the list after now comes behind it
		r.Order = max(s.list[i-1].rec.place()+1, now.UnixMicro())
	default:
		a, b := s.list[i-1].rec.place(), s.list[i+1].rec.place()
		if b-a < 2 {
			return false
		}
		r.Order = a + (b-a)/2
	}
	return true
}

// spread gives every transfer a new place, with room between them.
func (s *state) spread(now time.Time) {
	for i, t := range s.list {
		t.rec.Order = now.UnixMicro() - int64(len(s.list)-i)*apart
	}
}

// saved reports whether the store has t's record.
func (t *transfer) saved() bool { return t.rec.State != Resolving && t.rec.State != Offered }
