// Package host is what the pages of the window stand on: the engine and the
// desktop as they see them, and the window around them.
package host

import (
	"context"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

// Engine is *app.Engine as the window uses it. None of it is called on the UI
// goroutine.
type Engine interface {
	Next(ctx context.Context, since uint64) (*app.Snapshot, error)

	Inspect(ctx context.Context, lead app.Lead) (*app.Offer, error)
	// Scout says who has the offered package, again whenever that changes,
	// until ctx ends.
	Scout(ctx context.Context, o *app.Offer, found func(app.Outlook)) error
	Accept(ctx context.Context, o *app.Offer, c app.Choice) error

	Pause(ctx context.Context, id uuid.UUID) error
	Resume(ctx context.Context, id uuid.UUID) error
	PauseAll(ctx context.Context) error
	ResumeAll(ctx context.Context) error
	Move(ctx context.Context, id uuid.UUID, to int) error // to a place in the list; 0 is the first
	SetLimit(ctx context.Context, id uuid.UUID, bytesPerSecond int64) error
	// SetPolicy says how much the origin sends; PolicyPublisher is what the
	// settings say.
	SetPolicy(ctx context.Context, id uuid.UUID, p app.Policy) error
	SetGive(ctx context.Context, id uuid.UUID, g app.Give) error // how much is given to others
	StopSharing(ctx context.Context, id uuid.UUID) error
	// Remove takes a transfer or an offer off the list. It returns when nothing
	// of it is open any more. Finished files stay.
	Remove(ctx context.Context, id uuid.UUID) error

	Detail(ctx context.Context, id uuid.UUID) (*app.Detail, error)
	Log(ctx context.Context, id uuid.UUID) ([]app.LogEntry, error)
	Publishers(ctx context.Context) ([]app.Publisher, error)
	SetPublisher(ctx context.Context, key pack.PublicKey, name string, blocked bool) error
	// SetPublisherBudget bounds what is given of his packages in a month, in bytes;
	// 0 is no bound of its own.
	SetPublisherBudget(ctx context.Context, key pack.PublicKey, bytes int64) error
	// Ledger returns the rows of the days from first to last (2006-01-02).
	Ledger(ctx context.Context, first, last string) ([]app.LedgerRow, error)
	SetSettings(ctx context.Context, s app.Settings) error
}

// Desktop is the system around the window. None of it is called on the UI
// goroutine but what says so.
type Desktop interface {
	// ReadLead reads what a person has in hand: a link, a page with a link in
	// it, the address of a .grove file, or the path of one. Nothing is fetched.
	ReadLead(ctx context.Context, text string) (app.Lead, error)
	// IsLink reports whether text is a Grove link, or a page with one. It only
	// parses, on any goroutine.
	IsLink(text string) bool
	Downloads() string                                      // the system's folder for downloads; any goroutine
	DataFolder() string                                     // any goroutine
	Version() string                                        // of this program; any goroutine
	Free(ctx context.Context, folder string) (int64, error) // bytes
	Link(ctx context.Context, id uuid.UUID) (string, error) // of a package shared from here
	Share(ctx context.Context, r Share, progress func(done, total int64)) (uuid.UUID, error)
	// Keep follows the copy of the transfer id that the server at, the KeepAt
	// of its Share, is to have, and says how much of it is there. It returns
	// when the server has all of it, with a problem when it never will, or when
	// ctx ends.
	Keep(ctx context.Context, id uuid.UUID, at string, progress func(have, size int64)) error
	LastKeeper(ctx context.Context) string // KeepAt of the last Share that had one; "" is none
	// Reach says how others get to this computer, again whenever that changes,
	// until ctx ends or Grove does.
	Reach(ctx context.Context, found func(Reach))

	// CanOpen reports whether a file of this name is of a kind that is safe to
	// open; any goroutine. Open refuses what is not, also by its content.
	CanOpen(name string) bool
	Open(ctx context.Context, path string) error
	Reveal(ctx context.Context, path string) error // in the file manager
	OpenWeb(ctx context.Context, url string) error
	Trash(ctx context.Context, path string) error
	Notify(n Notice)                              // any goroutine; returns at once
	HasTray() bool                                // a tray is there to hide in; any goroutine
	Interfaces(ctx context.Context) []string      // names of the network interfaces that are up
	Diagnose(ctx context.Context) (string, error) // what a report of a fault needs, without names and addresses
}

// Share is what a person wants to share.
type Share struct {
	Paths   []string // absolute; files and folders that lie in one folder
	Title   string   // "" is the name of the file or folder
	About   string
	Poster  string // path of a PNG or JPEG; "" is none
	Private bool   // only who has the link can find and get it
	Days    int    // until it expires; 0 is never
	KeepAt  string // base URL, ending in /, of a server to keep a copy; "" is none
}

// Notice is something to tell a person who may not look at the window.
type Notice struct {
	Kind NoticeKind
	// Name is a package's title, from a stranger. Systems that would take it
	// for more than text are told the kind alone.
	Name string
	// Title and Body are the sentences of Kind in the user's language; Body has
	// no name in it.
	Title, Body string
}

// NoticeKind is a closed list.
type NoticeKind string

// The kinds of notice.
const (
	NoticeFinished NoticeKind = "finished"
	NoticeFailed   NoticeKind = "failed"
)
