package cards

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

// Offer is the card on which a person says yes to a package: first it looks
// up what a link or file points at, then it shows who signed it, what is in
// it, where it goes and who has it. Nothing is downloaded before Download, and
// closing the card forgets the offer.
type Offer struct {
	h       *host.Host
	lead    app.Lead
	life    life
	content *fyne.Container // holds the sheet of the moment
	begun   bool

	now    situation
	folder string
	tree   *tree
	form   *offerForm // nil before there is an offer
	said   bool       // the person said yes; the engine is asked, or agreed
	told   bool       // the window knows that Download does something
}

// NewOffer makes the card for what a person has in hand. It begins to look
// when it is first shown.
func NewOffer(h *host.Host, lead app.Lead) *Offer {
	return &Offer{h: h, lead: lead, life: newLife(), content: container.NewStack(), now: situation{Free: -1}}
}

// Content implements host.Page.
func (o *Offer) Content() fyne.CanvasObject { return o.content }

// Show implements host.Page.
func (o *Offer) Show(s *app.Snapshot) {
	o.now.Settings, o.now.Month, o.now.Limit = s.Settings, s.Month, s.Down
	if !o.begun {
		o.begun = true
		if o.folder = s.Settings.Folder; o.folder == "" {
			o.folder = o.h.Desk.Downloads()
		}
		o.look()
		return
	}
	o.paint()
}

// Commands implements host.Page.
func (o *Offer) Commands() []host.Command {
	return []host.Command{
		{Text: o.h.Words.T("offer.download"), Shortcut: ctrl(fyne.KeyReturn), Enabled: o.ready, Do: o.accept},
		{Text: o.h.Words.T("offer.other_folder"), Shortcut: ctrl(fyne.KeyD), Enabled: func() bool { return o.form != nil }, Do: o.chooseFolder},
	}
}

