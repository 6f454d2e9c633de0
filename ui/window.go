// Package ui is the window: a sidebar, the place it leads to, cards in front
// of it, menus, and what happens when something is dropped on it or pasted.
//
// It reads snapshots and sends commands. One goroutine follows the engine,
// each job has one of its own, and everything they have to show goes through
// the mailbox (mailbox.go), which holds the program's one fyne.Do. Run returns
// when all of them have ended.
package ui

import (
	"context"
	"errors"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/cards"
	"grove/ui/downloads"
	"grove/ui/host"
	"grove/ui/insights"
	"grove/ui/look"
	"grove/ui/publishers"
	"grove/ui/settings"
	"grove/ui/shared"
	"grove/ui/words"
)

// Config is what a window is made of.
type Config struct {
	App      fyne.App
	Engine   host.Engine
	Desk     host.Desktop
	Settings app.Settings // as they are at the start
	Language []string     // the user's languages, best first, where Settings name none
	Open     []string     // links and files to look at
	Hidden   bool         // begin in the tray, where there is one
	Notices  []error      // what the user should know of the start
}

// Window is the window and everything in it. All but Run is owned by the UI
// goroutine.
type Window struct {
	cfg     Config
	host    *host.Host
	win     fyne.Window
	box     *mailbox
	ctx     context.Context
	stop    context.CancelFunc
	jobs    sync.WaitGroup
	under   int // jobs whose end was not seen yet
	pulse   *pulse
	newest  newest
	showing func(*app.Snapshot) // show

	snap     *app.Snapshot // nil before the first
	place    host.Place
	pages    map[host.Place]host.Page
	cards    []host.Page // in front of the place; the last is seen
	area     *fyne.Container
	here     []*fyne.MenuItem // of the commands of the page in front
	side     *sidebar
	messages *messages
	clip     clipboard
	tray     *tray
	watch    watch
	closing  bool // what closing does is being said
}

// size is what the window opens with, and the least it is laid out for.
var (
	openSize  = fyne.NewSize(1040, 720)
	leastSize = fyne.NewSize(480, 360)
)

// New makes the window; nothing is shown before Run.
func New(cfg Config) *Window { return newWindow(cfg, fyne.Do) }

// newWindow makes one whose mailbox is visited by enter.
func newWindow(cfg Config, enter func(func())) *Window {
	language := cfg.Language
	if l := cfg.Settings.Window.Language; l != "" {
		language = []string{l}
	}
	w := &Window{cfg: cfg, win: cfg.App.NewWindow("Grove"), box: newMailbox(enter), pulse: newPulse(), area: container.NewStack()}
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.showing = w.show
	w.host = w.newHost(words.New(language...))
	w.pages = map[host.Place]host.Page{
		host.Downloads:  downloads.New(w.host),
		host.Shared:     shared.New(w.host),
		host.Publishers: publishers.New(w.host),
		host.Insights:   insights.New(w.host),
		host.Settings:   settings.New(w.host),
	}
	w.appear(cfg.Settings)
	w.side = newSidebar(w)
	w.messages = newMessages(w, w.area)
	w.win.SetContent(newFrame(w.side, w.messages.around))
	w.win.Resize(openSize)
	w.win.SetIcon(look.AppIcon())
	w.win.SetOnDropped(func(_ fyne.Position, files []fyne.URI) { w.dropped(files) })
	w.win.SetCloseIntercept(w.closed)
	w.go_(host.Downloads)
	w.addKeys()
	return w
}

// Run shows the window and returns when the user quit and nothing that the
// window started is running any more.
func (w *Window) Run() {
	life := w.cfg.App.Lifecycle()
	life.SetOnEnteredForeground(func() {
		w.pulse.set(inFront)
		w.lookAtClipboard()
		w.cfg.Desk.HasTray() // it may have gone, and closing the window must not hide it then
	})
	life.SetOnExitedForeground(func() { w.pulse.set(behind) })
	w.startTray()
	if w.cfg.Hidden && w.tray != nil {
		w.pulse.set(hidden)
	} else {
		w.win.Show()
	}
	w.jobs.Go(w.follow)
	w.cfg.App.Run()
	w.stop()
	w.jobs.Wait()
}

