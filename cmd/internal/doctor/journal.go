package doctor

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// maxEntries bounds a journal: the first are kept and the last.
const (
	firstEntries = 500
	maxEntries   = 5000
)

// Journal keeps what is logged, for a bundle. It implements slog.Handler.
type Journal struct {
	log   *journalLog
	attrs []slog.Attr // of With
	group string
}

type journalLog struct {
	mu      sync.Mutex
	entries []Entry // guarded by mu
	dropped int     // guarded by mu; between the first and the last
}

// Entry is one line of a log.
type Entry struct {
	Time    time.Time      `json:"time"`
	Level   string         `json:"level"`
	Message string         `json:"message"`
	Attrs   map[string]any `json:"attrs,omitempty"` // texts, numbers and truths
	Dropped int            `json:"dropped,omitempty"`
}

// NewJournal is an empty journal that takes every level.
func NewJournal() *Journal { return &Journal{log: &journalLog{}} }

// Enabled implements slog.Handler.
func (*Journal) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (j *Journal) Handle(_ context.Context, r slog.Record) error {
	e := Entry{Time: r.Time.UTC(), Level: r.Level.String(), Message: r.Message}
	put := func(group string, a slog.Attr) { e.put(group, a) }
	for _, a := range j.attrs {
		put("", a) // has its group in its key
	}
	r.Attrs(func(a slog.Attr) bool { put(j.group, a); return true })
	j.log.mu.Lock()
	defer j.log.mu.Unlock()
	if j.log.entries = append(j.log.entries, e); len(j.log.entries) > maxEntries {
		j.log.entries = slices.Delete(j.log.entries, firstEntries, firstEntries+1000)
		j.log.dropped += 1000
	}
	return nil
}

func (e *Entry) put(group string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		for _, sub := range v.Group() {
			e.put(group+a.Key+"_", sub)
		}
		return
	}
	if e.Attrs == nil {
		e.Attrs = map[string]any{}
	}
	switch key := group + a.Key; v.Kind() {
	case slog.KindInt64:
		e.Attrs[key] = float64(v.Int64())
	case slog.KindUint64:
		e.Attrs[key] = float64(v.Uint64())
	case slog.KindFloat64:
		e.Attrs[key] = v.Float64()
	case slog.KindBool:
		e.Attrs[key] = v.Bool()
	default:
		e.Attrs[key] = v.String()
	}
}

// WithAttrs implements slog.Handler.
func (j *Journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *j
	next.attrs = slices.Clone(j.attrs)
	for _, a := range attrs {
		a.Key = j.group + a.Key
		next.attrs = append(next.attrs, a)
	}
	return &next
}

// WithGroup implements slog.Handler.
func (j *Journal) WithGroup(name string) slog.Handler {
	next := *j
	if name != "" {
		next.group += name + "_"
	}
	return &next
}

// Entries are what was logged so far; one says how many were left out.
func (j *Journal) Entries() []Entry {
	j.log.mu.Lock()
	defer j.log.mu.Unlock()
	out := slices.Clone(j.log.entries)
	if n := j.log.dropped; n > 0 {
		out = slices.Insert(out, firstEntries, Entry{Time: out[firstEntries].Time, Level: "INFO", Message: "dropped", Dropped: n})
	}
	return out
}
