package p2p

import (
	"sync"
	"time"

	"grove/app"
	"grove/p2p/internal/pacer"
	"grove/p2p/internal/wire"
)

const (
	// stampRate is how many questions and answers about time are read from one
	// peer in a second without making his other messages wait.
	stampRate, stampBurst = 100, 100
	// maxUnseen is how many questions are answered at once.
	maxUnseen = 8
)

// clock measures the way to one peer: a stamp leaves with the time here and is
// answered with the time there. The two clocks need not agree, only go at the same
// pace: what counts is how much longer a way takes than the shortest of the last
// ten minutes (RFC 6817). What the way back takes, which content that comes from
// there may fill, does not count.
type clock struct {
	epoch time.Time     // immutable
	wake  chan struct{} // the writer has something to say

	mu    sync.Mutex
	ask   bool          // guarded by mu; a stamp is due
	last  time.Time     // guarded by mu; when it was
	wait  time.Duration // guarded by mu; on the way there, of late
	seen  []*wire.Seen  // guarded by mu; answers that are due
	there pacer.Base    // guarded by mu
	back  pacer.Base    // guarded by mu
	round pacer.Base    // guarded by mu
}

func newClock() *clock { return &clock{epoch: time.Now(), wake: make(chan struct{}, 1)} }

func (c *clock) micros(at time.Time) uint64 { return uint64(at.Sub(c.epoch).Microseconds()) }

// stamp has a stamp sent, which is due at now.
func (c *clock) stamp(now time.Time) {
	c.mu.Lock()
	c.ask, c.last = true, now
	c.mu.Unlock()
	c.poke()
}

func (c *clock) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// stamped is when a stamp was due last.
func (c *clock) stamped() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// burden is how much a byte counts for a peer whose own line makes others wait:
// his share becomes smaller, so that they do not.
func (c *clock) burden() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	over := (c.wait - 3*pacer.Target).Seconds() / (3 * pacer.Target).Seconds()
	return min(8, max(1, 1+over))
}

// asked has a stamp that came at now answered.
func (c *clock) asked(m *wire.Stamp, now time.Time) {
	c.mu.Lock()
	if len(c.seen) < maxUnseen {
		c.seen = append(c.seen, &wire.Seen{Sent: m.Sent, At: c.micros(now)})
	}
	c.mu.Unlock()
	c.poke()
}

// due is what is to be said at now.
func (c *clock) due(now time.Time) (all []*wire.Control) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.seen {
		all = append(all, &wire.Control{Optional: true, Message: &wire.Control_Seen{Seen: m}})
	}
	if c.ask {
		all = append(all, &wire.Control{Optional: true, Message: &wire.Control_Stamp{Stamp: &wire.Stamp{Sent: c.micros(now)}}})
	}
	c.ask, c.seen = false, nil
	return all
}

// waits is how long something waited.
type waits struct {
	at          time.Time
	there, back time.Duration
	way         time.Duration // there and back, without waiting
}

// answered is what the answer that came at now says of the way. What waited one way
// is no more than what waited in all: a clock that goes faster than the other looks
// like a way that becomes longer.
func (c *clock) answered(m *wire.Seen, now time.Time) (w waits, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.epoch.Add(time.Duration(m.Sent) * time.Microsecond)
	round := now.Sub(sent)
	if m.Sent > c.micros(now) || m.At > 1<<52 {
		return w, false
	}
	there := time.Duration(int64(m.At)-int64(m.Sent)) * time.Microsecond
	all := c.round.Queue(now, round)
	w = waits{now, min(all, c.there.Queue(now, there)), min(all, c.back.Queue(now, round-there)), round - all}
	c.wait += (w.there - c.wait) / 4
	return w, true
}

// longest is which of some sessions was not asked for longest, or nil.
func (n *Node) longest(some func(*session) bool) (next *session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, sw := range n.swarms {
		for _, s := range sw.sessions {
			if some(s) && (next == nil || s.clock.stamped().Before(next.clock.stamped())) {
				next = s
			}
		}
	}
	return next
}

// comes reports whether content comes from the peer over the line, or did a moment
// ago. What comes from the local network says nothing of the line.
func (s *session) comes(now time.Time) bool {
	return now.Sub(time.Unix(0, s.pace.last.Load())) < quiet && s.nearness() != app.NearLAN
}

// askBack has somebody asked, from whom content comes, how long its way takes.
func (n *Node) askBack(now time.Time) {
	if s := n.longest(func(s *session) bool { return s.comes(now) && !s.up.works(now) }); s != nil {
		s.clock.stamp(now)
	}
}