// newHost is what the pages see of the window.
func (w *Window) newHost(say *words.Words) *host.Host {
	return &host.Host{
		Engine: w.cfg.Engine, Desk: w.cfg.Desk, Words: say, Window: w.win,
		Do: w.do, Post: w.box.post,
		Say:  func(s string) { w.messages.say(s) },
		Tell: func(err error) { w.messages.tell(err) },
		Ask:  w.ask,
		Go:   w.go_, Select: w.selectTransfer, Changed: w.changed,
		Present: w.present, Dismiss: w.dismiss,
		Get: w.get, Share: func(paths []string) { w.present(cards.NewShare(w.host, paths)) },
		Copy: w.copy, ChooseFolder: w.chooseFolder, ChooseFiles: w.chooseFiles,
	}
}

// do carries out a job away from the UI goroutine.
func (w *Window) do(job func(context.Context) (func(), error)) {
	w.under++
	w.jobs.Go(func() {
		then, err := job(w.ctx)
		w.pulse.hurry()
		w.box.post(func() {
			w.under--
			if err != nil && !errors.Is(err, context.Canceled) && w.ctx.Err() == nil {
				w.messages.tell(err)
			}
			if then != nil {
				then()
			}
		})
	})
}

// show takes over a snapshot.
func (w *Window) show(s *app.Snapshot) {
	first := w.snap == nil
	if first || w.snap.Settings.Window != s.Settings.Window {
		w.appear(s.Settings)
	}
	w.snap = s
	w.side.show(s)
	w.tray.show(trayOf(s))
	w.front().Show(s)
	w.changed()
	if first {
		w.begin(s)
	}
}

// begin is the first thing seen: the welcome once, then what the program was
// started with.
func (w *Window) begin(s *app.Snapshot) {
	for _, err := range w.cfg.Notices {
		w.messages.tell(err)
	}
	for _, text := range w.cfg.Open {
		w.get(text)
	}
	if !s.Settings.Welcomed {
		w.present(cards.NewWelcome(w.host, s.Settings))
	}
}

// appear takes over how the user wants the window to look.
func (w *Window) appear(s app.Settings) {
	w.cfg.App.Settings().SetTheme(look.New(s.Window.Appearance, s.Window.Scale))
	w.host.Words.SetBits(s.Window.Bits)
}

// front is the page that is seen: the last card, else the place.
func (w *Window) front() host.Page {
	if n := len(w.cards); n > 0 {
		return w.cards[n-1]
	}
	return w.pages[w.place]
}

// bring shows p in the area; the one before has been closed.
func (w *Window) bring(p host.Page) {
	w.area.Objects = []fyne.CanvasObject{p.Content()}
	w.area.Refresh()
	if w.snap != nil {
		p.Show(w.snap)
	}
	w.win.SetMainMenu(w.menu())
	w.changed()
}

// go_ shows a place; the cards in front of it go.
func (w *Window) go_(p host.Place) {
	for len(w.cards) > 0 {
		w.cards[len(w.cards)-1].Close()
		w.cards = w.cards[:len(w.cards)-1]
	}
	if old := w.pages[w.place]; old != nil && w.place != p {
		old.Close()
	}
	w.place = p
	w.side.mark(p)
	w.bring(w.pages[p])
}

// present puts a card in front of what is seen.
func (w *Window) present(card host.Page) {
	w.cards = append(w.cards, card)
	w.bring(card)
}

// dismiss takes the card in front away.
func (w *Window) dismiss() {
	n := len(w.cards)
	if n == 0 {
		return
	}
	w.cards[n-1].Close()
	w.cards = w.cards[:n-1]
	w.bring(w.front())
}

// selectTransfer goes where a transfer is listed and selects it.
func (w *Window) selectTransfer(id uuid.UUID) {
	place := host.Downloads
	if w.snap != nil {
		if v := w.snap.Transfer(id); v != nil && v.Shared {
			place = host.Shared
		}
	}
	w.go_(place)
	if p, ok := w.pages[place].(interface{ Select(uuid.UUID) }); ok {
		p.Select(id)
	}
}

// reveal brings the window to the front.
func (w *Window) reveal() {
	w.win.Show()
	w.win.RequestFocus()
	w.pulse.set(inFront)
	w.newest.deliver(w.box, w.showing)
}
