//go:build cgo || ci

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/assets"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/sharing"
	"grove/cmd/internal/system"
	"grove/ui/host"
)

// desk is the system around the window: host.Desktop over the rooms that
// reach it.
type desk struct {
	*backend
	tray    atomic.Bool // one is there, as far as is known
	looking atomic.Bool // somebody is finding out
	notices system.Notifier

	ctx  context.Context
	stop context.CancelFunc
	jobs sync.WaitGroup // notices on their way, and looks at the tray
}

var _ host.Desktop = (*desk)(nil)

// systemPatience is how long the system may take over a question.
const systemPatience = 5 * time.Second

func newDesk(b *backend) *desk {
	d := &desk{backend: b, notices: system.Notifier{App: "Grove", Icon: b.iconFile()}}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.look()
	return d
}

func (d *desk) close() {
	d.stop()
	d.jobs.Wait()
	_ = d.notices.Close() // the program ends
}

// iconFile writes the icon where the system can read it; "" where it cannot
// be written.
func (b *backend) iconFile() string {
	path := filepath.Join(b.dataFolder(), "icon.png")
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(assets.AppIcon)) {
		return path
	}
	if os.WriteFile(path, assets.AppIcon, 0o644) != nil {
		return ""
	}
	return path
}

func (d *desk) ReadLead(_ context.Context, text string) (app.Lead, error) {
	if isPath := filepath.IsAbs(text); !isPath && !strings.Contains(text, ":") {
		return app.Lead{}, app.NewProblem(app.BadLink, text, nil)
	}
	return sharing.ReadLead(text)
}

func (d *desk) IsLink(text string) bool { return sharing.IsLink(text) }
func (d *desk) Downloads() string       { return system.Downloads() }
func (d *desk) DataFolder() string      { return d.dataFolder() }
func (d *desk) Version() string         { return version }
func (d *desk) CanOpen(n string) bool   { return system.CanOpen(n) }

// HasTray is what was so when it was last asked; asking makes it look again.
func (d *desk) HasTray() bool {
	if d.looking.CompareAndSwap(false, true) {
		d.jobs.Go(func() {
			defer d.looking.Store(false)
			d.look()
		})
	}
	return d.tray.Load()
}

func (d *desk) look() {
	ctx, cancel := context.WithTimeout(d.ctx, systemPatience)
	defer cancel()
	d.tray.Store(system.HasTray(ctx))
}

func (d *desk) Free(_ context.Context, folder string) (n int64, err error) {
	err = d.use(func(g *boot.Grove) error { n, err = g.Store.Free(folder); return err })
	return n, err
}

func (d *desk) Link(ctx context.Context, id uuid.UUID) (string, error) {
	g, err := d.now()
	if err != nil {
		return "", err
	}
	return sharing.Link(ctx, g, id)
}

func (d *desk) Share(ctx context.Context, r host.Share, progress func(done, total int64)) (uuid.UUID, error) {
	g, err := d.now()
	if err != nil {
		return uuid.Nil, err
	}
	q := sharing.Request{Paths: r.Paths, Title: r.Title, About: r.About, Poster: r.Poster, Private: r.Private, KeepAt: r.KeepAt}
	if r.Days > 0 {
		q.Expires = time.Now().AddDate(0, 0, r.Days)
	}
	id, err := sharing.Share(ctx, g, q, progress)
	if err == nil && r.KeepAt != "" {
		_ = os.WriteFile(d.keeperFile(), []byte(r.KeepAt), 0o600) // it is only offered again
	}
	return id, err
}

func (d *desk) Open(ctx context.Context, path string) error   { return system.Open(ctx, path) }
func (d *desk) Reveal(ctx context.Context, path string) error { return system.Reveal(ctx, path) }
func (d *desk) OpenWeb(ctx context.Context, url string) error { return system.OpenWeb(ctx, url) }
func (d *desk) Trash(ctx context.Context, path string) error  { return system.Trash(ctx, path) }

// Notify says something in the background. That the system has nobody to say
// it to is no fault.
func (d *desk) Notify(n host.Notice) {
	d.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(d.ctx, systemPatience)
		defer cancel()
		_ = d.notices.Notify(ctx, system.Notice{Kind: system.NoticeKind(n.Kind), Name: n.Name, Title: n.Title, Body: n.Body})
	})
}

func (d *desk) Interfaces(context.Context) []string { return system.Interfaces() }

// Diagnose is what a report of a fault needs: versions and numbers, no names,
// no addresses, no folders.
func (d *desk) Diagnose(ctx context.Context) (string, error) {
	g, err := d.now()
	if err != nil {
		return "", err
	}
	s, err := g.Engine.Next(ctx, 0)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Grove %s, %s, %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(&b, "peers %t, local only %t, proxy %t, bound %t, tray %t\n", g.Node != nil, g.Reach.LocalOnly,
		s.Settings.Network.Proxy != "", s.Settings.Network.Bind != "", d.HasTray())
	r := reachOf(g)
	fmt.Fprintf(&b, "reach %s, mapped %t, relays %d, missed %d, finders %+v\n", r.State, r.Mapped, r.Relays, r.Missed, r.Finders)
	for i, v := range s.Transfers {
		fmt.Fprintf(&b, "transfer %d: %s, %d of %d bytes, %d pieces, %d sources, peers %d, origin %d, wasted %d, given %d",
			i+1, v.State, v.Have, v.Size, v.Pieces, len(v.Sources), v.Counts.Peers, v.Counts.Origin, v.Counts.Wasted, v.Counts.Given)
		if v.Problem != nil {
			fmt.Fprintf(&b, ", problem %s", v.Problem.Kind)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
