package publishers

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
	"grove/ui/words"
)

// detail is everything about one publisher, and what can be done with it.
type detail struct {
	page  *Page
	entry entry
	items []item
	more  int

	title, finger, same  *widget.Label
	you, blocked         *look.Badge
	name                 *naming
	packages             *widget.Label
	first, newest, key   *widget.Label
	budget               *budget
	block, unblock       *widget.Button
	meaning              *widget.Label
	here, facts, listed  *fyne.Container
	hereTitle, hereEmpty *widget.Label
	back                 *widget.Button
	content              fyne.CanvasObject
}

func newDetail(p *Page) *detail {
	say := p.say
	d := &detail{page: p, title: look.Title(""), finger: look.Mono(""), same: look.Para(""),
		you: look.NewBadge("", false), blocked: look.NewBadge("", true),
		packages: look.Line(""), first: look.Line(""), newest: look.Line(""), key: look.Mono(""),
		meaning: look.QuietPara(say.T("publishers.block_means")), here: container.NewVBox(),
		hereTitle: look.Strong(say.T("publishers.here")), hereEmpty: look.QuietPara(say.T("publishers.here_none"))}
	d.same.Importance = widget.WarningImportance
	d.key.Truncation, d.key.Wrapping = fyne.TextTruncateOff, fyne.TextWrapBreak
	d.key.SizeName, d.key.Selectable, d.finger.Selectable = look.SizeSmall, true, true
	d.name = newNaming(say.T("publishers.name"), say.T("publishers.no_name"), func(name string) { p.set(d.entry, name, d.entry.blocked, d.name.failed) })
	d.budget = newBudget(p)
	d.block = look.Button(say.T("publishers.block"), look.Icon("block"), d.askBlock)
	d.unblock = look.Button(say.T("publishers.unblock"), look.Icon("check"), d.doUnblock)
	d.back = look.Link(say.T("publishers.back"), p.back)
	d.back.Alignment = widget.ButtonAlignLeading
	d.back.Hide()
	line := func(key string, value fyne.CanvasObject) fyne.CanvasObject { return look.Field(say.T(key), value) }
	d.facts = container.NewVBox(
		container.NewBorder(nil, nil, nil, container.NewHBox(container.NewCenter(d.you), container.NewCenter(d.blocked)), d.title),
		d.finger, d.same, look.Rule(),
		line("publishers.name", container.NewVBox(d.name, look.QuietPara(say.T("publishers.name_why")))),
		line("publishers.count", d.packages),
		line("publishers.first", d.first),
		line("publishers.newest", d.newest),
		line("publishers.budget", d.budget.content),
		line("publishers.key", container.NewVBox(d.key, container.NewHBox(look.Button(say.T("publishers.copy_key"), look.Icon("copy"), d.copyKey)))),
		look.Rule(),
		container.NewHBox(d.block, d.unblock), d.meaning)
	d.listed = container.NewVBox(d.hereTitle, d.hereEmpty, d.here)
	room := look.Units(2)
	d.content = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(room, room, room, room),
		container.New(layout.NewCustomPaddedVBoxLayout(room), d.back, look.Card(d.facts), look.Card(d.listed))))
	return d
}

// show takes over a publisher, and its packages on this computer.
func (d *detail) show(e entry, some []item, more int) {
	old := d.entry
	d.entry = e
	if old.key != e.key {
		name, changed := d.name.typed()
		d.name.drop(e.name)
		if changed {
			d.page.set(old, name, old.blocked, nil)
		}
	}
	say, t := d.page.say, rowOf(e, d.page.say)
	look.SetText(d.title, t.name)
	look.SetText(d.finger, t.finger)
	d.you.Set(t.you, false)
	d.blocked.Set(t.blocked, true)
	look.SetText(d.same, sameText(e, say))
	setVisible(d.same, len(e.same) > 0)
	d.name.show(e.name)
	look.SetText(d.packages, say.Count(int64(e.packages)))
	look.SetText(d.first, say.Date(e.first))
	look.SetText(d.newest, say.Date(e.newest))
	d.budget.show(e)
	look.SetText(d.key, e.key.String())
	setVisible(d.block, !e.blocked && !e.you)
	setVisible(d.unblock, e.blocked)
	setVisible(d.meaning, !e.you)
	d.list(some, more)
	d.facts.Refresh()
	d.listed.Refresh()
	d.content.Refresh()
}

// list shows the packages; tapping one shows it in its place.
func (d *detail) list(some []item, more int) {
	setVisible(d.hereEmpty, len(some) == 0)
	if slices.Equal(some, d.items) && more == d.more {
		return
	}
	d.items, d.more = some, more
	d.here.Objects = nil
	for _, i := range some {
		d.here.Objects = append(d.here.Objects, newItemRow(i.name, func() { d.page.host.Select(i.id) }))
	}
	if more > 0 {
		d.here.Objects = append(d.here.Objects, look.Quiet(d.page.say.N("publishers.more", more)))
	}
}

// sameText warns of other keys with the same name; "" without one.
func sameText(e entry, say *words.Words) string {
	if len(e.same) == 0 {
		return ""
	}
	return say.T("publishers.same", "name", e.called(), "keys", say.List(append([]string{e.fingerprint}, e.same...)))
}

func (d *detail) askBlock() {
	e, say := d.entry, d.page.say
	d.page.host.Ask(say.T("publishers.block_ask", "name", e.called()), say.T("publishers.block_means"), say.T("publishers.block"),
		func() { d.page.set(e, e.name, true, nil) })
}

func (d *detail) doUnblock() { d.page.set(d.entry, d.entry.name, false, nil) }

func (d *detail) copyKey() {
	d.page.host.Copy(d.entry.key.String())
	d.page.host.Say(d.page.say.T("common.copied"))
}
