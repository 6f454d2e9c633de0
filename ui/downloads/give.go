package downloads

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
)

// gives are how much one package can be given, in the order of the choice.
var gives = []app.Give{app.GiveUsual, app.GiveMore, app.GiveLess, app.GiveAlways, app.GiveNone}

// giveEditor changes how much is given of one download.
type giveEditor struct {
	page    *Page
	of      uuid.UUID
	chosen  *widget.Select
	content fyne.CanvasObject
	filling bool
}

func newGiveEditor(p *Page) *giveEditor {
	say := p.host.Words.T
	e := &giveEditor{page: p}
	e.chosen = widget.NewSelect([]string{say("downloads.give.usual"), say("downloads.give.more"), say("downloads.give.less"),
		say("downloads.give.always"), say("downloads.give.none")}, func(string) { e.choose(e.chosen.SelectedIndex()) })
	e.content = container.NewHBox(container.New(&column{26}, e.chosen))
	return e
}

// show takes over what holds for v.
func (e *giveEditor) show(v *app.View) {
	e.of = v.ID
	// A measure that this version does not know counts as the usual.
	at := max(slices.Index(gives, v.Give), 0)
	if e.chosen.SelectedIndex() != at {
		e.filling = true
		e.chosen.SetSelectedIndex(at)
		e.filling = false
	}
}

// choose takes option i.
func (e *giveEditor) choose(i int) {
	if e.filling || i < 0 {
		return
	}
	id, give := e.of, gives[i]
	e.page.order(func(ctx context.Context) error { return e.page.host.Engine.SetGive(ctx, id, give) })
}
