package pacer

import (
	"cmp"
	"maps"
	"math"
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
	fresh = 130 * time.Millisecond
)

// Base is the least that a way takes, without any queue: there, by two clocks
// that need not agree, or there and back. The zero value knows nothing.
type Base struct {
	least [baseSpans]time.Duration // of each span, the newest first
	span  time.Time                // when the newest began
}

// none is the least of a span without samples.
const none time.Duration = math.MaxInt64

// Queue takes how long the way took, and returns how much of it was waiting.
func (b *Base) Queue(now time.Time, took time.Duration) time.Duration {
	if b.span.IsZero() || now.Sub(b.span) >= baseSpans*baseSpan {
		b.span, b.least = now, [baseSpans]time.Duration(slices.Repeat([]time.Duration{none}, baseSpans))
	}
	for ; now.Sub(b.span) >= baseSpan; b.span = b.span.Add(baseSpan) {
		copy(b.least[1:], b.least[:])
		b.least[0] = none
	}
	b.least[0] = min(b.least[0], took)
	return took - slices.Min(b.least[:])
}

// Sample is what the way to one peer took.
type Sample struct {
	Peer any // comparable
	At   time.Time
	Wait time.Duration // on the way there
	Way  time.Duration // there and back, without waiting
}

// samples are the newest of all peers.
type samples []Sample

// queue is the waiting that the ways to all peers have in common, which is on the
// line of this computer, and how long such a way is. Of one peer the least counts:
// much else can make a sample late. Of several the lower quarter: somebody whose
// own line is full waits longer than the others, and nobody alone can say that the
// line is free.
func (all *samples) queue(now time.Time) (s Sample, known bool) {
	*all = slices.DeleteFunc(*all, func(s Sample) bool { return now.Sub(s.At) > fresh })
	least := map[any]Sample{}
	for _, s := range *all {
		if l, ok := least[s.Peer]; !ok || s.Wait < l.Wait {
			least[s.Peer] = s
		}
	}
	if len(least) == 0 {
		return Sample{}, false
	}
	sorted := slices.SortedFunc(maps.Values(least), func(a, b Sample) int { return cmp.Compare(a.Wait, b.Wait) })
	return sorted[len(sorted)/4], true
}
