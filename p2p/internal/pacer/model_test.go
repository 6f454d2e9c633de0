package pacer

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// model is a line in virtual time, by the millisecond: a modem with a queue that
// drops what does not fit, this computer behind a governor, and others.
type model struct {
	line   float64       // bytes a second
	buffer time.Duration // of the modem's queue
	way    time.Duration // round trip without the queue
	noise  time.Duration // of samples, at the most
	burst  time.Duration // that who sent less for a while may send more at once
	peers  int
	wants  func(t time.Duration) bool    // this computer has something to give
	cubics []cubic                       // other uploads
	steady func(t time.Duration) float64 // what others send whatever happens
	slow   time.Duration                 // in a queue at the last of the peers, after a second

	g     governor
	rng   *rand.Rand
	queue float64 // bytes; below 0: that may pass at once
	out   []point
}

type point struct {
	t            time.Duration
	ours, others float64 // bytes in this millisecond
	queue        time.Duration
	rate         float64
}

// cubic is a TCP upload that never ends (Ha, Rhee, Xu: CUBIC, 2008), as a fluid.
type cubic struct {
	from, to time.Duration
	window   float64 // bytes
	fixed    bool    // whatever happens
	most     float64 // when it last lost
	since    time.Duration
	slow     bool // start is over
	rests    time.Duration
}

const (
	step    = time.Millisecond
	looks   = LookEvery
	segment = 1448
)

func (c *cubic) rate(now time.Duration, rtt time.Duration) float64 {
	if now < c.from || now >= c.to {
		return 0
	}
	if c.window == 0 {
		c.window = 10 * segment
	}
	return c.window / rtt.Seconds()
}

func (c *cubic) grow(now, rtt time.Duration) {
	if now < c.from || now >= c.to || c.fixed {
		return
	}
	if !c.slow {
		c.window *= math.Exp2(step.Seconds() / rtt.Seconds())
		return
	}
	const C, beta = 0.4, 0.7
	most := c.most / segment
	k := math.Cbrt(most * (1 - beta) / C)
	t := (now - c.since).Seconds()
	reno := most*beta + 3*(1-beta)/(1+beta)*t/rtt.Seconds()
	c.window = max(C*math.Pow(t-k, 3)+most, reno) * segment
}

func (c *cubic) lose(now, rtt time.Duration) {
	if c.fixed {
		return
	}
	if now < c.rests {
		return
	}
	c.slow, c.most, c.since, c.rests = true, c.window, now, now+rtt
	c.window *= 0.7
}

func (m *model) run(d time.Duration) {
	m.g.floor = testFloor
	m.rng = rand.New(rand.NewPCG(1, 2))
	if m.peers == 0 {
		m.peers = 1
	}
	epoch := time.Unix(1e9, 0)
	bases := make([]Base, m.peers)
	var seen samples
	tokens, sent := 0.0, 0.0
	type flight struct {
		at   time.Duration
		peer int
		rtt  time.Duration
	}
	var flying []flight
	for t := time.Duration(0); t < d; t += step {
		if t%looks == 0 {
			s, known := seen.queue(epoch.Add(t))
			m.g.look(epoch.Add(t), s.Wait, s.Way, known, int64(sent))
			sent = 0
			rtt := m.way + m.wait() + time.Duration(m.rng.Float64()*float64(m.noise))
			peer := int(t/looks) % m.peers
			if peer == m.peers-1 && t > time.Second {
				rtt += m.slow
			}
			if m.wants == nil || m.wants(t) {
				flying = append(flying, flight{t + rtt, peer, rtt})
			}
		}
		flying = slices.DeleteFunc(flying, func(f flight) bool {
			if f.at <= t {
				now := epoch.Add(t)
				seen = append(seen, Sample{f.peer, now, bases[f.peer].Queue(now, f.rtt), m.way})
			}
			return f.at <= t
		})
		p := point{t: t, rate: m.g.limit()}
		unit := max(leastUnit, m.g.limit()*unitTime.Seconds())
		tokens = min(tokens+m.g.limit()*step.Seconds(), 2*unit)
		if m.wants == nil || m.wants(t) {
			for tokens >= unit {
				tokens -= unit
				p.ours += unit
			}
		}
		sent += p.ours
		rtt := m.way + m.wait()
		for i := range m.cubics {
			p.others += m.cubics[i].rate(t, max(rtt, step)) * step.Seconds()
		}
		if m.steady != nil {
			p.others += m.steady(t) * step.Seconds()
		}
		m.queue += p.ours + p.others - m.line*step.Seconds()
		m.queue = max(-m.burst.Seconds()*m.line, m.queue)
		most := m.buffer.Seconds() * m.line
		if m.queue > most {
			lost := (m.queue - most) / (p.ours + p.others)
			p.ours, p.others = p.ours*(1-lost), p.others*(1-lost)
			m.queue = most
			for i := range m.cubics {
				m.cubics[i].lose(t, rtt)
			}
		}
		for i := range m.cubics {
			m.cubics[i].grow(t, max(rtt, step))
		}
		p.queue = m.wait()
		m.out = append(m.out, p)
	}
}

// wait is how long the queue is.
func (m *model) wait() time.Duration {
	return time.Duration(max(0, m.queue) / m.line * float64(time.Second))
}

// between sums up what happened from a to b: parts of the line, and queues.
type summary struct {
	ours, others float64
	p50, p95     time.Duration
}

func (m *model) between(a, b time.Duration) summary {
	var s summary
	var qs []time.Duration
	for _, p := range m.out {
		if p.t >= a && p.t < b {
			s.ours += p.ours
			s.others += p.others
			qs = append(qs, p.queue)
		}
	}
	full := m.line * (b - a).Seconds()
	s.ours, s.others = s.ours/full, s.others/full
	slices.Sort(qs)
	s.p50, s.p95 = qs[len(qs)/2], qs[len(qs)*95/100]
	return s
}

// reclaimed is when this computer has part of the line again, over half a
// second, after at.
func (m *model) reclaimed(at time.Duration, part float64) time.Duration {
	const over = 500
	sum := 0.0
	for i, p := range m.out {
		sum += p.ours
		if i >= over {
			sum -= m.out[i-over].ours
		}
		if p.t >= at+over*step && sum >= part*m.line*over*step.Seconds() {
			return p.t - at
		}
	}
	return -1
}
