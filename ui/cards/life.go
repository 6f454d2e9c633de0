package cards

import "context"

// life is the time a card is there. Jobs of the card end with it.
type life struct {
	ctx context.Context
	end context.CancelFunc
}

func newLife() life {
	ctx, end := context.WithCancel(context.Background())
	return life{ctx, end}
}

// over reports whether the card was closed.
func (l life) over() bool { return l.ctx.Err() != nil }

// within ends with the job's context or with the card, whichever is first.
func (l life) within(job context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(job)
	if l.over() { // AfterFunc would take its time
		cancel()
	}
	forget := context.AfterFunc(l.ctx, cancel)
	return ctx, func() { forget(); cancel() }
}
