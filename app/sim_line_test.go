package app

import (
	"time"

	"grove/app/fair"
)

// simFlight is a run on its way from a peer or the origin.
type simFlight struct {
	id     flightID
	to     *simPeer
	link   *simLink // of the giver; nil: the origin
	next   int      // the first piece not sent
	landed int      // the first piece not arrived
	end    int
	bytes  int64 // sent, of pieces that were sent whole
	came   int64 // arrived, of whole pieces
	way    []simWay
	over   bool
	why    *Problem // it ended early
}

// simWay is a piece that was sent and has not arrived. What a full line on its way
// does to it, it does all the time: so bytes trickle, as packets do.
type simWay struct {
	n         int64
	sent      float64 // of n, what had come when the last of it left
	since, at time.Duration
}

// came is how many bytes have.
func (y simWay) came(now time.Duration) float64 {
	part := float64(now-y.since) / float64(max(1, y.at-y.since))
	return y.sent + (float64(y.n)-y.sent)*min(1, part)
}

// simFlow is what one receiver waits for at one giver, in the order it asked.
type simFlow struct {
	queue []*simFlight
	sent  float64 // of the piece under way
	rate  float64
	mark  float64 // origin: what simServer.share is when the piece is sent
	gen   uint32  // origin: of mark
}

// head is the piece under way.
func (w *simWorld) head(f *simFlow) float64 { return float64(w.layout.Span(f.queue[0].next).Length) }

// pop takes the piece that was sent off the flow, and the flight with its last.
func (f *simFlow) pop(n int64) (*simFlight, int) {
	fl := f.queue[0]
	piece := fl.next
	fl.next++
	fl.bytes += n
	if fl.next >= fl.end {
		f.queue = f.queue[1:]
	}
	return fl, piece
}

// remove takes a flight out, and returns how much of its piece was sent.
func (f *simFlow) remove(fl *simFlight) float64 {
	for i, o := range f.queue {
		if o != fl {
			continue
		}
		f.queue = append(f.queue[:i:i], f.queue[i+1:]...)
		if i == 0 {
			sent := f.sent
			f.sent = 0
			return sent
		}
		break
	}
	return 0
}

// simHome is who lives behind one line.
type simHome struct {
	people []*simPeer
	down   simPass
}

// simLine is what one computer sends by: its part of the uplink of its home, or
// its plug for those at home. Those who wait for something share it at every
// moment, by the weights of p2p's turns: what start-time fair queueing of small
// chunks comes to.
type simLine struct {
	of    *simPeer
	home  *simHome // whose uplink it is; nil: the plug
	rate  float64
	busy  bool       // takes its part of the uplink
	flows []*simLink // with something to send
	last  time.Duration
	gen   uint32
}

// advance brings what was sent up to now.
func (l *simLine) advance() {
	dt := (l.of.w.now - l.last).Seconds()
	l.last = l.of.w.now
	if dt > 0 {
		for _, k := range l.flows {
			k.flow.sent += k.flow.rate * dt
		}
	}
}

// split shares the line out anew, and says when the next piece is sent.
func (l *simLine) split() {
	l.gen++
	keep := l.flows[:0]
	for _, k := range l.flows {
		if len(k.flow.queue) > 0 {
			keep = append(keep, k)
		} else {
			k.flow.rate = 0
		}
	}
	l.flows = keep
	rate := l.claim()
	if len(keep) == 0 {
		return
	}
	w := l.of.w
	mean, top, _ := fair.Parts(l.of.takers())
	var sum float64
	for _, k := range keep {
		k.flow.rate = 1 / k.weight(mean, top)
		sum += k.flow.rate
	}
	soon := simNoBound
	for _, k := range keep {
		k.flow.rate *= rate / sum
		soon = min(soon, (w.head(&k.flow)-k.flow.sent)/k.flow.rate)
	}
	w.at(w.now+simAfter(soon), simEvent{kind: simSent, line: l, gen: l.gen})
}

// claim is the rate that this computer has of the line, where all at home who send
// have the same. When one begins or ends, that of the others changes.
func (l *simLine) claim() float64 {
	if l.home == nil {
		return l.rate
	}
	was, senders := l.busy, 0
	l.busy = len(l.flows) > 0
	for _, p := range l.home.people {
		if !p.up.busy {
			continue
		}
		if senders++; l.busy != was && p != l.of {
			p.up.advance()
			p.up.split()
		}
	}
	return l.rate / float64(max(1, senders))
}

// simAfter rounds up, so that what is to be sent by then is sent.
func simAfter(s float64) time.Duration { return max(0, time.Duration(s*1e9)) + 1 }

func (l *simLine) ask(k *simLink, fl *simFlight) {
	l.advance()
	if len(k.flow.queue) == 0 {
		k.flow.sent = 0
		l.flows = append(l.flows, k)
	}
	k.flow.queue = append(k.flow.queue, fl)
	l.split()
}

// sent sends the pieces that are due on their way.
func (l *simLine) sent() {
	l.advance()
	w := l.of.w
	for _, k := range l.flows {
		if len(k.flow.queue) == 0 || k.flow.sent < w.head(&k.flow)-1 {
			continue
		}
		n := int64(w.head(&k.flow))
		fl, piece := k.flow.pop(n)
		k.flow.sent = 0
		l.of.gave(n)
		at := w.now
		if l.of.side != k.to.side {
			w.crossed += n
			w.strayed += n
			at = w.across[l.of.side].pass(w.link, n, at)
		}
		k.to.receive(fl, piece, n, at)
	}
	l.split()
}

