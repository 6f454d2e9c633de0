package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// group is a card of settings with its title above it. restore sets them back
// in s to what they are in d; nil where there is nothing to set back.
func (p *Page) group(title string, restore func(s *app.Settings, d app.Settings), rows ...fyne.CanvasObject) fyne.CanvasObject {
	mine := p.controls[p.grouped:]
	p.grouped = len(p.controls)
	lines := []fyne.CanvasObject{}
	for i, r := range rows {
		if i > 0 {
			lines = append(lines, widget.NewSeparator())
		}
		lines = append(lines, r)
	}
	head := container.NewBorder(nil, nil, nil, nil, look.Title(title))
	if restore != nil {
		back := look.Link(p.say.T("settings.reset"), func() { p.askReset(title, restore, mine) })
		head = container.NewBorder(nil, nil, nil, back, look.Title(title))
	}
	return look.Stack(0.5, head, look.Card(look.Stack(1, lines...)))
}

func (p *Page) askReset(title string, restore func(s *app.Settings, d app.Settings), shown []control) {
	p.host.Ask(p.say.T("settings.reset_title", "group", title), p.say.T("settings.reset_text"), p.say.T("settings.reset_yes"), func() {
		p.change(func(s app.Settings) app.Settings { restore(&s, app.DefaultSettings()); return s }, nil)
		for _, c := range shown {
			if f, ok := c.(interface{ drop() }); ok {
				f.drop()
			}
		}
	})
}

// line is a setting with its name, what there is to know about it, and its
// control beside them.
func (p *Page) line(name, why, standard string, control fyne.CanvasObject) fyne.CanvasObject {
	return newRow(look.Stack(-1, look.Line(name), p.note(why, standard)), control)
}

// note is what stands quietly below a name.
func (p *Page) note(why, standard string) *widget.Label {
	if standard != "" {
		standard = p.say.T("common.default_is", "v", standard)
	}
	if why != "" && standard != "" {
		why += "\n"
	}
	return look.QuietPara(why + standard)
}

// onOff is a setting whose name stands beside its check mark.
func (p *Page) onOff(c *check, why string) fyne.CanvasObject {
	p.controls = append(p.controls, c)
	standard := p.say.T("common.off")
	if c.get(app.DefaultSettings()) {
		standard = p.say.T("common.on")
	}
	return look.Stack(-1, c, container.New(beside{}, p.note(why, standard)))
}

// onOffNow is onOff with a line below it of what the setting does just now,
// where there is something to say.
func (p *Page) onOffNow(c *check, why string, now func() string) fyne.CanvasObject {
	n := p.newNoted(now)
	n.box = container.New(beside{}, n.label)
	n.show()
	return look.Stack(-1, p.onOff(c, why), n.box)
}

// beside leaves the room of a check mark on the left.
type beside struct{}

func (beside) left() float32 { return theme.IconInlineSize() + theme.Padding()/2 }

// Layout implements fyne.Layout.
func (b beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width-b.left(), size.Height))
	objects[0].Move(fyne.NewPos(b.left(), 0))
}

// MinSize implements fyne.Layout.
func (b beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(b.left(), 0)
}

// typed is a field that the page keeps up to date.
func (p *Page) typed(f *field) fyne.CanvasObject {
	p.controls = append(p.controls, f)
	return f.content()
}

// chosen is a choice that the page keeps up to date.
func (p *Page) chosen(c *choice) fyne.CanvasObject {
	p.controls = append(p.controls, c)
	return c
}

// told is a line of text that follows the settings.
type told struct {
	label *widget.Label
	text  func() string
}

func (t told) show() { look.SetText(t.label, t.text()) }

// told keeps what a label says up to date.
func (p *Page) told(l *widget.Label, text func() string) *widget.Label {
	t := told{l, text}
	t.show()
	p.controls = append(p.controls, t)
	return l
}

// noted is a quiet text that is there only while it says something.
func (p *Page) noted(text func() string) fyne.CanvasObject {
	n := p.newNoted(text)
	n.show()
	return n.box
}

func (p *Page) newNoted(text func() string) *noted {
	n := &noted{page: p, label: look.QuietPara(""), text: text}
	n.box = n.label
	p.controls = append(p.controls, n)
	return n
}

type noted struct {
	page  *Page
	label *widget.Label
	box   fyne.CanvasObject // what is hidden with it
	text  func() string
}

func (n *noted) show() {
	text := n.text()
	if text == n.label.Text && n.box.Visible() == (text != "") {
		return
	}
	n.label.SetText(text)
	if text == "" {
		n.box.Hide()
	} else {
		n.box.Show()
	}
	n.page.relayout()
}
