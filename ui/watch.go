package ui

import (
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
)

// watch notices what a person who does not look would want to know. It is
// owned by the goroutine that follows the engine.
type watch struct {
	states map[uuid.UUID]app.State // of the snapshot before; nil before the first
}

// happened is one thing to tell.
type happened struct {
	kind host.NoticeKind
	name string
}

// notices compares a snapshot with the one before.
func (w *watch) notices(s *app.Snapshot) []happened {
	before := w.states
	w.states = make(map[uuid.UUID]app.State, len(s.Transfers))
	var out []happened
	for i := range s.Transfers {
		v := &s.Transfers[i]
		w.states[v.ID] = v.State
		was, known := before[v.ID]
		if !known || !s.Settings.Window.Notify || v.Shared {
			continue
		}
		switch {
		case was == app.Downloading && (v.State == app.Done || v.State == app.Seeding):
			out = append(out, happened{host.NoticeFinished, v.Name})
		case was != app.Failed && v.State == app.Failed:
			out = append(out, happened{host.NoticeFailed, v.Name})
		}
	}
	return out
}

// worded is a notice in the user's language.
func (w *Window) worded(h happened) host.Notice {
	key := "window.notice_" + string(h.kind)
	return host.Notice{Kind: h.kind, Name: h.name, Title: w.host.Words.T(key), Body: w.host.Words.T(key + "_body")}
}
