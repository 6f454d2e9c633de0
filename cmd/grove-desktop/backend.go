//go:build cgo || ci

package main

import (
	"context"
	"errors"
	"os"
	"reflect"
	"sync"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/system"
	"grove/ui/host"
)

var _ host.Engine = (*backend)(nil)

// backend is the engine as the window sees it, over restarts: another way of
// reaching the network means another node, and so everything is closed in
// order and started again. Transfers go on from where they were.
type backend struct {
	options boot.Options
	data    string // the data folder

	mu    sync.RWMutex
	grove *boot.Grove // guarded by mu
	base  uint64      // guarded by mu; added to the versions of this engine's snapshots

	next sync.Mutex
	last uint64 // guarded by next; the highest version given out
}

// startBackend starts Grove and puts every saved transfer back.
func startBackend(ctx context.Context, o boot.Options) (*backend, error) {
	b := &backend{options: o}
	return b, b.start(ctx)
}

// start is called with mu held for writing, or before anybody else knows b.
func (b *backend) start(ctx context.Context) error {
	g, err := boot.Start(ctx, b.options)
	if err != nil {
		return err
	}
	if err := g.Restore(ctx); err != nil {
		return errors.Join(err, g.Close())
	}
	b.grove, b.data = g, g.Data
	return nil
}

func (b *backend) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.grove == nil {
		return nil
	}
	return b.grove.Close()
}

// use runs f while the engine is not being exchanged.
func (b *backend) use(f func(g *boot.Grove) error) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.grove == nil {
		return app.NewProblem(app.Stopped, "Grove", nil)
	}
	return f(b.grove)
}

// Next implements host.Engine. Versions go on rising over a restart.
func (b *backend) Next(ctx context.Context, since uint64) (*app.Snapshot, error) {
	for {
		var g *boot.Grove
		var base uint64
		if err := b.use(func(now *boot.Grove) error { g, base = now, b.base; return nil }); err != nil {
			return nil, err
		}
		s, err := g.Engine.Next(ctx, max(since, base)-base)
		if err != nil {
			if ctx.Err() == nil && b.exchanged(g) {
				continue
			}
			return nil, err
		}
		out := *s
		out.Version += base
		b.next.Lock()
		b.last = max(b.last, out.Version)
		b.next.Unlock()
		return &out, nil
	}
}

// exchanged waits for a restart that is under way and reports whether another
// engine than g's runs now.
func (b *backend) exchanged(g *boot.Grove) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.grove != nil && b.grove != g
}

// settings are the ones that hold now.
func (b *backend) settings(ctx context.Context) (app.Settings, error) {
	s, err := b.Next(ctx, 0)
	if err != nil {
		return app.Settings{}, err
	}
	return s.Settings, nil
}

// dataFolder is where everything of Grove's own lies; it does not change.
func (b *backend) dataFolder() string { return b.data }

// SetSettings implements host.Engine. Settings of the network that cannot be
// had leave everything as it was.
func (b *backend) SetSettings(ctx context.Context, s app.Settings) error {
	old, err := b.settings(ctx)
	if err == nil {
		err = b.use(func(g *boot.Grove) error { return g.Engine.SetSettings(ctx, s) })
	}
	if err == nil && old.Window.Autostart != s.Window.Autostart {
		err = b.autostart(s.Window.Autostart)
	}
	if err != nil || reflect.DeepEqual(old.Network, s.Network) {
		return err
	}
	return b.restart(ctx, old)
}

// autostart makes the system start this program with the session, or not.
func (b *backend) autostart(on bool) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return system.Autostart{Program: program}.Set(on)
}

func (b *backend) restart(ctx context.Context, old app.Settings) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	closed := b.grove.Close() // started again all the same
	b.next.Lock()
	b.base = b.last + 1
	b.next.Unlock()
	b.grove = nil
	err := b.start(ctx)
	if err == nil {
		if alone := b.grove.Alone(); alone != nil { // it runs, and reaches nobody
			err = errors.Join(alone, b.grove.Close())
			b.grove = nil
		}
	}
	if err == nil {
		return closed
	}
	return errors.Join(err, closed, b.back(ctx, old))
}

