package pacer

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// lines are what the goals of docs/MANNERS.md are held on: bytes a second, round
// trips, and queues of modems.
func lines(t *testing.T, f func(t *testing.T, m model)) {
	for _, mbit := range []float64{2, 10, 20, 100, 1000} {
		for _, way := range []time.Duration{100 * time.Microsecond, 20 * time.Millisecond, 100 * time.Millisecond} {
			for _, buffer := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, time.Second} {
				t.Run(fmt.Sprintf("%.0f Mbit, %v, %v", mbit, way, buffer), func(t *testing.T) {
					f(t, model{line: mbit * 1e6 / 8, buffer: buffer, way: way, noise: 2 * time.Millisecond})
				})
			}
		}
	}
}

const (
	second    = time.Second
	testFloor = 4 << 10
)

// TestAlone: a line that nobody else uses is used, and its queue stays short.
func TestAlone(t *testing.T) {
	lines(t, func(t *testing.T, m model) {
		m.run(40 * second)
		s := m.between(10*second, 40*second)
		t.Logf("%.3f %v %v", s.ours, s.p50, s.p95)
		if s.ours < 0.9 || s.p50 > 10*time.Millisecond || s.p95 > 50*time.Millisecond+m.way/10 {
			t.Errorf("%v", s)
		}
		// What comes of what is sent is seen later on a long way, and the line is
		// taken for a little more than it is.
		most := 1.1
		if m.way == 100*time.Millisecond {
			most = 1.25
		}
		if l := m.g.line / m.line; l < 0.9 || l > most {
			t.Errorf("it takes the line for %.2f of what it is", l)
		}
	})
}

// TestBegins: what was sent too fast before anything was known of the line costs
// little, also behind a modem that hides it for a moment.
func TestBegins(t *testing.T) {
	sum, n := 0.0, 0
	for _, mbit := range []float64{5, 10, 25, 50, 100} {
		for _, way := range []time.Duration{100 * time.Microsecond, 20 * time.Millisecond, 60 * time.Millisecond} {
			for _, burst := range []time.Duration{0, 31 * time.Millisecond} {
				m := model{line: mbit * 1e6 / 8, buffer: 200 * time.Millisecond, way: way, noise: 4 * time.Millisecond, burst: burst, peers: 4}
				m.run(6 * second)
				s := m.between(2*second, 6*second)
				t.Logf("%.0f Mbit, %v, %v at once: %.2f %v", mbit, way, burst, s.ours, s.p95)
				if s.ours < 0.55 {
					t.Errorf("%.0f Mbit, %v, %v at once: %.2f is used", mbit, way, burst, s.ours)
				}
				sum, n = sum+s.ours, n+1
			}
		}
	}
	if sum < 0.88*float64(n) {
		t.Errorf("%.2f of lines is used", sum/float64(n))
	}
}

// TestGivesWay: another upload has what it would have alone, and when it ends the
// line is used again within four seconds.
func TestGivesWay(t *testing.T) {
	lines(t, func(t *testing.T, m model) {
		if m.way >= m.buffer || m.line > 100e6 && m.way > 20*time.Millisecond {
			t.Skip("one cubic upload does not fill that line by itself")
		}
		if m.line > 10e6 && m.buffer == 50*time.Millisecond {
			t.Skip("what begins there overflows the queue before anybody can see it grow")
		}
		m.cubics = []cubic{{from: 20 * second, to: 35 * second}}
		alone := m
		alone.cubics = []cubic{{from: 20 * second, to: 35 * second}}
		alone.wants = func(time.Duration) bool { return false }
		alone.run(35 * second)
		could := alone.between(20*second, 35*second).others
		m.run(45 * second)
		has, again := m.between(20*second, 35*second).others, m.reclaimed(35*second, 0.8)
		t.Logf("%.3f of %.3f, again after %v", has, could, again)
		if has < 0.95*min(1, could) {
			t.Errorf("it has %.3f of the line, and %.3f alone", has, could)
		}
		if again < 0 || again > 4*second {
			t.Errorf("used again after %v", again)
		}
	})
}

