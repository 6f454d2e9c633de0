package p2p

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"grove/app/fair"
)

const (
	// writesAtOnce is how many chunks of content a node writes at a time in each
	// road. Three fill any line; the others wait where their order can still be
	// chosen, and not in the buffers of as many connections.
	writesAtOnce = 3
	// writeSlow is when a write counts no longer: it waits for a line that is
	// not ours. The next of its session does not count from the beginning.
	writeSlow = time.Second
	// turnsLook is how long a limit may have changed before that is felt, and
	// minWait the least that is waited for one.
	turnsLook = 100 * time.Millisecond
	minWait   = 200 * time.Microsecond
)

// road is by which way, and for which purpose, content leaves.
type road uint8

const (
	nearRoad  road = iota // to the local network, which the line does not feel
	lineRoad              // what there is room for on the line
	spareRoad             // no more than half of what the line takes: after a download
	roads
)

// turns decides whose chunk of content is written next, over all sessions: of
// those that wait, the one that was given least. So the uplink is split among
// those who want it, however many connections or how quick a line one of them
// has, and is never idle while somebody waits and a limit does not hold it. Who
// has less of a package than the others counts for more (fair.Weight), within
// bounds: whoever lies about that gains no more.
type turns struct {
	sent func(road, int) // hears of each chunk when its turn comes; nil: nobody does

	mu    sync.Mutex
	roads [roads]struct {
		limits  []*rate.Limiter   // all of which a chunk must pass; immutable
		active  int               // guarded by mu
		waiting fair.Queue[*turn] // guarded by mu
	}
	next  road        // guarded by mu; whose turn it is among the roads
	again *time.Timer // guarded by mu; looks again when a limit lets something through
}

// turn is one chunk.
type turn struct {
	turns *turns
	queue *queue
	road  road
	size  int           // bytes
	ready chan struct{} // closed when it may be written
	began time.Time     // guarded by turns.mu
	slow  *time.Timer   // guarded by turns.mu
	over  bool          // guarded by turns.mu; it counts no longer
}

// queue is what turns keeps of a session.
type queue struct {
	road road      // guarded by turns.mu; that flow is about
	flow fair.Flow // guarded by turns.mu; in bytes
	slow bool      // guarded by turns.mu; its last chunk took longer than writeSlow
}

// take waits for the turn of n bytes of q in a road, which count weight times.
// The caller ends it with done.
func (t *turns) take(ctx context.Context, by road, q *queue, n int, weight float64) (*turn, error) {
	t.mu.Lock()
	l := &t.roads[by]
	if q.road != by {
		q.road, q.flow = by, fair.Flow{}
	}
	w, cost := &turn{turns: t, queue: q, road: by, size: n, ready: make(chan struct{})}, int64(weight*float64(n))
	if q.slow {
		l.waiting.Charge(&q.flow, cost)
		w.over, w.began = true, time.Now()
		t.spend(w)
		t.mu.Unlock()
		return w, nil
	}
	l.waiting.Add(&q.flow, cost, w)
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

// look is called after a limit changed.
func (t *turns) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fill()
}

// fill lets as many begin as may, of one road after the other. Called with mu
// held.
func (t *turns) fill() {
	var wait time.Duration
	for none := 0; none < int(roads); t.next = (t.next + 1) % roads {
		none++
		l := &t.roads[t.next]
		if l.waiting.Len() == 0 || l.active == writesAtOnce {
			continue
		}
		if d := untilFree(l.limits, time.Now()); d > 0 {
			wait = min(d, cmp.Or(wait, turnsLook))
			continue
		}
		none = 0
		w, _ := l.waiting.Next()
		l.active++
		t.spend(w)
		w.began = time.Now()
		w.slow = time.AfterFunc(writeSlow, w.tooSlow)
		close(w.ready)
	}
	switch {
	case wait == 0:
	case t.again == nil:
		t.again = time.AfterFunc(wait, t.look)
	default:
		t.again.Reset(wait)
	}
}

// untilFree is how long it takes until no limit is overdrawn.
func untilFree(limits []*rate.Limiter, now time.Time) (wait time.Duration) {
	for _, l := range limits {
		if r := l.Limit(); r != rate.Inf {
			if over := -l.TokensAt(now); over > 0 {
				wait = max(wait, time.Duration(over/float64(r)*float64(time.Second)), minWait)
			}
		}
	}
	return wait
}

// spend takes a chunk from the limits of its road, which may be overdrawn by it.
// Called with mu held.
func (t *turns) spend(w *turn) {
	now := time.Now()
	for _, l := range t.roads[w.road].limits {
		for n := w.size; n > 0 && l.Limit() != rate.Inf; {
			k := max(1, min(n, l.Burst()))
			l.ReserveN(now, k)
			n -= k
		}
	}
	if t.sent != nil {
		t.sent(w.road, w.size)
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
	l := &w.turns.roads[w.road]
	switch {
	case w.over:
	case w.slow == nil:
		l.waiting.Drop(w)
	default:
		w.slow.Stop()
		l.active--
		w.turns.fill()
	}
	w.over = true
}
