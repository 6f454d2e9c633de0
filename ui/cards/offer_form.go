package cards

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
	"grove/ui/words"
)

// pictureUnits is the side of a package's picture, in grid units.
const pictureUnits = 12

// offerForm is the sheet of an offer.
type offerForm struct {
	shown offerShown
	sheet *sheet

	signed, fingerprint, seen *widget.Label
	blocked                   *widget.Label
	size                      *widget.Label
	sources, alone, trouble   *widget.Label
	policy                    *widget.Label
	folder, room, tight       *widget.Label
	targetField               *fyne.Container
	target                    *entry
	badName                   *widget.Label
	terms                     *choice
	giving                    *widget.Label
	refusal                   *fyne.Container
	refused, advice           *widget.Label
	yes                       *button
}

// offerShown is everything that set shows; it is compared before.
type offerShown struct {
	offerText
	folder       string
	rename, busy bool
}

// newOfferForm makes the sheet for o's offer.
func newOfferForm(o *Offer) *offerForm {
	w, leave := o.h.Words, o.h.Dismiss
	f := &offerForm{
		signed: look.Strong(""), fingerprint: look.Mono(""), seen: look.QuietPara(""), blocked: newWarning(""),
		size: look.Para(""), sources: look.Para(""), alone: newWarning(""), trouble: look.QuietPara(""), policy: look.QuietPara(""),
		folder: look.Line(""), room: look.QuietPara(""), tight: newWarning(""), badName: newWarning(""),
		giving: look.QuietPara(""), refused: newWarning(""), advice: look.QuietPara(""),
	}
	f.yes = newYes(w.T("offer.download"), o.accept, leave)
	f.target = newEntry("", o.setTarget, leave)
	f.target.OnSubmitted = func(string) { o.accept() }
	f.targetField = newField(w.T("offer.target"), f.target, f.badName)
	f.terms = newChoice([]string{w.T("offer.as_usual"), w.T("offer.not_at_all"), w.T("offer.until_told")},
		func(i int) { o.setTerms(terms(i)) }, leave)
	f.refusal = look.Stack(-1, f.refused, f.advice)

	t := offerOf(o.now, w)
	contents, list := f.contents(o, w)
	rows := []fyne.CanvasObject{
		f.head(o, t),
		newField(w.T("offer.signed_by"), f.signed, f.fingerprint, f.seen, f.blocked),
		contents,
		newField(w.T("offer.sources"), f.sources, f.alone, f.trouble, f.policy),
		newField(w.T("offer.folder"), container.NewBorder(nil, nil, nil,
			newButton(w.T("common.browse"), o.chooseFolder, leave), f.folder), f.room, f.tight),
		newField(w.T("offer.sharing"), container.NewHBox(f.terms, layout.NewSpacer()), f.giving),
	}
	if t.Expires != "" {
		rows = append(rows, newField(w.T("offer.expires"), look.Line(t.Expires)))
	}
	f.sheet = newSheet(look.Stack(0.5, rows...),
		look.Stack(1, f.refusal, f.targetField, newActions(newButton(w.T("common.cancel"), leave, leave), f.yes)), list)
	return f
}

// head is the picture with the title and what the publisher says about it.
func (f *offerForm) head(o *Offer, t offerText) fyne.CanvasObject {
	title := look.Title(t.Title)
	title.Truncation, title.Wrapping = fyne.TextTruncateOff, fyne.TextWrapWord
	text := look.Stack(-1, title)
	if t.About != "" {
		text.Add(look.Para(t.About))
	}
	picture := look.Picture(o.now.Offer.Poster, o.now.Offer.Package.ID, look.Units(pictureUnits))
	return container.New(pictured{pictureUnits}, picture, text)
}

// contents is how much there is, and the files to choose among where there
// are several.
func (f *offerForm) contents(o *Offer, w *words.Words) (fyne.CanvasObject, *fileList) {
	if o.tree.files == 1 {
		return newField(w.T("offer.size"), f.size), nil
	}
	files := newFiles(o.tree, w, o.chosen, o.accept, o.h.Dismiss)
	return newField(w.T("offer.files"), look.Stack(0, f.size, files.content)), files.list
}

// newWarning is a sentence that needs the user.
func newWarning(s string) *widget.Label {
	l := look.Para(s)
	l.Importance = widget.WarningImportance
	return l
}

// set shows a text and what belongs to it.
func (f *offerForm) set(t offerText, folder string, rename, busy bool) {
	now := offerShown{t, folder, rename, busy}
	if now == f.shown {
		return
	}
	f.shown = now
	fill(f.signed, t.Publisher)
	fill(f.fingerprint, t.Fingerprint)
	either(f.blocked, f.seen, t.Seen, t.Blocked)
	fill(f.size, t.Size)
	f.size.Importance = importance(t.WantsFiles)
	either(f.alone, f.sources, t.Sources, t.Alone)
	fill(f.trouble, t.Trouble)
	fill(f.policy, t.Policy)
	look.SetText(f.folder, words.Plain(folder, 2*titleLimit))
	either(f.tight, f.room, t.Room, t.Tight)
	f.room.Hidden = t.Tight // it keeps its place while nobody knows
	f.targetField.Hidden = !rename
	fill(f.badName, t.Name)
	f.terms.Hidden = t.Settled
	fill(f.giving, t.Giving)
	fill(f.refused, t.Refused)
	fill(f.advice, t.Advice)
	f.refusal.Hidden = t.Refused == ""
	f.yes.Hidden = t.Blocked
	if t.CanDownload && !busy {
		f.yes.Enable()
	} else {
		f.yes.Disable()
	}
	f.sheet.refresh()
}

// fill shows a text; an empty one takes no room.
func fill(l *widget.Label, s string) {
	l.Hidden = s == ""
	look.SetText(l, s)
}

// either shows a text as bad news or as any other.
func either(bad, good *widget.Label, s string, isBad bool) {
	if isBad {
		fill(bad, s)
		fill(good, "")
		return
	}
	fill(good, s)
	fill(bad, "")
}

func importance(needs bool) widget.Importance {
	if needs {
		return widget.WarningImportance
	}
	return widget.MediumImportance
}
