package app

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"grove/app/fair"
)

// Limits are bytes a second over everything; 0 is none.
type Limits struct{ Down, Up int64 }

// setLimits finds out which limits hold at now.
func (s *state) setLimits(now time.Time) []effect {
	l := s.fixed
	down, up := s.settings.Limits(now)
	if l.Down == 0 {
		l.Down = down
	}
	if l.Up == 0 {
		l.Up = up
	}
	if l == s.limits {
		return nil
	}
	s.limits = l
	return []effect{fxLimits{l}}
}

// evLimit gives one transfer another limit.
type evLimit struct {
	id    uuid.UUID
	limit int64
	reply reply
}

func (e evLimit) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.saved() {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	t.rec.Limit = e.limit
	return []effect{fxLimit{t.rec.ID, e.limit}, fxSave{t.rec}, fxReply{e.reply, nil}}
}

// NewLimiter makes a token bucket of n bytes a second; 0 is no limit. Its
// burst is a tenth of a second, but at least one network read.
func NewLimiter(n int64) *rate.Limiter {
	l := rate.NewLimiter(rate.Inf, readUnit)
	setLimiter(l, n)
	return l
}

// setLimiter changes what NewLimiter made; l may be nil.
func setLimiter(l *rate.Limiter, n int64) {
	switch {
	case l == nil:
	case n == 0:
		l.SetLimit(rate.Inf)
	default:
		l.SetBurst(int(max(n/10, readUnit)))
		l.SetLimit(rate.Limit(n))
	}
}

// readUnit is the most that is read or waited for at once under a limit, so
// that a slow limit still moves smoothly.
const readUnit = 32 << 10

const (
	limitStep = 10 * time.Millisecond  // less would wake many readers for nothing; well below a burst
	limitLook = 250 * time.Millisecond // after that a change of the limit is felt
)

// gate holds what passes it to a limit, and divides that evenly among the flows
// that want it. One reader at a time waits for the limit, the others for him.
type gate struct {
	limit *rate.Limiter // nil: none

	mu      sync.Mutex
	taken   bool                      // guarded by mu; somebody waits for the limit
	waiting fair.Queue[chan struct{}] // guarded by mu; closed when it is their turn
}

// limits reports whether there is a limit at the moment.
func (g *gate) limits() bool { return g.limit != nil && g.limit.Limit() != rate.Inf }

// take waits until n bytes of f may pass. They are more than readUnit where the
// limit came while they did.
func (g *gate) take(ctx context.Context, f *fair.Flow, n int) error {
	for n > 0 {
		k := min(n, readUnit)
		if err := g.pass(ctx, f, k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// pass is take for no more than readUnit.
func (g *gate) pass(ctx context.Context, f *fair.Flow, n int) error {
	turn := make(chan struct{})
	g.mu.Lock()
	g.waiting.Add(f, int64(n), turn)
	g.next()
	g.mu.Unlock()
	var err error
	select {
	case <-turn:
		err = g.wait(ctx, n)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn:
		g.taken = false
		g.next()
	default:
		g.waiting.Drop(turn)
	}
	return err
}

// next lets the next one wait for the limit. Called with mu held.
func (g *gate) next() {
	if g.taken {
		return
	}
	if turn, ok := g.waiting.Next(); ok {
		g.taken = true
		close(turn)
	}
}

// wait waits until the limit lets n bytes through. It reserves nothing ahead:
// what was reserved under a slow limit would still be waited for under a fast one.
func (g *gate) wait(ctx context.Context, n int) error {
	for {
		now := time.Now()
		if g.limit.AllowN(now, n) {
			return nil
		}
		secs := (float64(n) - g.limit.TokensAt(now)) / float64(g.limit.Limit())
		timer := time.NewTimer(max(limitStep, time.Duration(min(secs, limitLook.Seconds())*float64(time.Second))))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// way is a transfer's way through a gate.
type way struct {
	gate *gate
	flow fair.Flow // guarded by gate.mu
}