// ctrl is the system's key for commands with another.
func ctrl(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// Close implements host.Page: without a yes the offer is forgotten.
func (o *Offer) Close() {
	if o.life.over() {
		return
	}
	o.life.end()
	if o.now.Offer != nil && !o.said {
		o.forget(o.now.Offer.ID)
	}
}

func (o *Offer) forget(id uuid.UUID) {
	o.h.Do(func(ctx context.Context) (func(), error) { return nil, o.h.Engine.Remove(ctx, id) })
}

// look finds out what the lead points at.
func (o *Offer) look() {
	o.put(newLooking(o))
	o.h.Do(func(job context.Context) (func(), error) {
		ctx, end := o.life.within(job)
		defer end()
		offer, err := o.h.Engine.Inspect(ctx, o.lead)
		var t *tree
		if err == nil {
			t = newTree(offer.Package.Manifest.Files)
		}
		return func() { o.found(offer, t, err) }, nil
	})
}

// found shows what Inspect brought. What comes after the card was closed is
// forgotten.
func (o *Offer) found(offer *app.Offer, t *tree, err error) {
	switch {
	case o.life.over():
		if err == nil {
			o.forget(offer.ID)
		}
	case err != nil:
		o.put(newNotFound(o, err))
	default:
		o.now.Offer, o.tree = offer, t
		o.form = newOfferForm(o)
		o.put(o.form.sheet)
		o.chosen()
		o.h.Window.Canvas().Focus(o.form.yes)
		o.scout()
	}
}

// scout follows who has the package until the card closes.
func (o *Offer) scout() {
	found := func(out app.Outlook) {
		o.h.Post(func() {
			o.now.Outlook = out
			o.render()
		})
	}
	offer := o.now.Offer
	o.h.Do(func(job context.Context) (func(), error) {
		ctx, end := o.life.within(job)
		defer end()
		err := o.h.Engine.Scout(ctx, offer, found)
		if err == nil || ctx.Err() != nil {
			return nil, nil
		}
		return func() {
			o.now.Outlook.Problem, o.now.Outlook.Looked = app.AsProblem(err), true
			o.render()
		}, nil
	})
}

// chosen takes over another folder or selection, and asks for the room there.
func (o *Offer) chosen() {
	o.now.Files, o.now.Bytes = o.tree.taken, o.tree.wanted
	o.now.Refused = nil
	o.render()
	folder := o.folder
	o.h.Do(func(job context.Context) (func(), error) {
		ctx, end := o.life.within(job)
		defer end()
		free, err := o.h.Desk.Free(ctx, folder)
		if err != nil {
			free = -1
		}
		return func() {
			if folder == o.folder && !o.life.over() {
				o.now.Free, o.now.Unknown = free, err
				o.render()
			}
		}, nil
	})
}

func (o *Offer) chooseFolder() {
	if o.form == nil {
		return
	}
	o.h.ChooseFolder(o.folder, func(path string) {
		o.folder, o.now.Free, o.now.Unknown, o.now.Rename = path, -1, nil, false
		o.chosen()
	})
}

func (o *Offer) setTerms(t terms) {
	o.now.Terms = t
	o.render()
}

func (o *Offer) setTarget(name string) {
	o.now.Target, o.now.Refused = name, nil
	o.render()
}

// ready reports whether Download does something.
func (o *Offer) ready() bool {
	return o.form != nil && !o.said && !o.life.over() && offerOf(o.now, o.h.Words).CanDownload
}

// choice is the person's yes.
func (o *Offer) choice() app.Choice {
	c := app.Choice{Folder: o.folder, Selected: o.tree.selected()}
	if o.now.Rename {
		c.Target = o.now.Target
	}
	switch o.now.Terms {
	case asUsual:
		c.After = true
	case notAtAll:
		c.NoShare = true
	case untilTold:
		c.Seed = true
	}
	return c
}

// accept says yes. The yes stands even when the card is closed before the
// engine answered.
func (o *Offer) accept() {
	if !o.ready() {
		return
	}
	o.said = true
	o.render()
	offer, choice := o.now.Offer, o.choice()
	o.h.Do(func(ctx context.Context) (func(), error) {
		err := o.h.Engine.Accept(ctx, offer, choice)
		return func() { o.accepted(err) }, nil
	})
}

func (o *Offer) accepted(err error) {
	switch {
	case err == nil && o.life.over():
	case err == nil:
		id := o.now.Offer.ID
		o.h.Dismiss()
		o.h.Go(host.Downloads)
		o.h.Select(id)
	case o.life.over():
		o.forget(o.now.Offer.ID)
		o.h.Tell(err)
	default:
		o.said = false
		o.refused(err)
	}
}

// refused leaves the card open, with a way out.
func (o *Offer) refused(err error) {
	o.now.Refused = err
	if app.AsProblem(err).Kind == app.TargetExists {
		if !o.now.Rename {
			o.now.Target = app.TargetName(o.now.Offer.Package)
		}
		o.now.Rename = true
		o.now.Target = anotherName(o.now.Target, len(o.now.Offer.Package.Manifest.Files) > 1)
		o.form.target.SetText(o.now.Target)
		o.now.Refused = err // typing the name took it away
	}
	o.render()
}

// put shows a sheet.
func (o *Offer) put(s *sheet) {
	o.content.Objects = []fyne.CanvasObject{s.root}
	o.content.Refresh()
}

// paint shows the situation.
func (o *Offer) paint() {
	if o.form != nil && !o.life.over() {
		o.form.set(offerOf(o.now, o.h.Words), o.folder, o.now.Rename, o.said)
	}
}

// render shows the situation, and tells the window when Download begins or
// ceases to do something.
func (o *Offer) render() {
	o.paint()
	if ready := o.ready(); ready != o.told {
		o.told = ready
		o.h.Changed()
	}
}

var _ host.Page = (*Offer)(nil)

// newLooking is the sheet while the package is looked up.
func newLooking(o *Offer) *sheet {
	return newSheet(
		look.Stack(-1, look.Title(leadName(o.lead, o.h.Words)), look.Para(o.h.Words.T("offer.looking"))),
		newActions(newButton(o.h.Words.T("common.cancel"), o.h.Dismiss, o.h.Dismiss)), nil)
}

// newNotFound is the sheet when it could not be looked up.
func newNotFound(o *Offer, err error) *sheet {
	sentence, advice, _ := o.h.Words.Problem(app.AsProblem(err))
	return newSheet(
		look.Stack(-1, look.Title(leadName(o.lead, o.h.Words)), newWarning(sentence), look.Para(advice)),
		newActions(newButton(o.h.Words.T("common.close"), o.h.Dismiss, o.h.Dismiss),
			newYes(o.h.Words.T("common.try_again"), o.look, o.h.Dismiss)), nil)
}
