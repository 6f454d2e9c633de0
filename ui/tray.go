package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

// tray is Grove's place beside the clock: show, pause all, limits, quit. It is
// nil where the system has none; then the window does not hide.
type tray struct {
	win   *Window
	menu  *fyne.Menu
	pause *fyne.MenuItem
	limit *fyne.MenuItem
	state trayState
}

// trayState is what the menu depends on.
type trayState struct {
	held  bool // PauseAll paused something
	timed bool // the timetable decides about limits
}

func trayOf(s *app.Snapshot) trayState {
	return trayState{s.Held > 0, len(s.Settings.Timetable) > 0}
}

func (w *Window) startTray() {
	a, ok := w.cfg.App.(desktop.App)
	if !ok || !w.cfg.Desk.HasTray() {
		return
	}
	say := w.host.Words
	t := &tray{win: w}
	t.pause = fyne.NewMenuItem(say.T("window.pause_all"), func() { w.commandAll(t.state.held) })
	t.limit = fyne.NewMenuItem(say.T("window.limit"), nil)
	t.limit.ChildMenu = fyne.NewMenu("")
	for _, n := range host.Limits {
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
func (t *tray) show(s trayState) {
	if t == nil || t.state == s {
		return
	}
	t.state = s
	pause, limit := "window.pause_all", "window.limit"
	if s.held {
		pause = "window.resume_all"
	}
	if s.timed {
		limit = "window.limit_timetable"
	}
	t.pause.Label = t.win.host.Words.T(pause)
	t.limit.Label, t.limit.Disabled = t.win.host.Words.T(limit), s.timed
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
