package door

import (
	"context"
	"time"
)

// Again renews everything now.
func (g *gateway) Again() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.leases {
		l.renew = time.Now()
	}
	g.poke()
}

func (g *gateway) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// keep renews leases at half of their life, and what fails at half of what is
// left. One that is over is dropped.
func (g *gateway) keep(ctx context.Context) {
	for ctx.Err() == nil {
		e, l, wait := g.due()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-g.wake:
			timer.Stop()
			continue
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if l != nil {
			g.prolong(ctx, e, l)
		}
	}
}

func (g *gateway) prolong(ctx context.Context, e entry, l *lease) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.mu.Lock()
	there := g.leases[e] == l
	g.mu.Unlock()
	if !there || g.lease(ctx, e, l) == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if left := l.until.Sub(now); left > 0 {
		l.renew = now.Add(max(renewSoonest, left/2))
	} else {
		delete(g.leases, e)
	}
}

// due is the lease to be renewed next, and in which time.
func (g *gateway) due() (entry, *lease, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var at entry
	var first *lease
	for e, l := range g.leases {
		if !l.renew.IsZero() && (first == nil || l.renew.Before(first.renew)) {
			at, first = e, l
		}
	}
	if first == nil {
		return at, nil, leaseMost
	}
	return at, first, time.Until(first.renew)
}
