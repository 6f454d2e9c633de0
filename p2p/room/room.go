// Package room keeps what a computer downloads below what its line takes at the
// moment, where the user asked for that, so that whoever else uses the line does
// not notice. It is the pacer's way from the other side: nobody here decides when
// content is sent, so what is held back is the reading, and the windows of the
// connections do the rest (the idea of rLEDBAT, RFC 9840).
package room

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"grove/p2p/internal/pacer"
)

const (
	// quiet is how long nothing must come until nobody looks at the line any more.
	quiet = 5 * time.Second
	// burst is what may be let through at once.
	burst = 64 << 10
	// floor is what comes whoever else wants the line, in bytes a second: only what
	// comes shows how long its way takes.
	floor = 32 << 10
	// blindAfter is when nobody has told for long, and blindUp how much more is let
	// through at each look then, up to blindMost: twice as much in a third of a second.
	blindAfter = 300 * time.Millisecond
	blindUp    = 1.05
	blindMost  = 1 << 30
)

// Room is the room on the way here. Safe for concurrent use.
type Room struct {
	limit *rate.Limiter
	line  *pacer.Line
	log   *slog.Logger
	last  atomic.Int64  // when content came, in Unix nanoseconds
	busy  chan struct{} // something comes

	mu    sync.Mutex
	ask   func(now time.Time) // guarded by mu; may be nil
	conns map[*conn]struct{}  // guarded by mu
}

// New is the room on a line of which nothing is known. It changes while Keep runs.
func New(log *slog.Logger) *Room {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	line := pacer.NewLine(floor)
	return &Room{limit: rate.NewLimiter(line.Limit.Limit(), burst), line: line, log: log, busy: make(chan struct{}, 1), conns: map[*conn]struct{}{}}
}

// Limit lets through what there is room for, in bytes.
func (r *Room) Limit() *rate.Limiter { return r.limit }

// Unit is how many bytes are to be read at once, at the most.
func (r *Room) Unit() int { return min(r.line.Unit(), burst) }

// Came counts n bytes that were let through.
func (r *Room) Came(n int) {
	r.line.Sent(n)
	r.last.Store(time.Now().UnixNano())
	select {
	case r.busy <- struct{}{}:
	default:
	}
}

// Yields reports whether others fill the line.
func (r *Room) Yields() bool { return r.line.Yields() }

// Asks has ask called often while something comes: it asks somebody who sends
// what the way here takes, and Add is told of the answer.
func (r *Room) Asks(ask func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ask = ask
}

// Add takes what the way here took at a moment: how long it waited, where way is
// the time there and back without waiting. from is comparable.
func (r *Room) Add(from any, at time.Time, wait, way time.Duration) {
	r.line.Add(pacer.Sample{Peer: from, At: at, Wait: wait, Way: way})
}

// Forget is called when the line may be another one.
func (r *Room) Forget() { r.line.Forget() }

// Keep brings Limit to what there is room for, until ctx ends.
func (r *Room) Keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.busy:
			r.follow(ctx)
		}
	}
}

// follow looks at the line as long as something comes.
func (r *Room) follow(ctx context.Context) {
	tick := time.NewTicker(pacer.LookEvery)
	defer tick.Stop()
	var logged time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if now.Sub(time.Unix(0, r.last.Load())) > quiet {
			return
		}
		r.look(now)
		r.line.Look(now)
		r.set()
		if now.Sub(logged) >= time.Second {
			logged = now
			r.log.Debug("downlink", "is", r.line)
		}
	}
}

// set brings Limit to what there is room for. Where nobody tells, more and more is
// let through, until somebody can: little that comes says little of its way, and
// on some systems nobody ever tells.
func (r *Room) set() {
	limit := r.line.Limit.Limit()
	if r.line.Blind() > blindAfter {
		limit = max(limit, min(blindMost, r.limit.Limit()*blindUp))
	}
	r.limit.SetLimit(limit)
}

// look asks all who can tell.
func (r *Room) look(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ask != nil {
		r.ask(now)
	}
	for c := range r.conns {
		c.look(r, now)
	}
}
