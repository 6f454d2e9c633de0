package cards

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/look"
	"grove/ui/words"
)

// reading is the sheet while files are read.
type reading struct {
	sheet *sheet
	bar   *look.Bar
	text  *widget.Label
}

func newReading(c *Share) *reading {
	w := c.h.Words
	r := &reading{bar: look.NewBar(), text: look.Para(w.T("share.preparing"))}
	cancel := newButton(w.T("common.cancel"), c.h.Dismiss, c.h.Dismiss)
	r.sheet = newSheet(look.Stack(1,
		look.Stack(-1, look.Title(c.form.name()), r.text), look.Inset(r.bar), look.QuietPara(w.T("share.why_read")),
	), newActions(cancel), nil)
	return r
}

func (r *reading) set(text string, part float64) {
	look.SetText(r.text, text)
	r.bar.Set(0, 0, part)
}

// qrUnits is the side of a QR code, in grid units: a link of 300 characters
// can be read from the screen at that size.
const qrUnits = 26

// made is the sheet with the link.
type made struct {
	id    uuid.UUID
	link  string
	words *words.Words
	sheet *sheet
	keep  *widget.Label
	done  *button
}

// newMade shows a link, or why there is none.
func newMade(c *Share, id uuid.UUID, link string, err error) *made {
	w := c.h.Words
	m := &made{id: id, link: link, words: w, keep: look.Para(w.T("share.keep_open"))}
	m.done = newYes(w.T("share.done"), c.leave, c.leave)
	title := look.Title(c.form.name())
	if err != nil {
		m.link = ""
		sentence, advice, _ := w.Problem(app.AsProblem(err))
		m.sheet = newSheet(look.Stack(-1, title, newWarning(sentence), look.Para(advice), m.keep), newActions(m.done), nil)
		return m
	}
	text := look.Mono(link)
	text.Truncation, text.Wrapping, text.Selectable = fyne.TextTruncateOff, fyne.TextWrapBreak, true
	rows := look.Stack(-1, title, look.Para(w.T("share.on_clipboard")))
	if !leadsHere(link) {
		rows.Add(newWarning(w.T("share.no_address")))
	}
	again := newButton(w.T("share.copy_again"), func() { c.copy(); c.h.Say(w.T("share.on_clipboard")) }, c.leave)
	m.sheet = newSheet(look.Stack(1,
		rows,
		container.New(pictured{qrUnits},
			look.QR(link, look.Units(qrUnits)),
			look.Stack(1, text, container.NewHBox(again, layout.NewSpacer()), m.keep)),
	), newActions(m.done), nil)
	return m
}

// leadsHere reports whether a link says where the package can be had.
func leadsHere(link string) bool {
	l, err := pack.ParseLink(link)
	return err != nil || len(l.Peers)+len(l.Manifests) > 0
}

// set shows who has it by now; v is nil before the engine lists it.
func (m *made) set(v *app.View) {
	if text := keepOf(v, m.words); text != m.keep.Text {
		look.SetText(m.keep, text)
		m.sheet.refresh()
	}
}
