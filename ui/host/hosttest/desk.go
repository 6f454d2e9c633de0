package hosttest

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
)

var _ host.Desktop = (*Desk)(nil)

// Desk is a scripted host.Desktop. Errors by method name.
type Desk struct {
	Calls  []string
	Fails  map[string]error
	Room   int64 // Free's answer; default 100 GB
	Links  map[uuid.UUID]string
	Tray   bool
	Shares []host.Share
	Made   uuid.UUID // Share's answer
	Told   []host.Notice
	Lead   app.Lead     // ReadLead's answer for paths
	Keeper string       // LastKeeper's answer
	Copied []int64      // what Keep says is there, of 4 GB, one after another
	Seen   []host.Reach // what Reach finds, one after another
}

func (d *Desk) did(method string, args ...string) error {
	d.Calls = append(d.Calls, strings.TrimSpace(method+" "+strings.Join(args, " ")))
	return d.Fails[method]
}

// ReadLead parses links and answers with Lead for anything else.
func (d *Desk) ReadLead(_ context.Context, text string) (app.Lead, error) {
	if err := d.did("ReadLead", text); err != nil {
		return app.Lead{}, err
	}
	if !strings.HasPrefix(text, "grove:") {
		return d.Lead, nil
	}
	l, err := pack.ParseLink(text)
	if err != nil {
		return app.Lead{}, app.FromPack(err)
	}
	return app.Lead{Link: l}, nil
}

// IsLink implements host.Desktop, as do the rest.
func (d *Desk) IsLink(text string) bool { _, err := pack.ParseLink(text); return err == nil }

func (d *Desk) Downloads() string  { return "/home/ada/Downloads" }
func (d *Desk) DataFolder() string { return "/home/ada/.local/share/grove" }
func (d *Desk) Version() string    { return "1.2.3" }
func (d *Desk) HasTray() bool      { return d.Tray }

func (d *Desk) Free(context.Context, string) (int64, error) { return d.Room, d.Fails["Free"] }

func (d *Desk) Link(_ context.Context, id uuid.UUID) (string, error) {
	return d.Links[id], d.Fails["Link"]
}

func (d *Desk) Share(_ context.Context, r host.Share, progress func(done, total int64)) (uuid.UUID, error) {
	d.Shares = append(d.Shares, r)
	progress(1, 2)
	return d.Made, d.did("Share", r.Paths...)
}

// Keep says what Copied has.
func (d *Desk) Keep(_ context.Context, id uuid.UUID, at string, progress func(have, size int64)) error {
	for _, n := range d.Copied {
		progress(n, 4e9)
	}
	return d.did("Keep", id.String(), at)
}

func (d *Desk) LastKeeper(context.Context) string { return d.Keeper }

// Reach reports what Seen has and returns, as if ctx had ended.
func (d *Desk) Reach(_ context.Context, found func(host.Reach)) {
	for _, r := range d.Seen {
		found(r)
	}
}

func (d *Desk) CanOpen(name string) bool {
	return slices.Contains([]string{".mkv", ".mp4", ".mp3", ".jpg", ".png"}, filepath.Ext(name))
}

func (d *Desk) Open(_ context.Context, path string) error   { return d.did("Open", path) }
func (d *Desk) Reveal(_ context.Context, path string) error { return d.did("Reveal", path) }
func (d *Desk) OpenWeb(_ context.Context, url string) error { return d.did("OpenWeb", url) }
func (d *Desk) Trash(_ context.Context, path string) error  { return d.did("Trash", path) }
func (d *Desk) Notify(n host.Notice)                        { d.Told = append(d.Told, n) }

func (d *Desk) Interfaces(context.Context) []string { return []string{"eth0", "wlan0"} }

func (d *Desk) Diagnose(context.Context) (string, error) {
	return "Grove 1.2.3", d.did("Diagnose")
}
