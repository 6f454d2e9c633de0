package doctor

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
)

// Bundle is an archive for somebody who helps. Every byte of it went through
// one Redactor.
type Bundle struct{ Files []BundleFile }

// BundleFile is one file of it.
type BundleFile struct {
	Name, About string
	Data        []byte
}

const (
	maxLogs    = 50  // transfers whose log goes in
	maxLogLine = 200 // of each log, the last
)

// NewBundle gathers what goes into a bundle from a running Grove that was
// examined.
func NewBundle(g *boot.Grove, r *Report, o Options, j *Journal) (*Bundle, error) {
	red := NewRedactor()
	red.Show(r.Grove.Version, r.Grove.Commit, r.Grove.Go, r.Grove.Libp2p, r.Grove.System)
	red.Show(r.Grove.Commit[:min(8, len(r.Grove.Commit))])
	red.Show(shownNames...)
	for _, b := range r.Computer.Buffers {
		red.Show(itoa(b.Want))
	}
	hideUser(red)
	red.Hide("path", g.Data, o.Downloads)
	if o.Lead != nil {
		hideLead(red, *o.Lead, r.Link)
	}
	all, err := g.Store.LoadTransfers()
	if err != nil {
		return nil, err
	}
	publishers, err := g.Store.LoadPublishers()
	if err != nil {
		return nil, err
	}
	for _, p := range publishers {
		red.Hide("name", p.Called())
	}
	var logs []transferLog
	for i, rec := range all {
		red.Hide("name", rec.Name, rec.Target)
		red.Hide("path", rec.Folder, rec.Path)
		if i >= len(all)-maxLogs {
			entries, err := g.Store.LoadLog(rec.ID)
			if err != nil {
				return nil, err
			}
			logs = append(logs, transferLogOf(len(logs), rec, entries))
		}
	}
	set, _ := app.LoadSettings(g.Store) // the report says why they cannot be used
	return bundleOf(red, r, set, logs, j.Entries())
}

// shownNames have a dot in them and are no hosts.
var shownNames = []string{"GROVE_FINDERS", "network.local_only", "network.peers", "network.peers_past_proxy", "network.bind", "network.proxy", "network.relays",
	"network.mapping", "network.dht.prefix", "network.dht.bootstrap", "network.finders", "network.finders.lan", "network.finders.tracker",
	"network.finders.exchange", "network.finders.dht", "giving.on", "net.core.rmem_max", "net.core.wmem_max"}

// hideUser hides who uses this computer.
func hideUser(red *Redactor) {
	if name, err := os.Hostname(); err == nil {
		red.Hide("host", name)
		short, _, _ := strings.Cut(name, ".")
		red.Hide("host", short)
	}
	if u, err := user.Current(); err == nil {
		red.Hide("user", u.Username, u.Name, filepath.Base(u.Username))
		red.Hide("path", u.HomeDir)
	}
	if home, err := os.UserHomeDir(); err == nil {
		red.Hide("path", home)
	}
}

// hideLead hides what a link and its package are called.
func hideLead(red *Redactor, lead app.Lead, l *Link) {
	red.Hide("name", lead.Link.Name)
	if l != nil {
		red.Hide("name", l.Name)
	}
	if p, err := pack.Open(lead.Grove); lead.Grove != nil && err == nil {
		red.Hide("name", p.Manifest.Name, p.Manifest.About, p.Manifest.Series)
		for _, f := range p.Manifest.Files {
			red.Hide("name", f.Path...)
		}
	}
}

// transferLog is the event log of a transfer, which has a number in place of a
// name.
type transferLog struct {
	Transfer int        `json:"transfer"`
	State    string     `json:"state"`
	Problem  string     `json:"problem,omitempty"`
	Events   []eventLog `json:"events"`
}

type eventLog struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	Text  string    `json:"text,omitempty"`
}

func transferLogOf(n int, rec app.Record, entries []app.LogEntry) transferLog {
	out := transferLog{Transfer: n + 1, State: fmt.Sprint(rec.State), Problem: rec.Problem, Events: []eventLog{}}
	for _, e := range entries[max(0, len(entries)-maxLogLine):] {
		out.Events = append(out.Events, eventLog{e.Time.UTC(), e.Event, e.Text})
	}
	return out
}

// running is what the Go runtime says of this process.
type running struct {
	Goroutines int    `json:"goroutines"`
	Heap       uint64 `json:"heap_bytes"`
	System     uint64 `json:"system_bytes"`
	GCs        uint32 `json:"garbage_collections"`
	CPUs       int    `json:"cpus"`
}

func runningNow() running {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return running{runtime.NumGoroutine(), m.HeapAlloc, m.Sys, m.NumGC, runtime.NumCPU()}
}

// settingsShown are the settings without what names a place or a computer. A
// text that is a choice stays, and of addresses their kind.
func settingsShown(set app.Settings) app.Settings {
	for _, s := range []*string{&set.Folder, &set.Network.Bind, &set.Network.DHT.Prefix} {
		if *s != "" {
			*s = "set"
		}
	}
	return set
}

// bundleOf redacts and writes the files.
func bundleOf(red *Redactor, r *Report, set app.Settings, logs []transferLog, entries []Entry) (*Bundle, error) {
	b := &Bundle{}
	clean, err := Redacted(red, *r)
	if err != nil {
		return nil, err
	}
	b.Files = append(b.Files, BundleFile{"doctor.txt", "this report", []byte(red.Text(clean.Text(false)))})
	for _, f := range []struct {
		name, about string
		data        func() ([]byte, error)
	}{
		{"doctor.json", "the same for programs", func() ([]byte, error) { return jsonOf(red, *r) }},
		{"settings.json", "the settings", func() ([]byte, error) { return jsonOf(red, settingsShown(set)) }},
		{"versions.json", "which Grove this is", func() ([]byte, error) { return jsonOf(red, r.Grove.Build) }},
		{"runtime.json", "memory and goroutines", func() ([]byte, error) { return jsonOf(red, runningNow()) }},
		{"events.jsonl", "the last events of your transfers", func() ([]byte, error) { return jsonLines(red, logs) }},
		{"log.jsonl", "what the network logged while this ran", func() ([]byte, error) { return jsonLines(red, entries) }},
	} {
		data, err := f.data()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		b.Files = append(b.Files, BundleFile{f.name, f.about, data})
	}
	return b, nil
}

func jsonOf[T any](red *Redactor, v T) ([]byte, error) {
	v, err := Redacted(red, v)
	if err != nil {
		return nil, err
	}
	b, err := marshal(v, "  ")
	return b, err
}

func jsonLines[T any](red *Redactor, all []T) ([]byte, error) {
	var out bytes.Buffer
	for _, v := range all {
		v, err := Redacted(red, v)
		if err != nil {
			return nil, err
		}
		b, err := marshal(v, "")
		if err != nil {
			return nil, err
		}
		out.Write(b)
	}
	return out.Bytes(), nil
}

func marshal(v any, indent string) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return out.Bytes(), err
}

// Write writes the archive to path, readable by the user only. TargetExists
// where something is there already.
func (b *Bundle) Write(path string) error {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range b.Files {
		w, err := z.Create(f.Name) // without a date, which nobody needs
		if err == nil {
			_, err = w.Write(f.Data)
		}
		if err != nil {
			return app.NewProblem(app.Internal, path, err)
		}
	}
	if err := z.Close(); err != nil {
		return app.NewProblem(app.Internal, path, err)
	}
	return files.Place(path, out.Bytes(), 0o600)
}
