package p2p

import (
	"context"
	"sync"
	"time"

	"grove/app/fair"
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
// those that wait, the one that was given least. So the uplink is split among
// those who want it, however many connections or how quick a line one of them
// has, and is never idle while somebody waits. Who has less of a package than
// the others counts for more (fair.Weight), within bounds: whoever lies about
// that gains no more.
type turns struct {
	mu      sync.Mutex
	active  int               // guarded by mu
	waiting fair.Queue[*turn] // guarded by mu
}

// turn is one chunk.
type turn struct {
	turns *turns
	queue *queue
	ready chan struct{} // closed when it may be written
	began time.Time     // guarded by turns.mu
	slow  *time.Timer   // guarded by turns.mu
	over  bool          // guarded by turns.mu; it counts no longer
}

// queue is what turns keeps of a session.
type queue struct {
	flow fair.Flow // guarded by turns.mu; in bytes
	slow bool      // guarded by turns.mu; its last chunk took longer than writeSlow
}

// take waits for the turn of n bytes of q, which count weight times. The caller
// ends it with done.
func (t *turns) take(ctx context.Context, q *queue, n int, weight float64) (*turn, error) {
	t.mu.Lock()
	w, cost := &turn{turns: t, queue: q, ready: make(chan struct{})}, int64(weight*float64(n))
	if q.slow {
		t.waiting.Charge(&q.flow, cost)
		w.over, w.began = true, time.Now()
		t.mu.Unlock()
		return w, nil
	}
	t.waiting.Add(&q.flow, cost, w)
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
	for t.active < writesAtOnce {
		w, ok := t.waiting.Next()
		if !ok {
			return
		}
		t.active++
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
		t.waiting.Drop(w)
	default:
		w.slow.Stop()
		t.active--
		t.fill()
	}
	w.over = true
}
