package shared

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// act is something to do with one share.
type act uint8

const (
	actNone act = iota
	actCopy
	actStop // giving it to others
	actAgain
	actReveal
	actRemove
)

// every is all there is to do, in the order of menus and buttons.
var every = []act{actCopy, actStop, actAgain, actReveal, actRemove}

// key is the text of an act.
func (a act) key() string {
	switch a {
	case actCopy:
		return "shared.copy_link"
	case actStop:
		return "shared.stop"
	case actAgain:
		return "shared.again"
	case actReveal:
		return "common.show_in_folder"
	}
	return "shared.remove"
}

func (a act) icon() fyne.Resource {
	switch a {
	case actCopy:
		return look.Icon("link")
	case actStop:
		return look.Icon("pause")
	case actAgain:
		return look.Icon("shared")
	case actReveal:
		return look.Icon("folder")
	}
	return look.Icon("close")
}

// shortcut is the keys of an act.
func (a act) shortcut() fyne.Shortcut {
	keys := &desktop.CustomShortcut{Modifier: fyne.KeyModifierShortcutDefault}
	switch a {
	case actCopy:
		keys.KeyName = fyne.KeyL
	case actStop, actAgain:
		keys.KeyName = fyne.KeyG
	case actReveal:
		keys.KeyName, keys.Modifier = fyne.KeyReturn, fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift
	case actRemove:
		keys.KeyName, keys.Modifier = fyne.KeyDelete, 0
	}
	return keys
}

// can reports whether an act makes sense for a share in this state.
func can(a act, v *app.View) bool {
	switch a {
	case actCopy, actRemove:
		return true
	case actStop:
		return v.State == app.Seeding || v.State == app.Checking || v.State == app.Queued
	case actAgain:
		return v.State == app.Done || v.State == app.Paused || v.State == app.Failed
	case actReveal:
		return v.Path != ""
	}
	return false
}

// newCommands makes the list of commands. Of two acts that take turns the one
// that can be done is done.
func (p *Page) newCommands() []host.Command {
	say := p.host.Words.T
	var all []host.Command
	add := func(text string, acts ...act) {
		all = append(all, host.Command{Text: text, Shortcut: acts[0].shortcut(),
			Enabled: func() bool { return p.which(acts) != actNone },
			Do:      func() { p.run(p.which(acts)) }})
	}
	add(say("shared.copy_link"), actCopy)
	add(say("shared.stop_again"), actStop, actAgain)
	add(say("common.show_in_folder"), actReveal)
	add(say("shared.remove"), actRemove)
	return all
}

// which of the acts can be done with the selected share, or actNone.
func (p *Page) which(acts []act) act {
	if v := p.current(); v != nil {
		for _, a := range acts {
			if can(a, v) {
				return a
			}
		}
	}
	return actNone
}

// menu opens the menu of a row.
func (p *Page) menu(id uuid.UUID, at fyne.Position) {
	p.choose(id)
	m := fyne.NewMenu("")
	for _, a := range every {
		if v := p.current(); v != nil && can(a, v) {
			item := fyne.NewMenuItem(p.host.Words.T(a.key()), func() { p.run(a) })
			item.Shortcut, item.Icon = a.shortcut(), a.icon()
			m.Items = append(m.Items, item)
		}
	}
	widget.ShowPopUpMenuAtPosition(m, p.host.Window.Canvas(), at)
}

// run does something with the selected share, where it can be done now.
func (p *Page) run(a act) {
	v := p.current()
	if v == nil || !can(a, v) {
		return
	}
	id, path, engine := v.ID, v.Path, p.host.Engine
	switch a {
	case actCopy:
		p.copyLink()
	case actStop:
		p.order(func(ctx context.Context) error { return engine.StopSharing(ctx, id) })
	case actAgain:
		p.order(func(ctx context.Context) error { return engine.Resume(ctx, id) })
	case actReveal:
		p.order(func(ctx context.Context) error { return p.host.Desk.Reveal(ctx, path) })
	case actRemove:
		say := p.host.Words.T
		p.host.Ask(say("shared.remove_title", "name", words.Plain(v.Name, nameLimit)), say("shared.remove_text"), say("common.remove"),
			func() { p.order(func(ctx context.Context) error { return engine.Remove(ctx, id) }) })
	}
}

// order tells the engine or the desktop to do something.
func (p *Page) order(do func(context.Context) error) {
	p.host.Do(func(ctx context.Context) (func(), error) { return nil, do(ctx) })
}

// copyLink puts the selected share's link on the clipboard.
func (p *Page) copyLink() {
	id := p.selected
	p.host.Do(func(ctx context.Context) (func(), error) {
		link, err := p.host.Desk.Link(ctx, id)
		if err != nil {
			return nil, err
		}
		return func() {
			p.host.Copy(link)
			p.host.Say(p.host.Words.T("shared.on_clipboard"))
		}, nil
	})
}
