package pacer

import (
	"slices"
	"time"
)

const (
	// A base delay is the least of baseSpans spans of baseSpan, the one under way
	// among them (RFC 6817, section 3.4.2: BASE_HISTORY minutes): a longer way round
	// is the new base ten minutes later.
	baseSpan  = time.Minute
	baseSpans = 10
	// fresh is how long a sample says something about now.
	fresh = 150 * time.Millisecond
)

// Base is the least round-trip time to one peer, without any queue. The zero
// value knows nothing.
type Base struct {
	least [baseSpans]time.Duration // of each span, the newest first; 0: none
	span  time.Time                // when the newest began
}

// Queue takes a round-trip time, and returns how much of it is waiting.
func (b *Base) Queue(now time.Time, rtt time.Duration) time.Duration {
	if b.span.IsZero() || now.Sub(b.span) >= baseSpans*baseSpan {
		*b = Base{span: now}
	}
	for ; now.Sub(b.span) >= baseSpan; b.span = b.span.Add(baseSpan) {
		copy(b.least[1:], b.least[:])
		b.least[0] = 0
	}
	if b.least[0] == 0 || rtt < b.least[0] {
		b.least[0] = rtt
	}
	base := rtt
	for _, l := range b.least {
		if l > 0 {
			base = min(base, l)
		}
	}
	return rtt - base
}

// Queue is the waiting that the ways to all peers have in common: on the line of
// this computer. The zero value knows nothing.
type Queue struct{ samples []sample }

type sample struct {
	at   time.Time
	wait time.Duration
}

// Add takes a sample of any peer.
func (q *Queue) Add(now time.Time, wait time.Duration) {
	q.samples = append(q.samples, sample{now, wait})
}

// Now is the queue, and whether it is known. Whose own line is full says more than
// the others; a quarter of the samples may say less, so that nobody alone can say
// that the line is free.
func (q *Queue) Now(now time.Time) (time.Duration, bool) {
	q.samples = slices.DeleteFunc(q.samples, func(s sample) bool { return now.Sub(s.at) > fresh })
	if len(q.samples) == 0 {
		return 0, false
	}
	waits := make([]time.Duration, len(q.samples))
	for i, s := range q.samples {
		waits[i] = s.wait
	}
	slices.Sort(waits)
	return waits[len(waits)/4], true
}
