package host

import (
	"context"

	"fyne.io/fyne/v2"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/words"
)

// Host is the window around a page. Its functions are called on the UI
// goroutine, Post excepted.
type Host struct {
	Engine Engine
	Desk   Desktop
	Words  *words.Words
	Window fyne.Window

	// Do runs job on a goroutine of the window's own and then, back on the UI
	// goroutine, what it returned. An error is shown to the user; a canceled
	// context is none. ctx ends with the window.
	Do func(job func(ctx context.Context) (then func(), err error))
	// Post runs f on the UI goroutine, soon. Any goroutine; for the progress of
	// a job.
	Post func(f func())

	// Say shows a sentence at the foot of the window for a while.
	Say func(text string)
	// Tell shows an error there until it is closed.
	Tell func(err error)
	// Ask asks for consent before something that cannot be undone; yes is the
	// text of the button that runs then.
	Ask func(title, text, yes string, then func())

	// Go shows a place. Select shows a transfer in the place it belongs to.
	Go     func(Place)
	Select func(id uuid.UUID)
	// Changed says that other commands than before can be done now.
	Changed func()
	// Present puts a card in front of the page; Dismiss takes it away again.
	Present func(Page)
	Dismiss func()
	// Get looks at what a person has in hand and presents the offer.
	Get func(text string)
	// Share presents the card for sharing these files.
	Share func(paths []string)

	Copy         func(text string) // to the clipboard
	ChooseFolder func(start string, then func(path string))
	ChooseFiles  func(then func(paths []string))
}

// Place is where the sidebar leads.
type Place string

// The places, in the order of the sidebar.
const (
	Downloads  Place = "downloads"
	Shared     Place = "shared"
	Publishers Place = "publishers"
	Insights   Place = "insights"
	Settings   Place = "settings"
)

// Limits are the rates a limit is chosen from, bytes a second; 0 is none.
var Limits = []int64{0, 256e3, 1e6, 2e6, 5e6, 10e6}

// Page is one place, or a card in front of one. Its methods are called on the
// UI goroutine.
type Page interface {
	Content() fyne.CanvasObject
	// Show takes over a snapshot: when the page comes into view, and at every
	// tick while it is.
	Show(s *app.Snapshot)
	// Commands are what can be done here with the keyboard; the window puts them
	// into the menu. The list does not change.
	Commands() []Command
	// Close is called when the page goes out of view.
	Close()
}

// Command is a thing to do that the menu lists.
type Command struct {
	Text     string // in the user's language
	Shortcut fyne.Shortcut
	Enabled  func() bool // nil is always
	Do       func()
}
