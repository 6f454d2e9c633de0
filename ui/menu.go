package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"grove/ui/look"
)

// menu is the main menu: what can be done anywhere, what the page in front can
// do, and where to go. Every entry shows its keys.
func (w *Window) menu() *fyne.MainMenu {
	say := w.host.Words
	file := fyne.NewMenu(say.T("window.menu_file"),
		entry(say.T("window.get_clipboard"), ctrl(fyne.KeyV, fyne.KeyModifierShift), w.getClipboard),
		entry(say.T("window.open_grove"), ctrl(fyne.KeyO, 0), w.chooseGrove),
		fyne.NewMenuItemSeparator(),
		entry(say.T("window.share_file"), ctrl(fyne.KeyN, 0), func() { w.chooseFiles(w.host.Share) }),
		entry(say.T("window.share_folder"), ctrl(fyne.KeyN, fyne.KeyModifierShift), func() {
			w.chooseFolder("", func(p string) { w.host.Share([]string{p}) })
		}),
		fyne.NewMenuItemSeparator(),
		entry(say.T("window.pause_all"), ctrl(fyne.KeyP, fyne.KeyModifierShift), func() { w.commandAll(false) }),
		entry(say.T("window.resume_all"), ctrl(fyne.KeyR, fyne.KeyModifierShift), func() { w.commandAll(true) }),
		fyne.NewMenuItemSeparator(),
	)
	quit := entry(say.T("common.quit"), ctrl(fyne.KeyQ, 0), w.quit)
	quit.IsQuit = true
	file.Items = append(file.Items, quit)

	menus := []*fyne.Menu{file}
	w.here = nil
	if commands := w.front().Commands(); len(commands) > 0 {
		here := fyne.NewMenu(say.T("window." + string(w.place)))
		for _, c := range commands {
			here.Items = append(here.Items, entry(c.Text, c.Shortcut, c.Do))
		}
		w.here = here.Items
		menus = append(menus, here)
	}
	view := fyne.NewMenu(say.T("window.menu_go"))
	for i, p := range places {
		key := fyne.KeyName(rune('1' + i))
		view.Items = append(view.Items, entry(say.T("window."+string(p.place)), ctrl(key, 0), func() { w.go_(p.place) }))
	}
	return fyne.NewMainMenu(append(menus, view)...)
}

// changed greys out what the page in front cannot do now.
func (w *Window) changed() {
	any := false
	for i, c := range w.front().Commands() {
		if i == len(w.here) { // the page is not in front yet
			break
		}
		off := c.Enabled != nil && !c.Enabled()
		any = any || off != w.here[i].Disabled
		w.here[i].Disabled = off
	}
	if any {
		w.win.MainMenu().Refresh()
	}
}

func entry(text string, keys fyne.Shortcut, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(text, do)
	i.Shortcut = keys
	return i
}

// ctrl is the system's key for commands with another.
func ctrl(key fyne.KeyName, more fyne.KeyModifier) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | more}
}

// addKeys are the keys that need no menu.
func (w *Window) addKeys() {
	c := w.win.Canvas()
	c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) { w.getClipboard() })
	c.SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			w.dismiss()
		}
	})
}

// getClipboard looks at whatever lies on the clipboard.
func (w *Window) getClipboard() {
	text := w.cfg.App.Clipboard().Content()
	if text == "" {
		w.messages.say(w.host.Words.T("window.clipboard_empty"))
		return
	}
	w.get(text)
}

// commandAll pauses everything, or starts again what that paused.
func (w *Window) commandAll(again bool) {
	w.do(func(ctx context.Context) (func(), error) {
		if again {
			return nil, w.cfg.Engine.ResumeAll(ctx)
		}
		return nil, w.cfg.Engine.PauseAll(ctx)
	})
}

// quit ends the program: Run returns.
func (w *Window) quit() {
	w.front().Close()
	w.stop()
	w.cfg.App.Quit()
}

// closed is the window's close button: into the tray where there is one and
// the user wants it, else the end. What it does is said once.
func (w *Window) closed() {
	toTray := w.tray != nil && w.cfg.Desk.HasTray() && (w.snap == nil || w.snap.Settings.Window.Tray)
	act := w.quit
	key := "window.close_quits"
	if toTray {
		act, key = w.hide, "window.close_hides"
	}
	if w.snap == nil || w.snap.Settings.Window.CloseTold || w.closing {
		act()
		return
	}
	w.closing = true
	say := w.host.Words
	w.question(say.T("window.close_title"), say.T(key), look.Main(say.T(key+"_yes"), nil, nil), func() {
		set := w.snap.Settings
		set.Window.CloseTold = true
		w.do(func(ctx context.Context) (func(), error) { return act, w.cfg.Engine.SetSettings(ctx, set) })
	}, func() { w.closing = false })
}

// hide leaves only the tray.
func (w *Window) hide() {
	w.closing = false
	w.win.Hide()
	w.pulse.set(hidden)
}
