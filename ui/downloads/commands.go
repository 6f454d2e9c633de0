package downloads

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/words"
)

// shortcut is the keys of an act, or nil.
func (a act) shortcut() fyne.Shortcut {
	switch a {
	case actPause, actResume:
		return &desktop.CustomShortcut{KeyName: fyne.KeyP, Modifier: fyne.KeyModifierShortcutDefault}
	case actUp:
		return &desktop.CustomShortcut{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierAlt}
	case actDown:
		return &desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierAlt}
	case actTop:
		return &desktop.CustomShortcut{KeyName: fyne.KeyHome, Modifier: fyne.KeyModifierAlt}
	case actLimit:
		return &desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierShortcutDefault}
	case actPolicy:
		return &desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	case actOpen:
		return &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault}
	case actReveal:
		return &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	case actStop, actGive:
		return &desktop.CustomShortcut{KeyName: fyne.KeyG, Modifier: fyne.KeyModifierShortcutDefault}
	case actRemove:
		return &desktop.CustomShortcut{KeyName: fyne.KeyDelete}
	case actTrash:
		return &desktop.CustomShortcut{KeyName: fyne.KeyDelete, Modifier: fyne.KeyModifierShift}
	}
	return nil
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
	add(say("downloads.act.pause_resume"), actPause, actResume)
	for _, a := range []act{actUp, actDown, actTop, actLimit, actPolicy, actOpen, actReveal} {
		add(say(a.key()), a)
	}
	add(say("downloads.act.stop_give"), actStop, actGive)
	add(say(actRemove.key()), actRemove)
	add(say(actTrash.key()), actTrash)
	return all
}

// which of the acts can be done with the selected download, or actNone.
func (p *Page) which(acts []act) act {
	if v := p.current(); v != nil {
		for _, a := range acts {
			if p.able(a, v) {
				return a
			}
		}
	}
	return actNone
}

// able reports whether an act can be done with v now.
func (p *Page) able(a act, v *app.View) bool {
	at := p.index(v.ID)
	return can(a, v, at <= 0, at < 0 || at == len(p.shown)-1, p.host.Desk.CanOpen)
}

// menu opens the menu of a row.
func (p *Page) menu(id uuid.UUID, at fyne.Position) {
	p.choose(id)
	if v := p.current(); v != nil {
		widget.ShowPopUpMenuAtPosition(p.menuOf(v), p.host.Window.Canvas(), at)
	}
}

// menuOf lists what can be done with v now.
func (p *Page) menuOf(v *app.View) *fyne.Menu {
	id := v.ID
	m := fyne.NewMenu("")
	for _, a := range every {
		if p.able(a, v) {
			item := fyne.NewMenuItem(p.host.Words.T(a.key()), func() { p.do(a, id) })
			item.Shortcut, item.Icon = a.shortcut(), a.icon()
			m.Items = append(m.Items, item)
		}
	}
	return m
}

// run does something with the selected download.
func (p *Page) run(a act) { p.do(a, p.selected) }

// do does something with a download, where it can be done now.
func (p *Page) do(a act, id uuid.UUID) {
	if p.snap == nil {
		return
	}
	v := p.snap.Transfer(id)
	if v == nil || !p.able(a, v) {
		return
	}
	engine, desk := p.host.Engine, p.host.Desk
	switch a {
	case actPause:
		p.order(func(ctx context.Context) error { return engine.Pause(ctx, id) })
	case actResume, actGive:
		p.order(func(ctx context.Context) error { return engine.Resume(ctx, id) })
	case actStop:
		p.order(func(ctx context.Context) error { return engine.StopSharing(ctx, id) })
	case actUp:
		p.move(id, p.shown[p.index(id)-1].view)
	case actDown:
		p.move(id, p.shown[p.index(id)+1].view)
	case actTop:
		p.move(id, 0)
	case actLimit:
		p.showOverview(id).limit.focus()
	case actPolicy:
		p.showOverview(id).policy.focus()
	case actOpen:
		p.order(func(ctx context.Context) error { return desk.Open(ctx, v.Path) })
	case actReveal:
		p.order(func(ctx context.Context) error { return desk.Reveal(ctx, v.Path) })
	case actRemove:
		p.remove(v, false)
	case actTrash:
		p.remove(v, true)
	}
}

// showOverview opens the overview of a download, at its beginning.
func (p *Page) showOverview(id uuid.UUID) *overviewPart {
	p.choose(id)
	p.openDetail()
	p.detail.turn(partOverview)
	o := p.detail.overview()
	o.box.ScrollToTop()
	return o
}

func (p *Page) move(id uuid.UUID, to int) {
	p.order(func(ctx context.Context) error { return p.host.Engine.Move(ctx, id, to) })
}

// order has something done away from the UI goroutine.
func (p *Page) order(job func(context.Context) error) {
	p.host.Do(func(ctx context.Context) (func(), error) { return nil, job(ctx) })
}

// remove takes v off the list, with its files if they are to go to the trash.
// It asks where something is lost.
func (p *Page) remove(v *app.View, trash bool) {
	id, path := v.ID, v.Path
	job := func() {
		p.order(func(ctx context.Context) error {
			err := p.host.Engine.Remove(ctx, id)
			if err == nil && trash && path != "" {
				err = p.host.Desk.Trash(ctx, path)
			}
			return err
		})
	}
	if !trash && complete(v) || v.State == app.Resolving {
		job()
		return
	}
	q := questionOf(v, p.host.Words)
	p.host.Ask(q.Title, q.Text, q.Yes, job)
}

// question is what is asked before something is removed.
type question struct{ Title, Text, Yes string }

// questionOf asks for consent to lose the files of v.
func questionOf(v *app.View, w *words.Words) question {
	name := words.Plain(v.Name, 80)
	if complete(v) {
		return question{w.T("downloads.ask.trash_title", "name", name), w.T("downloads.ask.trash_text", "path", words.Plain(v.Path, nameLimit)),
			w.T("downloads.ask.trash_yes")}
	}
	q := question{Title: w.T("downloads.ask.remove_title", "name", name), Text: w.T("downloads.ask.remove_text", "size", w.Size(v.Have)),
		Yes: w.T("downloads.ask.remove_yes")}
	if v.Have == 0 {
		q.Text = w.T("downloads.ask.remove_empty")
	}
	return q
}
