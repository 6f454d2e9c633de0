package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// overviewPart shows an overview, and everything that can be done.
type overviewPart struct {
	page    *Page
	picture *canvas.Image
	name    *widget.Label
	about   *widget.Label
	trouble *widget.Label
	buttons map[act]*button
	acts    *fyne.Container
	limit   *limitEditor
	limited *fyne.Container // its line
	policy  *policyEditor
	pacing  *fyne.Container // its line
	give    *giveEditor
	giving  *fyne.Container // its line
	facts   []*fact
	rows    *fyne.Container
	shown   overview
	box     *container.Scroll
}

// fact is one line: what it is, and the text; hidden while there is none.
type fact struct {
	of   func(overview) string
	text *widget.Label
	row  *fyne.Container
}

func newOverview(p *Page) *overviewPart {
	say := p.host.Words.T
	o := &overviewPart{page: p, name: look.Big(""), about: look.Para(""), trouble: look.Para(""), buttons: map[act]*button{},
		picture: &canvas.Image{FillMode: canvas.ImageFillContain}, limit: newLimitEditor(p), policy: newPolicyEditor(p), give: newGiveEditor(p),
		acts: container.New(&flow{}), rows: container.New(layout.NewCustomPaddedVBoxLayout(0))}
	o.picture.SetMinSize(fyne.NewSquareSize(look.Units(10)))
	for _, a := range every {
		if a == actLimit || a == actPolicy {
			continue // have lines of their own
		}
		o.buttons[a] = newButton(say(a.key()), a.icon(), func() { p.run(a) }, p.closeDetail)
		o.acts.Add(o.buttons[a])
	}
	// First, so that they are in sight when a menu leads to them.
	o.limited = titled(say("downloads.overview.limit"), o.limit.content, nil)
	o.pacing = container.New(layout.NewCustomPaddedLayout(theme.Padding(), 0, 0, 0), // apart from the field above
		titled(say("downloads.overview.origin"), o.policy.content, nil))
	o.giving = container.New(layout.NewCustomPaddedLayout(theme.Padding(), 0, 0, 0), titled(say("downloads.overview.give"), o.give.content, nil))
	o.rows.Add(o.limited)
	o.rows.Add(o.pacing)
	o.rows.Add(o.giving)
	copied := newButton(say("downloads.overview.copy"), look.Icon("copy"), func() {
		p.host.Copy(o.shown.Package)
		p.host.Say(say("common.copied"))
	}, p.closeDetail)
	for _, f := range []struct {
		key    string
		of     func(overview) string
		mono   bool
		button *button
	}{
		{"publisher", func(v overview) string { return v.Publisher }, false, nil},
		{"fingerprint", func(v overview) string { return v.Fingerprint }, true, nil},
		{"known", func(v overview) string { return v.Seen }, false, nil},
		{"signed", func(v overview) string { return v.Signed }, false, nil},
		{"expires", func(v overview) string { return v.Expires }, false, nil},
		{"added", func(v overview) string { return v.Added }, false, nil},
		{"finished", func(v overview) string { return v.Finished }, false, nil},
		{"from", func(v overview) string { return v.From }, false, nil},
		{"folder", func(v overview) string { return v.Folder }, false, nil},
		{"package", func(v overview) string { return v.Package }, true, copied},
	} {
		text := look.Line("")
		if f.mono {
			text = look.Mono("")
		}
		var end fyne.CanvasObject
		if f.button != nil {
			end = f.button
		}
		o.add(say("downloads.overview."+f.key), &fact{of: f.of, text: text}, end)
	}
	o.trouble.Importance = widget.WarningImportance
	o.trouble.Hide()
	head := container.NewBorder(nil, nil, o.picture, nil, container.NewVBox(o.name, o.trouble, o.about))
	o.box = container.NewVScroll(container.New(&stack{}, inset(head), inset(o.acts), o.rows))
	return o
}

func (o *overviewPart) add(title string, f *fact, end fyne.CanvasObject) {
	f.row = titled(title, f.text, end)
	f.row.Hide()
	o.facts = append(o.facts, f)
	o.rows.Add(f.row)
}

// titled is a line with its title in a column of its own.
func titled(title string, o, end fyne.CanvasObject) *fyne.Container {
	t := look.Quiet(title)
	return container.NewBorder(nil, nil, container.New(&column{16}, t), end, o)
}

func (o *overviewPart) content() fyne.CanvasObject { return o.box }

func (o *overviewPart) show(d *app.Detail) {
	o.limit.show(&d.View)
	visible(o.limited, can(actLimit, &d.View, false, false, nil))
	o.give.show(&d.View)
	other := visible(o.giving, d.State != app.Resolving)
	other = o.policy.show(d) || other
	if visible(o.pacing, can(actPolicy, &d.View, false, false, nil)) || other {
		o.box.Refresh()
	}
	o.showActs(&d.View)
	if m := o.page.pictures.of(&d.View); m != o.picture.Image {
		o.picture.Image = m
		o.picture.Refresh()
	}
	v := overviewOf(d, o.page.host.Words)
	if v == o.shown {
		return
	}
	o.shown = v
	look.SetText(o.name, v.Name)
	look.SetText(o.about, v.About)
	look.SetText(o.trouble, v.Trouble)
	changed := visible(o.trouble, v.Trouble != "")
	changed = visible(o.about, v.About != "") || changed
	for _, f := range o.facts {
		look.SetText(f.text, f.of(v))
		changed = visible(f.row, f.text.Text != "") || changed
	}
	if changed {
		o.box.Refresh()
	}
}

// showActs shows the buttons of what can be done now.
func (o *overviewPart) showActs(v *app.View) {
	changed := false
	for a, b := range o.buttons {
		changed = visible(b, o.page.able(a, v)) || changed
	}
	if changed {
		o.acts.Refresh()
		o.box.Refresh()
	}
}
