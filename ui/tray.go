package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"grove/app"
	"grove/ui/look"
)

// tray is Grove's place beside the clock: show, pause all, limits, quit. It is
// nil where the system has none; then the window does not hide.
type tray struct {
	win   *Window
	host  desktop.App
	menu  *fyne.Menu
	pause *fyne.MenuItem
	limit *fyne.MenuItem
	held  bool
	timed bool // the timetable decides
}

// limits are the choices of the tray, bytes a second; 0 is none.
var limits = []int64{0, 256e3, 1e6, 2e6, 5e6, 10e6}

func (w *Window) startTray() {
	a, ok := w.cfg.App.(desktop.App)
	if !ok || !w.cfg.Desk.HasTray() {
		return
	}
	say := w.host.Words
	t := &tray{win: w, host: a}
	t.pause = fyne.NewMenuItem(say.T("window.pause_all"), func() { w.commandAll(t.held) })
	t.limit = fyne.NewMenuItem(say.T("window.limit"), nil)
	t.limit.ChildMenu = fyne.NewMenu("")
	for _, n := range limits {
		text := say.T("window.no_limit")
		if n > 0 {
			text = say.Rate(float64(n))
		}
		t.limit.ChildMenu.Items = append(t.limit.ChildMenu.Items, fyne.NewMenuItem(text, func() { w.limitAll(n) }))
	}
	quit := fyne.NewMenuItem(say.T("common.quit"), w.quit)
	quit.IsQuit = true
	t.menu = fyne.NewMenu("Grove", fyne.NewMenuItem(say.T("window.show"), w.reveal), fyne.NewMenuItemSeparator(),
		t.pause, t.limit, fyne.NewMenuItemSeparator(), quit)
	a.SetSystemTrayIcon(look.AppIcon()) // on its own ground: panels are dark or light
	a.SetSystemTrayMenu(t.menu)
	w.tray = t
}

// show keeps the menu true. Where a timetable decides, no other limit can be
// chosen: it would have to be thrown away.
func (t *tray) show(s *app.Snapshot) {
	if t == nil || t.held == (s.Held > 0) && t.timed == (len(s.Settings.Timetable) > 0) {
		return
	}
	t.held, t.timed = s.Held > 0, len(s.Settings.Timetable) > 0
	pause, limit := "window.pause_all", "window.limit"
	if t.held {
		pause = "window.resume_all"
	}
	if t.timed {
		limit = "window.limit_timetable"
	}
	t.pause.Label = t.win.host.Words.T(pause)
	t.limit.Label, t.limit.Disabled = t.win.host.Words.T(limit), t.timed
	t.menu.Refresh()
}

// limitAll holds all downloads together to n bytes a second.
func (w *Window) limitAll(n int64) {
	if w.snap == nil {
		return
	}
	set := w.snap.Settings
	set.Down = n
	w.do(func(ctx context.Context) (func(), error) { return nil, w.cfg.Engine.SetSettings(ctx, set) })
}