// TestStanding: so does an upload that holds a queue of some length and no more.
func TestStanding(t *testing.T) {
	const end = 80 * second
	for _, held := range []time.Duration{8 * time.Millisecond, 12 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond} {
		for _, way := range []time.Duration{100 * time.Microsecond, 20 * time.Millisecond} {
			m := model{line: 20e6 / 8, buffer: 200 * time.Millisecond, way: way, noise: 2 * time.Millisecond}
			window := (way + held).Seconds() * m.line
			m.cubics = []cubic{{from: 20 * second, to: end, window: window, fixed: true}}
			m.run(end + 10*second)
			has, again := m.between(20*second, end).others, m.reclaimed(end, 0.9)
			t.Logf("%v of queue, %v away: %.3f, again after %v", held, way, has, again)
			if has < 0.95 || again < 0 || again > 4*second {
				t.Errorf("%v of queue, %v away: %.3f, again after %v", held, way, has, again)
			}
		}
	}
}

// TestBurst: a modem that lets more pass for a moment is not taken for a quicker
// line, and is not filled in one go when that is over.
func TestBurst(t *testing.T) {
	for _, way := range []time.Duration{100 * time.Microsecond, 20 * time.Millisecond} {
		m := model{line: 25e6 / 8, buffer: 100 * time.Millisecond, way: way, noise: 4 * time.Millisecond, burst: 31 * time.Millisecond, peers: 7}
		m.run(25 * second)
		s := m.between(5*second, 25*second)
		t.Logf("%v away: %.3f %v %v, the line %.2f", way, s.ours, s.p50, s.p95, m.g.line/m.line)
		if l := m.g.line / m.line; s.ours < 0.95 || s.p50 > 10*time.Millisecond || s.p95 > 50*time.Millisecond || l < 0.9 || l > 1.1 {
			t.Errorf("%v away: %v, the line %.2f", way, s, l)
		}
	}
}

// TestBeside: what somebody sends at a rate of his own, such as a call, has room
// and waits no longer.
func TestBeside(t *testing.T) {
	for _, part := range []float64{0.1, 0.3, 0.7} {
		m := model{line: 10e6 / 8, buffer: 100 * time.Millisecond, way: 20 * time.Millisecond, noise: 2 * time.Millisecond}
		m.steady = func(t time.Duration) float64 {
			if t < 15*second {
				return 0
			}
			return part * m.line
		}
		m.run(40 * second)
		s := m.between(16*second, 40*second)
		if s.others < 0.995*part || s.ours < 0.88*(1-part) || s.p95 > 50*time.Millisecond || s.p50 > 10*time.Millisecond {
			t.Errorf("beside %.1f of the line: %v", part, s)
		}
	}
}

// TestNoise: samples that differ for other reasons than a queue, as they do by
// radio or on a busy computer, cost little of the line.
func TestNoise(t *testing.T) {
	for noise, least := range map[time.Duration]float64{10 * time.Millisecond: 0.9, 20 * time.Millisecond: 0.85, 30 * time.Millisecond: 0.5} {
		m := model{line: 10e6 / 8, buffer: 200 * time.Millisecond, way: 20 * time.Millisecond, noise: noise}
		m.run(120 * second)
		s := m.between(20*second, 120*second)
		t.Logf("up to %v: %.3f %v %v", noise, s.ours, s.p50, s.p95)
		if s.ours < least || s.p50 > 10*time.Millisecond || s.p95 > 50*time.Millisecond {
			t.Errorf("with samples up to %v late: %v", noise, s)
		}
	}
}

// TestOneSlowPeer: a peer whose own line is full does not slow the others down.
func TestOneSlowPeer(t *testing.T) {
	m := model{line: 10e6 / 8, buffer: 100 * time.Millisecond, way: 20 * time.Millisecond, peers: 4, slow: 200 * time.Millisecond}
	m.run(30 * second)
	if s := m.between(10*second, 30*second); s.ours < 0.9 {
		t.Errorf("%v", s)
	}
}

