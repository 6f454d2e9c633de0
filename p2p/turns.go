package p2p

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// writesAtOnce is how many chunks of content a node writes at a time. Three
	// fill any line; the others wait where their order can still be chosen, and
	// not in the buffers of as many connections.
	writesAtOnce = 3
	// writeSlow is when a write counts no longer: it waits for a line that is
	// not ours. The next of its session does not count from the beginning.
	writeSlow = time.Second
)

// turns decides whose chunk of content is written next, over all sessions: of
// those that wait, the one that was given least (start-time fair queueing:
// Goyal, Vin, Cheng, 1996). So the uplink is split among those who want it,
// however many connections or how quick a line one of them has, and is never
// idle while somebody waits. Who has less of a package than the others gets up to
// twice his part, who has more down to half, so that a crowd ends together;
// whoever lies about that gains no more.
type turns struct {
	mu      sync.Mutex
	active  int     // guarded by mu
	now     int64   // guarded by mu; the start of the last one that began
	waiting []*turn // guarded by mu
}

// turn is one chunk.
type turn struct {
	turns *turns
	queue *queue
	start int64         // bytes given to its session before, or to the least one that wanted any
	ready chan struct{} // closed when it may be written
	began time.Time     // guarded by turns.mu
	slow  *time.Timer   // guarded by turns.mu
	over  bool          // guarded by turns.mu; it counts no longer
}

// queue is what turns keeps of a session.
type queue struct {
	end  int64 // guarded by turns.mu; bytes given, so to speak
	slow bool  // guarded by turns.mu; its last chunk took longer than writeSlow
}

// take waits for the turn of n bytes of q, which count weight times. The caller
// ends it with done.
func (t *turns) take(ctx context.Context, q *queue, n int, weight float64) (*turn, error) {
	t.mu.Lock()
	// Who wanted nothing for a while has saved nothing up.
	w := &turn{turns: t, queue: q, start: max(q.end, t.now), ready: make(chan struct{})}
	q.end = w.start + int64(weight*float64(n))
	if q.slow {
		w.over, w.began = true, time.Now()
		t.mu.Unlock()
		return w, nil
	}
	t.waiting = append(t.waiting, w)
	t.fill()
	t.mu.Unlock()
	select {
	case <-w.ready:
		return w, nil
	case <-ctx.Done():
		w.done()
		return nil, context.Cause(ctx)
	}
}

// fill lets as many begin as may. Called with mu held.
func (t *turns) fill() {
	for t.active < writesAtOnce && len(t.waiting) > 0 {
		least := 0
		for i, w := range t.waiting {
			if w.start < t.waiting[least].start {
				least = i
			}
		}
		w := t.waiting[least]
		t.waiting = append(t.waiting[:least], t.waiting[least+1:]...)
		t.active++
		t.now = max(t.now, w.start)
		w.began = time.Now()
		w.slow = time.AfterFunc(writeSlow, w.tooSlow)
		close(w.ready)
	}
}

// done ends a turn, whether it came or not. It may be called again.
func (w *turn) done() {
	t := w.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if !w.began.IsZero() {
		w.queue.slow = time.Since(w.began) > writeSlow
	}
	w.free()
}

// tooSlow lets another begin.
func (w *turn) tooSlow() {
	w.turns.mu.Lock()
	defer w.turns.mu.Unlock()
	w.free()
}

// free gives the place back, or the place in the queue. Called with mu held.
func (w *turn) free() {
	t := w.turns
	switch {
	case w.over:
	case w.slow == nil:
		t.waiting = slices.DeleteFunc(t.waiting, func(o *turn) bool { return o == w })
	default:
		w.slow.Stop()
		t.active--
		t.fill()
	}
	w.over = true
}

// weightOf is how much a byte counts for who has part of a package where those
// who want it have mean of it on average, both of 1: one in eighty more is half
// as much again.
func weightOf(part, mean float64) float64 { return min(2, max(0.5, 1+40*(part-mean))) }
