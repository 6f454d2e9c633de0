package app

import (
	"cmp"
	"slices"
	"time"
)

// Who meets whom, and who holds the upload slots.

// meet asks the tracker for peers and connects to some of them.
func (p *simPeer) meet() {
	w := p.w
	if p.state == nil || w.alone {
		return
	}
	p.tidy()
	for _, o := range p.home.people {
		if o.state != nil || o.count > 0 {
			w.introduce(p, o)
		}
	}
	for range simTracker {
		if len(p.links) >= simDial {
			break
		}
		w.introduce(p, w.online[w.rng.IntN(len(w.online))])
	}
	w.at(w.now+simMeetAgain, simEvent{kind: simMeets, peer: p})
}

// introduce has p connect to o where it can and has not.
func (w *simWorld) introduce(p, o *simPeer) {
	if o == p || o.gone || p.linkTo(o) != nil || !w.connects(p, o) {
		return
	}
	if o.tidy(); len(o.links) < simAccept {
		p.connect(o)
	}
}

// tidy drops the connections to those who are complete too.
func (p *simPeer) tidy() {
	if p.state != nil {
		return
	}
	for _, k := range slices.Clone(p.links) {
		if k.to.state == nil {
			p.unlink(k.to)
			k.to.unlink(p)
		}
	}
}

func (p *simPeer) connect(o *simPeer) {
	mine, theirs := &simLink{of: p, to: o, line: &p.up}, &simLink{of: o, to: p, line: &o.up}
	if p.home == o.home {
		mine.line, theirs.line = &p.plug, &o.plug
	}
	p.links, o.links = append(p.links, mine), append(o.links, theirs)
	p.found(o)
	o.found(p)
	p.slotsFor(o)
	o.slotsFor(p)
}

// found tells p of its new neighbour o.
func (p *simPeer) found(o *simPeer) {
	p.step(evFound{simNobody, SourceInfo{ID: o.name, Kind: KindPeer, Near: p.nearTo(o)}, o.says()})
}

// unlink forgets a neighbour.
func (p *simPeer) unlink(o *simPeer) {
	if k := p.linkTo(o); k != nil {
		p.links = slices.DeleteFunc(p.links, func(l *simLink) bool { return l == k })
		p.slots.drop(k)
		p.fillSlots()
	}
}

// simSlots is p2p/slots.go: so many are sent content at once, and when others
// wait, whoever held a slot for a turn goes to the end of the queue.
type simSlots struct {
	holders []simHolder // oldest first
	waiting []*simLink
	due     bool // simTurns is on its way
}

type simHolder struct {
	who   *simLink
	since time.Duration
}

const (
	simLeastSlots, simMostSlots = 8, 30
	simSlotRate                 = 64 << 10
	simSlotTurn                 = 30 * time.Second
)

// room is how many may be sent content: what widen in p2p/slots.go comes to on
// a line that is full, as it is while somebody waits.
func (p *simPeer) room() int {
	return cmp.Or(p.w.slots, min(simMostSlots, max(simLeastSlots, int(p.up.rate/simSlotRate))))
}

func (s *simSlots) drop(k *simLink) {
	s.waiting = slices.DeleteFunc(s.waiting, func(w *simLink) bool { return w == k })
	s.holders = slices.DeleteFunc(s.holders, func(h simHolder) bool { return h.who == k })
	k.slot = false
}

// slotsFor puts o into p's queue for a slot while it downloads, and takes it
// out afterwards.
func (p *simPeer) slotsFor(o *simPeer) {
	k := p.linkTo(o)
	if k == nil || !p.shares {
		return
	}
	if o.state == nil {
		p.slots.drop(k)
	} else if !k.slot && !slices.Contains(p.slots.waiting, k) {
		p.slots.waiting = append(p.slots.waiting, k)
	}
	p.fillSlots()
}

func (p *simPeer) fillSlots() {
	s := &p.slots
	for len(s.holders) < p.room() && len(s.waiting) > 0 {
		k := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.holders = append(s.holders, simHolder{k, p.w.now})
		k.slot = true
		p.tell(k, p.snap)
	}
	if len(s.waiting) > 0 && !s.due {
		s.due = true
		p.w.at(max(p.w.now+time.Second, s.holders[0].since+simSlotTurn), simEvent{kind: simTurns, peer: p})
	}
}

// turnSlots takes slots from those whose turn is over, as many as others wait.
func (p *simPeer) turnSlots() {
	s := &p.slots
	s.due = false
	var back []*simLink
	for len(back) < len(s.waiting) && len(s.holders) > 0 && p.w.now-s.holders[0].since >= simSlotTurn {
		k := s.holders[0].who
		s.holders = s.holders[1:]
		k.slot = false
		p.tell(k, p.snap)
		back = append(back, k)
	}
	p.fillSlots()
	s.waiting = append(s.waiting, back...)
	if len(s.waiting) > 0 {
		p.fillSlots()
	}
}
