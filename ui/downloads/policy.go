package downloads

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// policies are what one download can be set to, in the order of the choice.
var policies = []app.Policy{app.PolicyPublisher, app.PolicyFast, app.PolicyThrifty}

// policySentence says what the publisher of d asks for, and what holds instead;
// "" until the description is known.
func policySentence(d *app.Detail, s app.Settings, w *words.Words) string {
	if d.Desc == nil {
		return ""
	}
	m := &d.Desc.Package.Manifest
	if len(m.Origins) == 0 {
		return w.T("policy.no_origin")
	}
	return w.Policy(m.Floor, s.Floor(m.Floor, d.Policy))
}

// policyEditor changes how much the origin sends of one download.
type policyEditor struct {
	page    *Page
	of      uuid.UUID
	chosen  *widget.Select
	says    *widget.Label
	content fyne.CanvasObject
	filling bool
}

func newPolicyEditor(p *Page) *policyEditor {
	say := p.host.Words.T
	e := &policyEditor{page: p, says: look.QuietPara("")}
	e.chosen = widget.NewSelect([]string{say("policy.settings"), say("policy.fast"), say("policy.thrifty")},
		func(string) { e.choose(e.chosen.SelectedIndex()) })
	e.content = look.Stack(-1, container.NewHBox(container.New(&column{26}, e.chosen)), e.says)
	return e
}

// show takes over the policy of d, and reports whether that needs another
// height than before.
func (e *policyEditor) show(d *app.Detail) bool {
	e.of = d.ID
	// A policy that this version does not know counts as none.
	at := max(slices.Index(policies, d.Policy), 0)
	if e.chosen.SelectedIndex() != at {
		e.filling = true
		e.chosen.SetSelectedIndex(at)
		e.filling = false
	}
	text := policySentence(d, e.page.snap.Settings, e.page.host.Words)
	changed := text != e.says.Text
	look.SetText(e.says, text)
	return visible(e.says, text != "") || changed
}

// choose takes option i.
func (e *policyEditor) choose(i int) {
	if e.filling || i < 0 {
		return
	}
	id, policy := e.of, policies[i]
	e.page.order(func(ctx context.Context) error { return e.page.host.Engine.SetPolicy(ctx, id, policy) })
}

func (e *policyEditor) focus() { e.page.host.Window.Canvas().Focus(e.chosen) }
