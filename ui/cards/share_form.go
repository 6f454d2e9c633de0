package cards

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// shareForm is the sheet of a Share before anything is read.
type shareForm struct {
	host  *host.Host
	own   string // the title it has without one
	sheet *sheet

	obstacle *fyne.Container
	why      *widget.Label

	title, about *entry
	picture      *widget.Label
	noPicture    *widget.Label
	drop         *button
	poster       string // its path
	private      *check
	expires      *choice
	keeper       *keeperField

	refusal         *fyne.Container
	refused, advice *widget.Label
}

// hintLimit is how much of a title fits into an empty line, in characters;
// a longer one would scroll there.
const hintLimit = 28

func newShareForm(c *Share) *shareForm {
	h, w := c.h, c.h.Words
	f := &shareForm{host: h, own: ownName(c.paths), why: newWarning(""), picture: look.Line(""), noPicture: newWarning(""),
		refused: newWarning(""), advice: look.QuietPara("")}
	f.obstacle = container.NewBorder(nil, nil, nil, container.NewCenter(newButton(w.T("share.turn_on"), c.turnOn, h.Dismiss)), f.why)
	f.obstacle.Hide()
	f.title = newEntry(words.Plain(f.own, hintLimit), nil, h.Dismiss)
	f.title.OnSubmitted = func(string) { c.share() }
	f.about = newLines(w.T("share.about_hint"), 2, h.Dismiss)
	f.drop = newButton(w.T("common.remove"), func() { f.setPicture("") }, h.Dismiss)
	f.private = newCheck(w.T("share.private"), h.Dismiss)
	var spans []string
	for _, e := range expiries {
		spans = append(spans, w.T(e.key))
	}
	f.expires = newChoice(spans, func(int) {}, h.Dismiss)
	f.keeper = newKeeperField(h, c.share, func() *sheet { return f.sheet })
	f.refusal = look.Stack(-1, f.refused, f.advice)
	f.refusal.Hide()

	choose := newButton(w.T("common.browse"), f.choosePicture, h.Dismiss)
	f.sheet = newSheet(look.Stack(1,
		look.Title(w.N("share.heading", len(c.paths))),
		look.Para(namesOf(c.paths, w)),
		newField(w.T("share.title"), f.title),
		newField(w.T("share.about"), f.about),
		newField(w.T("share.picture"), container.NewBorder(nil, nil, nil, container.NewHBox(f.drop, choose), f.picture), f.noPicture),
		newField(w.T("share.who"), f.private, look.QuietPara(w.T("share.private_hint"))),
		newField(w.T("share.expires"), container.NewHBox(f.expires, layout.NewSpacer())),
		f.keeper.content,
	), look.Stack(0, f.obstacle, f.refusal,
		newActions(newButton(w.T("common.cancel"), h.Dismiss, h.Dismiss), newYes(w.T("share.share"), c.share, h.Dismiss))), nil)
	f.setPicture("")
	return f
}

// request is what the person asked for; ok is false where that cannot be
// meant, and the form says why.
func (f *shareForm) request(paths []string) (r host.Share, ok bool) {
	at, ok := f.keeper.at()
	if !ok {
		f.keeper.refuse(f.host.Words.T("share.server_help"))
		f.host.Window.Canvas().Focus(f.keeper.server)
	}
	return host.Share{Paths: paths, Title: f.title.Text, About: f.about.Text, Poster: f.poster,
		Private: f.private.Checked, Days: expiries[f.expires.SelectedIndex()].days, KeepAt: at}, ok
}

func (f *shareForm) choosePicture() {
	f.host.ChooseFiles(func(paths []string) {
		if !isPicture(paths[0]) {
			fill(f.noPicture, f.host.Words.T("share.no_picture"))
			f.sheet.refresh()
			return
		}
		f.setPicture(paths[0])
	})
}

func (f *shareForm) setPicture(path string) {
	f.poster = path
	f.drop.Hidden = path == ""
	text := f.host.Words.T("share.picture_none")
	if path != "" {
		text = words.Plain(filepath.Base(path), nameLimit)
	}
	look.SetText(f.picture, text)
	fill(f.noPicture, "")
	f.sheet.refresh()
}

// setObstacle says why nobody could get it now; "" is nothing.
func (f *shareForm) setObstacle(why string) {
	if f.why.Text == why {
		return
	}
	look.SetText(f.why, why)
	f.obstacle.Hidden = why == ""
	f.sheet.refresh()
}

// refuse says why it could not be shared.
func (f *shareForm) refuse(err error) {
	sentence, advice, _ := f.host.Words.Problem(app.AsProblem(err))
	look.SetText(f.refused, sentence)
	look.SetText(f.advice, advice)
	f.refusal.Show()
	f.sheet.refresh()
}

// name is the title it will have.
func (f *shareForm) name() string {
	if t := words.Plain(strings.TrimSpace(f.title.Text), titleLimit); t != "" {
		return t
	}
	return f.own
}
