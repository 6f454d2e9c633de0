package pacer

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Line is the way from this computer to all who are not near it. Safe for
// concurrent use.
type Line struct {
	// Limit lets through what the line has room for. Whoever sends takes from it
	// first, no more than Unit at a time.
	Limit *rate.Limiter

	mu      sync.Mutex
	g       governor // guarded by mu
	samples samples  // guarded by mu
	sent    int64    // guarded by mu; bytes since the last look
	open    bool     // guarded by mu; everything is let through
}

// LookEvery is how often Look is to be called while something is sent.
const LookEvery = 25 * time.Millisecond

const (
	// unitTime is how long the line takes for what is sent at once: less than the
	// queue that is held, so that the bucket is the queue.
	unitTime = 8 * time.Millisecond
	// leastUnit is about a packet, and openUnit more than anybody sends at once.
	leastUnit = 1200
	openUnit  = 1 << 20
)

// NewLine is a line of which nothing is known. floor is how many bytes a second
// are let through whoever else wants it.
func NewLine(floor float64) *Line {
	l := &Line{Limit: rate.NewLimiter(0, 0), g: governor{floor: floor}}
	l.set()
	return l
}

// Add takes a sample.
func (l *Line) Add(s Sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.samples = append(l.samples, s)
}

// Sent counts n bytes that were let through.
func (l *Line) Sent(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent += int64(n)
}

// Look sets Limit to what there is room for at now.
func (l *Line) Look(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		l.samples, l.sent = nil, 0
		return
	}
	s, known := l.samples.queue(now)
	l.g.look(now, s.Wait, s.Way, known, l.sent)
	l.sent = 0
	l.set()
}

// set is called with mu held.
func (l *Line) set() {
	limit := rate.Limit(l.g.limit())
	if l.open {
		limit = rate.Inf
	}
	l.Limit.SetLimit(limit)
	l.Limit.SetBurst(2 * l.unit())
}

func (l *Line) unit() int {
	if l.open {
		return openUnit
	}
	return max(leastUnit, int(l.g.limit()*unitTime.Seconds()))
}

// Unit is how many bytes may be sent at once.
func (l *Line) Unit() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unit()
}

// Takes is how many bytes a second the line took when it was full and nobody else
// used it, or 0.
func (l *Line) Takes() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.g.line
}

// Blind is how long nobody told how long the queue is.
func (l *Line) Blind() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.g.blind
}

// String says how the line is, for the log.
func (l *Line) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &l.g
	return fmt.Sprintf("%.0f of %.0f kB/s sent, %.1f ms of queue and %.1f ms always, %d samples; the line takes %.0f kB/s, %.0f at the moment; yields: %v",
		g.took/1e3, g.limit()/1e3, g.queue.Seconds()*1e3, g.rest*1e3, len(l.samples), g.line/1e3, g.room/1e3, g.yield)
}

// Yields reports whether others fill the line.
func (l *Line) Yields() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.g.yield
}

// Forget is called when the line may be another one.
func (l *Line) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
}

func (l *Line) forget() {
	l.g, l.samples, l.sent = governor{floor: l.g.floor}, nil, 0
	l.set()
}

// Open lets everything through, or again what there is room for, as on a line of
// which nothing is known.
func (l *Line) Open(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = on
	l.forget()
}
