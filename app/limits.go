package app

import (
	"context"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
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

// limiting reports whether l is a limit at the moment.
func limiting(l *rate.Limiter) bool { return l != nil && l.Limit() != rate.Inf }

const (
	limitStep = 10 * time.Millisecond  // less would wake many readers for nothing; well below a burst
	limitLook = 250 * time.Millisecond // after that a change of the limit is felt
)

// take waits until n bytes may pass. It reserves nothing ahead: what was
// reserved under a slow limit would still be waited for under a fast one.
func take(ctx context.Context, l *rate.Limiter, n int) error {
	for n > 0 {
		k := min(n, readUnit)
		now := time.Now()
		if l.AllowN(now, k) {
			n -= k
			continue
		}
		secs := (float64(k) - l.TokensAt(now)) / float64(l.Limit())
		wait := time.NewTimer(max(limitStep, time.Duration(min(secs, limitLook.Seconds())*float64(time.Second))))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}
