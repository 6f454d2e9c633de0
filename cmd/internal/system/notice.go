package system

import (
	"context"
	"strings"

	"grove/cmd/internal/spell"
)

// Notice is something to tell a person who may not look at the window.
type Notice struct {
	Kind NoticeKind
	// Name is a package's title, from a stranger. Windows is not told it.
	Name string
	// Title and Body are Grove's own sentences, with no name in them.
	Title, Body string
}

// NoticeKind is a closed list.
type NoticeKind string

// The kinds of notice.
const (
	NoticeFinished NoticeKind = "finished"
	NoticeFailed   NoticeKind = "failed"
)

// How much of a notice is shown, in characters.
const (
	maxTitle = 80
	maxBody  = 200
	maxName  = 100
)

// Notifier shows notices. Safe for concurrent use; Close it in the end. Some
// desktops take a notice away with the program that brought it.
type Notifier struct {
	App  string // the program's name
	Icon string // absolute path of a PNG; "" is none

	way way
}

// Notify shows a notice and returns when the system has it.
func (n *Notifier) Notify(ctx context.Context, note Notice) error {
	note.Title, note.Body, note.Name = plain(note.Title, maxTitle), plain(note.Body, maxBody), plain(note.Name, maxName)
	return n.way.show(ctx, n.App, n.Icon, note)
}

// Close ends what Notify keeps open.
func (n *Notifier) Close() error { return n.way.close() }

// withName is the body with the stranger's name before it, on a line of its
// own.
func (n Notice) withName() string {
	return strings.TrimSpace(n.Name + "\n" + n.Body)
}

// plain is s as it may be shown in one line, whoever wrote it: without
// control, format and direction characters, and with at most limit characters.
func plain(s string, limit int) string {
	s = spell.Clean(s)
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