// TestBeginsAgain: who had nothing to give for a while does not begin with what
// the line took then, and who did not use his rate does not raise it.
func TestBeginsAgain(t *testing.T) {
	m := model{line: 10e6 / 8, buffer: second, way: 20 * time.Millisecond}
	m.wants = func(t time.Duration) bool { return t < 10*second || t > 20*second }
	m.steady = func(t time.Duration) float64 {
		if t > 15*second {
			return 0.5 * m.line
		}
		return 0
	}
	m.run(30 * second)
	if s := m.between(20*second, 21*second); s.p95 > 50*time.Millisecond {
		t.Errorf("%v", s)
	}
	g := governor{floor: testFloor}
	now := time.Unix(1e9, 0)
	for range 1000 {
		now = now.Add(looks)
		g.look(now, 0, 0, true, 100)
	}
	if g.limit() != firstRate {
		t.Errorf("a rate nobody used rose to %.0f", g.limit())
	}
}

// TestBase: a longer way is the base after ten minutes, not before, and a shorter
// one at once.
func TestBase(t *testing.T) {
	var b Base
	start := time.Unix(1e9, 0)
	at := func(d time.Duration, took time.Duration) time.Duration {
		return b.Queue(start.Add(d), took-30*time.Millisecond) // the other clock is behind
	}
	at(0, 20*time.Millisecond)
	for d := second; d < 9*time.Minute; d += second {
		if q := at(d, 50*time.Millisecond); q != 30*time.Millisecond {
			t.Fatalf("after %v: %v", d, q)
		}
	}
	if q := at(11*time.Minute, 50*time.Millisecond); q != 0 {
		t.Errorf("after eleven minutes: %v", q)
	}
	if q := at(11*time.Minute+second, 10*time.Millisecond); q != 0 {
		t.Errorf("shorter: %v", q)
	}
	if q := at(11*time.Minute+2*second, 50*time.Millisecond); q != 40*time.Millisecond {
		t.Errorf("then: %v", q)
	}
	if q := at(time.Hour, 70*time.Millisecond); q != 0 {
		t.Errorf("after an hour: %v", q)
	}
}

// TestQueue: of each peer the least of late, and of those the lower quarter.
func TestQueue(t *testing.T) {
	var all samples
	now := time.Unix(1e9, 0)
	if _, known := all.queue(now); known {
		t.Error("known of nobody")
	}
	for i, ms := range []int{300, 1, 10, 12, 50, 20} {
		all = append(all, Sample{max(0, i-2), now.Add(time.Duration(i) * time.Millisecond), time.Duration(ms) * time.Millisecond, second})
	}
	if s, known := all.queue(now.Add(10 * time.Millisecond)); !known || s.Wait != 12*time.Millisecond {
		t.Errorf("%v, %v", s, known)
	}
	if s, known := all.queue(now.Add(second)); known {
		t.Errorf("%v is old", s)
	}
}

// TestLineOpen: an open line lets everything through and learns nothing; closed
// again, it begins anew.
func TestLineOpen(t *testing.T) {
	l := NewLine(testFloor)
	l.Open(true)
	now := time.Unix(1e9, 0)
	for i := range 100 {
		l.Sent(1 << 20)
		now = now.Add(LookEvery)
		l.Add(Sample{Peer: i % 2, At: now, Wait: time.Second})
		l.Look(now)
	}
	if l.Limit.Limit() != rate.Inf || l.Unit() < 256<<10 || l.Takes() != 0 || l.Yields() {
		t.Errorf("%v a second, %d at once, takes %v, yields %v", l.Limit.Limit(), l.Unit(), l.Takes(), l.Yields())
	}
	l.Open(false)
	if l.Limit.Limit() != firstRate || l.Unit() > 4<<10 {
		t.Errorf("then %v a second, %d at once", l.Limit.Limit(), l.Unit())
	}
}
