package shared

import (
	"context"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/look"
)

// detail is the pane with the link of the selected share, and everything else
// about it.
type detail struct {
	page  *Page
	id    uuid.UUID // of what is shown
	shown facts
	asked bool // the engine is being asked

	back, close    *button
	name, sentence *widget.Label
	reach          *widget.Label // how others get here
	code           *canvas.Image
	link           *widget.Label // selectable
	noLink         *widget.Label // why there is none
	acts           map[act]*button
	buttons        *fyne.Container
	facts          []*fact
	plot           *plot
	head, body     *fyne.Container
	scroll         *container.Scroll
	content        *fyne.Container
}

// fact is one line: what it is, and the text; hidden while there is none.
type fact struct {
	of   func(facts) string
	text *widget.Label
	row  *fyne.Container
}

func newDetail(p *Page) *detail {
	say := p.host.Words.T
	d := &detail{page: p, name: look.Strong(""), sentence: look.Para(""), reach: look.QuietPara(""), link: look.Mono(""), noLink: look.Para(""),
		code: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScalePixels},
		acts: map[act]*button{}, buttons: look.Flow(), plot: newPlot(p.host.Words)}
	d.back = newButton(say("common.back"), theme.NavigateBackIcon(), p.closeDetail, p.closeDetail)
	d.close = newButton(say("common.close"), look.Icon("close"), p.closeDetail, p.closeDetail)
	d.back.Importance, d.close.Importance = widget.LowImportance, widget.LowImportance
	d.back.Hide()
	d.link.Truncation, d.link.Wrapping, d.link.Selectable = fyne.TextTruncateOff, fyne.TextWrapBreak, true
	d.noLink.Importance = widget.WarningImportance
	d.reach.Hide()
	for _, a := range every {
		d.acts[a] = newButton(say(a.key()), a.icon(), func() { p.run(a) }, p.closeDetail)
		d.buttons.Add(d.acts[a])
	}
	rows := look.Stack(-1)
	for _, f := range []struct {
		key  string
		mono bool
		of   func(facts) string
	}{
		{"shared.given_title", false, func(f facts) string { return f.Given }},
		{"shared.who", false, func(f facts) string { return f.Who }},
		{"shared.expires", false, func(f facts) string { return f.Expires }},
		{"shared.signed_by", false, func(f facts) string { return f.Signed }},
		{"shared.fingerprint", true, func(f facts) string { return f.Fingerprint }},
		{"shared.added", false, func(f facts) string { return f.Added }},
		{"shared.folder", false, func(f facts) string { return f.Folder }},
	} {
		text := look.Line("")
		if f.mono {
			text = look.Mono("")
		}
		title := look.Line(say(f.key))
		title.Importance = widget.LowImportance
		row := container.NewBorder(nil, nil, look.Fixed(look.Units(16), title), nil, text)
		d.facts = append(d.facts, &fact{f.of, text, row})
		rows.Add(row)
	}
	d.head = container.New(coded{}, d.code, look.Stack(1, look.Stack(-1, d.sentence, d.reach, d.link, d.noLink), d.buttons))
	d.body = look.Stack(1, d.head, look.Columns(look.Units(44), rows, d.plot.content))
	d.scroll = container.NewVScroll(d.body)
	d.content = container.NewBorder(container.NewBorder(nil, nil, d.back, d.close, d.name), nil, nil, nil, d.scroll)
	return d
}

// setNarrow says whether the pane takes the list's place.
func (d *detail) setNarrow(narrow bool) {
	visible(d.close, !narrow)
	if visible(d.back, narrow) {
		d.content.Refresh()
	}
}

// show shows the selected share, and asks for its link and for how much was
// given over time.
func (d *detail) show() {
	v := d.page.current()
	if v == nil {
		return
	}
	if d.id != v.ID {
		d.id = v.ID
		d.setLink("", nil)
		d.setHistory(nil)
		d.askLink(v.ID)
	}
	d.set(v)
	d.askHistory(v.ID)
}

// set copies what is known of v.
func (d *detail) set(v *app.View) {
	for a, b := range d.acts {
		b.Hidden = !can(a, v)
	}
	f := factsOf(v, d.page.outside.Now, d.page.host.Words)
	if f == d.shown {
		return
	}
	d.shown = f
	look.SetText(d.name, f.Name)
	look.SetText(d.sentence, f.Sentence)
	d.sentence.Importance = widget.MediumImportance
	if f.Needs {
		d.sentence.Importance = widget.WarningImportance
	}
	look.SetText(d.reach, f.Reach)
	d.reach.Hidden = f.Reach == ""
	for _, line := range d.facts {
		look.SetText(line.text, line.of(f))
		line.row.Hidden = line.text.Text == ""
	}
	d.refresh()
}

// refresh lays everything out anew, after texts changed: the head first, which
// knows how high it is only then.
func (d *detail) refresh() {
	d.head.Refresh()
	d.body.Refresh()
	d.scroll.Refresh()
}

// askLink asks for the link; what is not selected any more by then is of no
// use.
func (d *detail) askLink(id uuid.UUID) {
	d.page.host.Do(func(ctx context.Context) (func(), error) {
		link, err := d.page.host.Desk.Link(ctx, id)
		return func() {
			if d.id == id {
				d.setLink(link, err)
			}
		}, nil
	})
}

// setLink shows a link as text and as a code, or why there is none.
func (d *detail) setLink(link string, err error) {
	why := ""
	if err != nil {
		sentence, advice, _ := d.page.host.Words.Problem(app.AsProblem(err))
		link, why = "", sentence+" "+advice
	}
	var code image.Image
	if link != "" {
		code = look.QR(link, 0).Image
	}
	d.code.Image, d.code.Hidden = code, code == nil
	d.code.Refresh()
	look.SetText(d.link, link)
	d.link.Hidden = link == ""
	look.SetText(d.noLink, why)
	d.noLink.Hidden = why == ""
	d.refresh()
}

// askHistory asks what was given in the last minutes, unless that is under
// way.
func (d *detail) askHistory(id uuid.UUID) {
	if d.asked {
		return
	}
	d.asked = true
	d.page.host.Do(func(ctx context.Context) (func(), error) {
		got, err := d.page.host.Engine.Detail(ctx, id)
		return func() {
			d.asked = false
			if err == nil && d.id == id {
				d.setHistory(got.History)
			}
		}, nil
	})
}

func (d *detail) setHistory(history []app.Sample) {
	if d.plot.set(history) {
		d.refresh()
	}
}
