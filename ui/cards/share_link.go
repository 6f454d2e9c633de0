package cards

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
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
	id      uuid.UUID
	link    string
	words   *words.Words
	sheet   *sheet
	way     *widget.Label // what stands between others and this computer
	keep    *widget.Label
	copying copying // of no server: nobody keeps a copy
	copy    *copyView
	done    *button
}

// newMade shows a link, or why there is none. server keeps a copy, or "".
func newMade(c *Share, id uuid.UUID, link, server string, err error) *made {
	w := c.h.Words
	m := &made{id: id, link: link, words: w, way: look.Para(""), keep: look.Para(w.T("share.keep_open")),
		copying: copying{Server: server}, copy: newCopyView()}
	m.done = newYes(w.T("share.done"), c.leave, c.leave)
	m.way.Hide()
	title := look.Title(c.form.name())
	if err != nil {
		m.link = ""
		sentence, advice, _ := w.Problem(app.AsProblem(err))
		m.sheet = newSheet(look.Stack(-1, title, newWarning(sentence), look.Para(advice), m.keep, m.copy.content), newActions(m.done), nil)
		return m
	}
	text := look.Mono(link)
	text.Truncation, text.Wrapping, text.Selectable = fyne.TextTruncateOff, fyne.TextWrapBreak, true
	again := newButton(w.T("share.copy_again"), func() { c.copy(); c.h.Say(w.T("share.on_clipboard")) }, c.leave)
	m.sheet = newSheet(look.Stack(1,
		look.Stack(-1, title, look.Para(w.T("share.on_clipboard")), m.way),
		container.New(pictured{qrUnits},
			look.QR(link, look.Units(qrUnits)),
			look.Stack(1, text, container.NewHBox(again, layout.NewSpacer()), look.Stack(-1, m.keep, m.copy.content))),
	), newActions(m.done), nil)
	return m
}

// set shows who has it by now; v is nil before the engine lists it.
func (m *made) set(v *app.View) {
	text := keepOf(v, m.words)
	if m.copying.Done { // nothing depends on this computer any more
		text = ""
	}
	if text != m.keep.Text {
		fill(m.keep, text)
		m.sheet.refresh()
	}
}

// setWay shows how others get here.
func (m *made) setWay(r host.Reach) {
	if m.link == "" {
		return
	}
	text, warn := wayOf(leadsHere(m.link), r, m.words)
	if m.copying.Server != "" && m.copying.Failed == nil { // soon others get it there
		text = ""
	}
	if text == m.way.Text {
		return
	}
	m.way.Importance = widget.MediumImportance
	if warn {
		m.way.Importance = widget.WarningImportance
	}
	fill(m.way, text)
	m.sheet.refresh()
}

// setCopy shows how far the copy is.
func (m *made) setCopy(c copying) {
	m.copying = c
	m.copy.set(copyOf(c, m.words))
	m.sheet.refresh()
}
