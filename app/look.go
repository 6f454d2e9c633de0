package app

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// look has the loop call f, which reads the state, may give work to a desk, and
// changes nothing that a snapshot shows.
func (e *Engine) look(ctx context.Context, f func(now time.Time) error) error {
	done := make(chan error, 1)
	select {
	case e.looks <- func() { done <- f(time.Now()) }:
		return <-done // the loop has it already
	case <-e.ended:
		return NewProblem(Stopped, "Grove", nil)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// atRecords has the desk of what belongs to no transfer do a job, behind all
// that it was given before, and waits for the result. plan runs on the loop.
func atRecords[T any](ctx context.Context, e *Engine, plan func() (job func() (T, error))) (T, error) {
	type result struct {
		value T
		err   error
	}
	to := make(chan result, 1)
	err := e.look(ctx, func(time.Time) error {
		job := plan()
		e.atDesk(uuid.Nil, func() {
			v, err := job()
			to <- result{v, err}
		})
		return nil
	})
	if err != nil {
		var none T
		return none, err
	}
	select {
	case r := <-to:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// settle hands an event to the loop and returns when it was applied. Desks use
// it, so that who waits for the desk finds the state as it is saved.
func (e *Engine) settle(ev event, to reply) {
	e.send(ev)
	select {
	case <-to:
	case <-e.ended:
	}
}
