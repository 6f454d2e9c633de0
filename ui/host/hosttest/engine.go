package hosttest

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
)

var _ host.Engine = (*Engine)(nil)

// Engine is a scripted host.Engine: it answers with what a test put into it
// and notes what it was asked to do.
type Engine struct {
	mu      sync.Mutex
	calls   []string // guarded by mu
	fail    map[string]error
	changed chan struct{} // guarded by mu; closed and replaced by Set

	snapshot *app.Snapshot // guarded by mu

	// What it answers with; set before the page asks.
	Offer    *app.Offer
	Outlooks []app.Outlook
	Details  map[uuid.UUID]*app.Detail
	Logs     map[uuid.UUID][]app.LogEntry
	Known    []app.Publisher
	Rows     []app.LedgerRow
	Choice   app.Choice   // of the last Accept
	Lead     app.Lead     // of the last Inspect
	Settings app.Settings // of the last SetSettings
}

// NewEngine makes one that has the default settings and no transfer.
func NewEngine() *Engine {
	return &Engine{fail: map[string]error{}, changed: make(chan struct{}),
		snapshot: &app.Snapshot{Version: 1, Settings: app.DefaultSettings()}}
}

// Set makes s the newest snapshot; its version is chosen here.
func (e *Engine) Set(s app.Snapshot) *app.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Version = e.snapshot.Version + 1
	e.snapshot = &s
	close(e.changed)
	e.changed = make(chan struct{})
	return e.snapshot
}

// Fail makes calls of a method ("Accept") fail with err.
func (e *Engine) Fail(method string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail[method] = err
}

// Calls are the commands so far, such as "Pause 1b9d...", and none of the
// methods that only look.
func (e *Engine) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.calls...)
}

func (e *Engine) did(method string, args ...any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	line := method
	for _, a := range args {
		line += " " + fmt.Sprint(a)
	}
	e.calls = append(e.calls, line)
	return e.fail[method]
}

func (e *Engine) failure(method string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fail[method]
}

// Next implements host.Engine.
func (e *Engine) Next(ctx context.Context, since uint64) (*app.Snapshot, error) {
	for {
		e.mu.Lock()
		s, changed := e.snapshot, e.changed
		e.mu.Unlock()
		if s.Version > since {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Inspect implements host.Engine.
func (e *Engine) Inspect(_ context.Context, lead app.Lead) (*app.Offer, error) {
	e.Lead = lead
	if err := e.did("Inspect"); err != nil {
		return nil, err
	}
	return e.Offer, nil
}

// Scout implements host.Engine: it reports Outlooks and returns, as if ctx
// had ended.
func (e *Engine) Scout(_ context.Context, _ *app.Offer, found func(app.Outlook)) error {
	for _, o := range e.Outlooks {
		found(o)
	}
	return e.failure("Scout")
}

// Accept implements host.Engine.
func (e *Engine) Accept(_ context.Context, o *app.Offer, c app.Choice) error {
	e.Choice = c
	return e.did("Accept", o.ID)
}

// Pause implements host.Engine, as do the rest.
func (e *Engine) Pause(_ context.Context, id uuid.UUID) error { return e.did("Pause", id) }

func (e *Engine) Resume(_ context.Context, id uuid.UUID) error      { return e.did("Resume", id) }
func (e *Engine) PauseAll(context.Context) error                    { return e.did("PauseAll") }
func (e *Engine) ResumeAll(context.Context) error                   { return e.did("ResumeAll") }
func (e *Engine) StopSharing(_ context.Context, id uuid.UUID) error { return e.did("StopSharing", id) }
func (e *Engine) Remove(_ context.Context, id uuid.UUID) error      { return e.did("Remove", id) }

func (e *Engine) Move(_ context.Context, id uuid.UUID, to int) error { return e.did("Move", id, to) }

func (e *Engine) SetLimit(_ context.Context, id uuid.UUID, n int64) error {
	return e.did("SetLimit", id, n)
}

func (e *Engine) SetPolicy(_ context.Context, id uuid.UUID, p app.Policy) error {
	return e.did("SetPolicy", id, string(p))
}

func (e *Engine) SetGive(_ context.Context, id uuid.UUID, g app.Give) error {
	return e.did("SetGive", id, string(g))
}

func (e *Engine) Detail(_ context.Context, id uuid.UUID) (*app.Detail, error) {
	if d := e.Details[id]; d != nil {
		return d, e.failure("Detail")
	}
	return nil, app.NewProblem(app.BadInput, "There is no transfer "+id.String(), nil)
}

func (e *Engine) Log(_ context.Context, id uuid.UUID) ([]app.LogEntry, error) {
	return e.Logs[id], e.failure("Log")
}

func (e *Engine) Publishers(context.Context) ([]app.Publisher, error) {
	return e.Known, e.failure("Publishers")
}

func (e *Engine) SetPublisher(_ context.Context, key pack.PublicKey, name string, blocked bool) error {
	return e.did("SetPublisher", key, name, blocked)
}

func (e *Engine) SetPublisherBudget(_ context.Context, key pack.PublicKey, bytes int64) error {
	return e.did("SetPublisherBudget", key, bytes)
}

func (e *Engine) Ledger(_ context.Context, first, last string) ([]app.LedgerRow, error) {
	var out []app.LedgerRow
	for _, r := range e.Rows {
		if r.Day >= first && r.Day <= last {
			out = append(out, r)
		}
	}
	return out, e.failure("Ledger")
}

// SetSettings keeps s and shows it in the snapshot, as the engine does.
func (e *Engine) SetSettings(_ context.Context, s app.Settings) error {
	if err := e.did("SetSettings"); err != nil {
		return err
	}
	e.Settings = s
	e.mu.Lock()
	next := *e.snapshot
	e.mu.Unlock()
	next.Settings = s
	e.Set(next)
	return nil
}