// drop takes a flight off the line.
func (l *simLine) drop(k *simLink, fl *simFlight) int64 {
	l.advance()
	n := k.flow.remove(fl)
	l.split()
	return int64(n)
}

// simPass is a line that takes one piece after another, which may have begun to
// come before now.
type simPass struct{ free time.Duration }

func (p *simPass) pass(rate float64, n int64, at time.Duration) time.Duration {
	takes := time.Duration(float64(n) / rate * 1e9)
	p.free = max(p.free, at-takes) + takes
	return p.free
}

// simServer is the origin: an even split over those who ask, and to none more
// than his line takes.
type simServer struct {
	w      *simWorld
	rate   float64
	line   float64
	active int
	share  float64 // bytes that each who asked all the time was sent
	last   time.Duration
	marks  []simMark // a heap
	gen    uint32
	dead   bool
	sum    int64 // bytes sent
}

type simMark struct {
	at  float64
	who *simPeer
	gen uint32
}

func (s *simServer) each() float64 { return min(s.rate/float64(max(1, s.active)), s.line) }

func (s *simServer) advance() {
	s.share += s.each() * (s.w.now - s.last).Seconds()
	s.last = s.w.now
}

// begin starts the next piece of a receiver, or counts him off.
func (s *simServer) begin(p *simPeer) {
	f := &p.web
	f.gen++
	if len(f.queue) == 0 {
		s.active--
		return
	}
	f.mark = s.share + s.w.head(f)
	s.push(simMark{f.mark, p, f.gen})
}

func (s *simServer) split() {
	s.gen++
	for len(s.marks) > 0 && s.marks[0].gen != s.marks[0].who.web.gen {
		s.pop()
	}
	if len(s.marks) > 0 {
		s.w.at(s.w.now+simAfter((s.marks[0].at-s.share)/s.each()), simEvent{kind: simSent, gen: s.gen})
	}
}

func (s *simServer) ask(p *simPeer, fl *simFlight) {
	if s.dead {
		fl.fail(NewProblem(SourceFault, "origin", nil))
		return
	}
	s.advance()
	p.web.queue = append(p.web.queue, fl)
	if len(p.web.queue) == 1 {
		s.active++
		s.begin(p)
	}
	s.split()
}

func (s *simServer) sent() {
	s.advance()
	for len(s.marks) > 0 {
		m := s.marks[0]
		if m.gen == m.who.web.gen && m.at > s.share+1 {
			break
		}
		s.pop()
		if m.gen != m.who.web.gen {
			continue
		}
		n := int64(s.w.head(&m.who.web))
		fl, piece := m.who.web.pop(n)
		s.book(n)
		at := s.w.now
		if m.who.side != 0 {
			s.w.crossed += n
			at = s.w.across[0].pass(s.w.link, n, at)
		}
		m.who.receive(fl, piece, n, at)
		s.begin(m.who)
	}
	s.split()
	if s.w.diesCopies > 0 && float64(s.sum) >= s.w.diesCopies*float64(s.w.size()) {
		s.die()
	}
}

// under is how much of the piece under way p was sent.
func (s *simServer) under(p *simPeer) float64 {
	if len(p.web.queue) == 0 {
		return 0
	}
	now := s.share + s.each()*(s.w.now-s.last).Seconds()
	return max(0, s.w.head(&p.web)-(p.web.mark-now))
}

func (s *simServer) drop(p *simPeer, fl *simFlight) int64 {
	s.advance()
	head := p.web.queue[0] == fl
	sent := 0.0
	if head {
		sent = s.under(p)
	}
	p.web.remove(fl)
	if head {
		s.begin(p)
	}
	s.split()
	s.book(int64(sent))
	return int64(sent)
}

func (s *simServer) book(n int64) {
	s.sum += n
	m := int(s.w.now / time.Minute)
	for len(s.w.minutes) <= m {
		s.w.minutes = append(s.w.minutes, 0)
	}
	s.w.minutes[m] += n
}

func (s *simServer) die() {
	if s.dead {
		return
	}
	s.dead = true
	for _, p := range s.w.peers {
		for len(p.web.queue) > 0 {
			p.web.queue[0].fail(NewProblem(SourceFault, "origin", nil))
		}
	}
}

func (s *simServer) push(m simMark) {
	s.marks = append(s.marks, m)
	h, i := s.marks, len(s.marks)-1
	for i > 0 && m.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = m
}

func (s *simServer) pop() {
	h := s.marks
	last := h[len(h)-1]
	h = h[:len(h)-1]
	s.marks = h
	if len(h) == 0 {
		return
	}
	i := 0
	for {
		k := 2*i + 1
		if k >= len(h) {
			break
		}
		if k+1 < len(h) && h[k+1].before(h[k]) {
			k++
		}
		if !h[k].before(last) {
			break
		}
		h[i] = h[k]
		i = k
	}
	h[i] = last
}

func (a simMark) before(b simMark) bool { return a.at < b.at || a.at == b.at && a.who.id < b.who.id }
