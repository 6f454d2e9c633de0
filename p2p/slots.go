package p2p

import (
	"slices"
	"time"
)

const (
	// A node has leastSlots, and while others wait as many more as what it gives
	// allows, slotRate bytes a second for each, up to mostSlots: on a slow line
	// many would all wait long for a piece, on a fast one a few would leave the
	// rest of a crowd out.
	leastSlots = 8
	mostSlots  = 30
	slotRate   = 64 << 10
	slotLook   = 2 * time.Second // how often that is measured
	slotTurn   = 30 * time.Second
)

// slots decides who may be sent content now: n sessions at once; when others
// wait, whoever held a slot for a turn goes to the end of the queue, oldest
// first. Nobody earns a longer turn (DESIGN 6: no tit-for-tat). Pure: time is
// passed in, and the caller tells the sessions.
//
// What holds: a session is in holders or waiting or neither, never twice;
// waiting is empty unless all n slots are held.
type slots[S comparable] struct {
	n       int
	holders []holder[S] // oldest first
	waiting []S         // first come, first served
}

type holder[S comparable] struct {
	who   S
	since time.Time
}

// turnover is who got a slot and who lost one.
type turnover[S comparable] struct {
	granted, revoked []S
}

// join asks for a slot. Nothing happens if who holds or waits already.
func (s *slots[S]) join(who S, now time.Time) turnover[S] {
	if slices.Contains(s.waiting, who) || s.holds(who) {
		return turnover[S]{}
	}
	s.waiting = append(s.waiting, who)
	return turnover[S]{granted: s.fill(now)}
}

// leave gives a slot or a place in the queue back.
func (s *slots[S]) leave(who S, now time.Time) turnover[S] {
	s.waiting = slices.DeleteFunc(s.waiting, func(w S) bool { return w == who })
	s.holders = slices.DeleteFunc(s.holders, func(h holder[S]) bool { return h.who == who })
	return turnover[S]{granted: s.fill(now)}
}

// rotate takes slots from those whose turn is over, as many as there are
// others waiting.
func (s *slots[S]) rotate(now time.Time) turnover[S] {
	var t turnover[S]
	for len(t.revoked) < len(s.waiting) && len(s.holders) > 0 && now.Sub(s.holders[0].since) >= slotTurn {
		t.revoked = append(t.revoked, s.holders[0].who)
		s.holders = s.holders[1:]
	}
	t.granted = s.fill(now)
	s.waiting = append(s.waiting, t.revoked...)
	return t
}

// widen makes room for what a node that gives rate bytes a second can serve.
// Nobody loses a slot by it before his turn is over.
func (s *slots[S]) widen(rate float64, now time.Time) turnover[S] {
	s.n = min(mostSlots, max(leastSlots, int(rate/slotRate)))
	return turnover[S]{granted: s.fill(now)}
}

// next is when rotate has something to do, or the zero time.
func (s *slots[S]) next() time.Time {
	if len(s.waiting) == 0 || len(s.holders) == 0 {
		return time.Time{}
	}
	return s.holders[0].since.Add(slotTurn)
}

func (s *slots[S]) holds(who S) bool {
	return slices.ContainsFunc(s.holders, func(h holder[S]) bool { return h.who == who })
}

func (s *slots[S]) fill(now time.Time) (granted []S) {
	for len(s.holders) < s.n && len(s.waiting) > 0 {
		s.holders = append(s.holders, holder[S]{s.waiting[0], now})
		granted = append(granted, s.waiting[0])
		s.waiting = s.waiting[1:]
	}
	return granted
}