// back starts again with the settings from before.
func (b *backend) back(ctx context.Context, old app.Settings) error {
	store, err := boot.OpenStore(ctx, b.options.Data)
	if err != nil {
		return err
	}
	if err := errors.Join(store.SaveSettings(old), store.Close()); err != nil {
		return err
	}
	return b.start(ctx)
}

// notices are what the user should know of the start.
func (b *backend) notices() (out []error) {
	_ = b.use(func(g *boot.Grove) error { // it just started
		if p := g.Store.Notice(); p != nil {
			out = append(out, p)
		}
		if alone := g.Alone(); alone != nil {
			out = append(out, alone)
		}
		return nil
	})
	return out
}

// The rest of host.Engine is the engine's own.

func (b *backend) Inspect(ctx context.Context, lead app.Lead) (*app.Offer, error) {
	g, err := b.now()
	if err != nil {
		return nil, err
	}
	return g.Engine.Inspect(ctx, lead)
}

func (b *backend) Scout(ctx context.Context, o *app.Offer, found func(app.Outlook)) error {
	g, err := b.now()
	if err != nil {
		return err
	}
	return g.Engine.Scout(ctx, o, found)
}

// now is the engine of this moment, for what lasts and must not hold up a
// restart.
func (b *backend) now() (g *boot.Grove, err error) {
	err = b.use(func(now *boot.Grove) error { g = now; return nil })
	return g, err
}

func (b *backend) Accept(ctx context.Context, o *app.Offer, c app.Choice) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.Accept(ctx, o, c) })
}

func (b *backend) Pause(ctx context.Context, id uuid.UUID) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.Pause(ctx, id) })
}

func (b *backend) Resume(ctx context.Context, id uuid.UUID) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.Resume(ctx, id) })
}

func (b *backend) PauseAll(ctx context.Context) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.PauseAll(ctx) })
}

func (b *backend) ResumeAll(ctx context.Context) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.ResumeAll(ctx) })
}

func (b *backend) Move(ctx context.Context, id uuid.UUID, to int) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.Move(ctx, id, to) })
}

func (b *backend) SetLimit(ctx context.Context, id uuid.UUID, n int64) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.SetLimit(ctx, id, n) })
}

func (b *backend) SetGive(ctx context.Context, id uuid.UUID, give app.Give) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.SetGive(ctx, id, give) })
}

func (b *backend) SetPublisherBudget(ctx context.Context, key pack.PublicKey, bytes int64) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.SetPublisherBudget(ctx, key, bytes) })
}

func (b *backend) SetPolicy(ctx context.Context, id uuid.UUID, p app.Policy) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.SetPolicy(ctx, id, p) })
}

func (b *backend) StopSharing(ctx context.Context, id uuid.UUID) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.StopSharing(ctx, id) })
}

func (b *backend) Remove(ctx context.Context, id uuid.UUID) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.Remove(ctx, id) })
}

func (b *backend) Detail(ctx context.Context, id uuid.UUID) (d *app.Detail, err error) {
	err = b.use(func(g *boot.Grove) error { d, err = g.Engine.Detail(ctx, id); return err })
	return d, err
}

func (b *backend) Log(ctx context.Context, id uuid.UUID) (l []app.LogEntry, err error) {
	err = b.use(func(g *boot.Grove) error { l, err = g.Engine.Log(ctx, id); return err })
	return l, err
}

func (b *backend) Publishers(ctx context.Context) (p []app.Publisher, err error) {
	err = b.use(func(g *boot.Grove) error { p, err = g.Engine.Publishers(ctx); return err })
	return p, err
}

func (b *backend) SetPublisher(ctx context.Context, key pack.PublicKey, name string, blocked bool) error {
	return b.use(func(g *boot.Grove) error { return g.Engine.SetPublisher(ctx, key, name, blocked) })
}

func (b *backend) Ledger(ctx context.Context, first, last string) (rows []app.LedgerRow, err error) {
	err = b.use(func(g *boot.Grove) error { rows, err = g.Engine.Ledger(ctx, first, last); return err })
	return rows, err
}
