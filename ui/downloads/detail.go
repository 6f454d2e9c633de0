package downloads

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// part is one part of the detail. show is called only while it is seen.
type part interface {
	content() fyne.CanvasObject
	show(d *app.Detail)
}

// The parts, in their order.
const (
	partOverview = iota
	partSpeed
	partPieces
	partSources
	partFiles
	partLog
	partCount
)

// detail is the pane with everything about the selected download.
type detail struct {
	page    *Page
	now     *app.Detail // nil before the first
	asked   bool        // a request is under way
	name    *widget.Label
	back    *button // where the pane takes the list's place
	close   *button
	trouble *widget.Label // why there is no detail
	choice  *choice
	parts   [partCount]part
	head    *fyne.Container
	content *fyne.Container
}

func newDetail(p *Page) *detail {
	say := p.host.Words.T
	d := &detail{page: p, name: look.Strong(""), trouble: look.QuietPara("")}
	d.back = newButton(say("downloads.detail.back"), theme.NavigateBackIcon(), p.closeDetail, p.closeDetail)
	d.close = newButton(say("downloads.detail.close"), look.Icon("close"), p.closeDetail, p.closeDetail)
	d.back.Importance, d.close.Importance = widget.LowImportance, widget.LowImportance
	d.parts = [partCount]part{newOverview(p), newSpeedPart(p.host.Words), newPiecesPart(p.host.Words),
		newSourcesPart(p.host.Words), newFilesPart(p), newLogPart(p)}
	body := container.NewStack()
	texts := make([]string, partCount)
	for i, name := range []string{"overview", "speed", "pieces", "sources", "files", "log"} {
		texts[i] = say("downloads.detail." + name)
		d.parts[i].content().Hide()
		body.Add(d.parts[i].content())
	}
	d.parts[partOverview].content().Show()
	d.choice = newChoice(texts, d.turn, p.closeDetail)
	d.head = container.NewBorder(nil, nil, d.back, nil, d.name)
	line := container.NewBorder(nil, nil, nil, d.close, container.NewHScroll(d.choice.content))
	d.content = container.NewBorder(container.NewVBox(d.head, line, d.trouble), nil, nil, nil, container.NewPadded(body))
	d.head.Hide()
	d.trouble.Hide()
	return d
}

// setNarrow says whether the pane takes the list's place.
func (d *detail) setNarrow(narrow bool) {
	if visible(d.head, narrow) {
		visible(d.close, !narrow)
		visible(d.overview().name, !narrow) // the head has it
		d.content.Refresh()
	}
}

// turn shows a part.
func (d *detail) turn(to int) {
	for i, p := range d.parts {
		visible(p.content(), i == to)
	}
	d.choice.set(to)
	d.again()
}

// show asks for the selected download anew. One that was not seen before is
// shown at once with what the list knows of it.
func (d *detail) show() {
	v := d.page.current()
	if v == nil {
		return
	}
	if d.now == nil || d.now.ID != v.ID {
		d.take(&app.Detail{View: *v})
	}
	d.ask(v.ID)
}

// again shows what is known once more.
func (d *detail) again() {
	if d.now != nil {
		d.parts[d.choice.at].show(d.now)
	}
}

// ask asks the engine, unless it is being asked already.
func (d *detail) ask(id uuid.UUID) {
	if d.asked {
		return
	}
	d.asked = true
	d.page.host.Do(func(ctx context.Context) (func(), error) {
		got, err := d.page.host.Engine.Detail(ctx, id)
		return func() { d.answer(id, got, err) }, nil
	})
}

// answer takes over what came for id. What is not selected any more is of no
// use; the next Show asks for what is.
func (d *detail) answer(id uuid.UUID, got *app.Detail, err error) {
	d.asked = false
	if d.page.selected != id || !d.page.open {
		return
	}
	d.tell(err)
	if err == nil {
		d.take(got)
	}
}

// tell says why there is no more to see, until there is.
func (d *detail) tell(err error) {
	if visible(d.trouble, err != nil) {
		d.content.Refresh()
	}
	if err != nil {
		look.SetText(d.trouble, trouble(err, d.page.host.Words))
	}
}

// trouble is what happened, and what to do or what Grove does about it.
func trouble(err error, w *words.Words) string {
	sentence, advice, _ := w.Problem(app.AsProblem(err))
	return sentence + " " + advice
}

// take shows what is known.
func (d *detail) take(got *app.Detail) {
	d.now = got
	look.SetText(d.name, words.Plain(got.Name, nameLimit))
	d.again()
}

// overview is the first part.
func (d *detail) overview() *overviewPart { return d.parts[partOverview].(*overviewPart) }
