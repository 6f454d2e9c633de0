//go:build cgo || ci

package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/sharing"
)

// Keep implements host.Desktop. A node that is exchanged meanwhile is no
// reason to give up: the next one goes on.
func (d *desk) Keep(ctx context.Context, id uuid.UUID, at string, progress func(have, size int64)) error {
	for {
		g, err := d.now()
		if err != nil {
			return err
		}
		if err = keep(ctx, g, id, at, progress); err == nil || ctx.Err() != nil || !d.exchanged(g) {
			return err
		}
	}
}

// keep is Keep over one node.
func keep(ctx context.Context, g *boot.Grove, id uuid.UUID, at string, progress func(have, size int64)) error {
	desc, err := shared(ctx, g, id)
	if err != nil {
		return err
	}
	var j sharing.Job // the key is the silent one, which needs nobody
	return j.Keep(ctx, g, sharing.Started{ID: id, Described: desc, Depot: at}, progress)
}

// shared waits until the transfer id is open and given to others, as it is
// some moments after a start, and returns its description.
func shared(ctx context.Context, g *boot.Grove, id uuid.UUID) (app.Described, error) {
	for since := uint64(0); ; {
		s, err := g.Engine.Next(ctx, since)
		if err != nil {
			return app.Described{}, err
		}
		since = s.Version
		switch v := s.Transfer(id); {
		case v == nil || v.State == app.Paused || v.State == app.Done:
			return app.Described{}, app.NewProblem(app.Stopped, id.String(), nil)
		case v.State == app.Failed:
			return app.Described{}, v.Problem
		case v.State != app.Seeding:
			continue
		}
		d, err := g.Engine.Detail(ctx, id)
		switch {
		case err != nil:
			return app.Described{}, err
		case d.Desc != nil:
			return *d.Desc, nil
		}
	}
}

// keeperFile has the address of the server that was last asked for a copy.
func (d *desk) keeperFile() string { return filepath.Join(d.dataFolder(), "keep-at") }

// maxKeeper is more than a web address needs, in bytes.
const maxKeeper = 2048

// LastKeeper implements host.Desktop.
func (d *desk) LastKeeper(context.Context) string {
	text, err := os.ReadFile(d.keeperFile())
	if err != nil || len(text) > maxKeeper {
		return "" // nobody was asked yet, or it is not what Share wrote
	}
	return string(text)
}
