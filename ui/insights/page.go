// Package insights is the place that shows what came, from whom, what was
// given and what that saved: a picture for each question, with the numbers
// beside it.
package insights

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// every is how often the ledger is read again while the page is seen.
const every = 5 * time.Second

// Page is the place Insights. It is laid out when it is first seen.
type Page struct {
	host *host.Host
	say  *words.Words

	reach reach
	now   time.Time // of the last snapshot
	month app.Month
	asked time.Time // when the ledger was read; zero while the page is not seen

	loading, again bool // the ledger is being read, and is to be read again
	shown          picture
	standing       string // what is seen in the place of shown, "" for nothing

	came    *came
	gave    *gave
	saved   *saved
	budget  *left
	ways    *ways
	table   *table
	body    *fyne.Container
	stand   *fyne.Container // in the body's place when there is nothing to show
	choice  *choice
	scroll  *container.Scroll
	content fyne.CanvasObject
}

// New makes the page.
func New(h *host.Host) *Page { return &Page{host: h, say: h.Words, reach: usual} }

// Content implements host.Page.
func (p *Page) Content() fyne.CanvasObject {
	if p.content == nil {
		p.build()
	}
	return p.content
}

func (p *Page) build() {
	at := 0
	for i, r := range reaches {
		if r == p.reach {
			at = i
		}
	}
	p.choice = newChoice(p.say.T("insights.span"), p.spans(), at, func(i int) { p.look(reaches[i]) })
	p.came, p.gave, p.saved, p.budget = newCame(p.say), newGave(p.say), newSaved(p.say), newLeft(p.say)
	p.ways, p.table = newWays(p.say), newTable(p)
	p.body = look.Stack(2, p.came.content,
		look.Columns(look.Units(44), p.gave.content, look.Stack(2, p.saved.content, p.budget.content)), p.ways.content, p.table.content)
	p.stand = container.NewStack()
	p.body.Hide()
	head := container.NewBorder(nil, nil, nil, container.NewCenter(look.Fixed(look.Units(22), p.choice)), look.Big(p.say.T("window.insights")))
	room := look.Units(2)
	p.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(room, room, room, room),
		look.Narrow(look.Units(140), look.Stack(2, head, p.stand, p.body))))
	p.content = container.New(guide{}, p.scroll)
}

// spans are what the reaches are called.
func (p *Page) spans() (names []string) {
	for _, r := range reaches {
		name := p.say.T("insights.this_month")
		if r != thisMonth {
			name = p.lastDays(r)
		}
		names = append(names, name)
	}
	return names
}

func (p *Page) lastDays(r reach) string { return p.say.T("insights.days", "v", p.say.Count(int64(r))) }

// Show implements host.Page.
func (p *Page) Show(s *app.Snapshot) {
	p.now, p.month = s.At, s.Month
	p.budget.show(budgetOf(p.month, p.now, p.say))
	if gone := p.now.Sub(p.asked); p.asked.IsZero() || gone >= every || gone < 0 {
		p.load()
	}
}

// Commands implements host.Page.
func (p *Page) Commands() (all []host.Command) {
	for i, name := range p.spans() {
		all = append(all, host.Command{Text: name, Do: func() { p.choice.SetSelectedIndex(i) },
			Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyName(rune('1' + i)), Modifier: fyne.KeyModifierAlt}})
	}
	return all
}

// Close implements host.Page.
func (p *Page) Close() { p.asked = time.Time{} }

// look takes another reach.
func (p *Page) look(r reach) {
	if p.reach != r {
		p.reach = r
		p.load()
	}
}

// load reads the ledger; one reading at a time.
func (p *Page) load() {
	if p.asked = p.now; p.loading {
		p.again = true
		return
	}
	p.loading = true
	span := until(p.now, p.reach)
	first, last := span.bounds()
	p.host.Do(func(ctx context.Context) (func(), error) {
		rows, err := p.host.Engine.Ledger(ctx, first, last)
		read := pictureOf(rows, span)
		return func() { p.read(read, err) }, nil
	})
}

func (p *Page) read(now picture, err error) {
	p.loading = false
	if p.again {
		p.again = false
		p.load()
		return
	}
	if err != nil {
		what, advice, _ := p.say.Problem(app.AsProblem(err))
		p.instead(what, advice, p.say.T("common.try_again"), p.load)
		return
	}
	if now.sums.none() {
		p.nothing()
		return
	}
	if p.standing == "" && now.same(p.shown) {
		return
	}
	f := factsOf(now.sums, p.say)
	p.came.show(now.sums, f, bars(now.days), now.span.labels(p.say))
	moved := p.gave.show(f, givers(now.packages, mostGivers), p.say)
	p.saved.show(now.sums, f)
	p.ways.show(now.ways)
	moved = p.table.show(now.packages) || moved
	if p.standing != "" || !p.body.Visible() {
		p.stand.Hide()
		p.body.Show()
		moved = true
	}
	p.shown, p.standing = now, ""
	if moved {
		p.scroll.Refresh()
	}
}

// instead shows words and an action where the pictures would be.
func (p *Page) instead(title, text, action string, tapped func()) {
	if p.standing == title+text+action {
		return
	}
	p.standing = title + text + action
	p.body.Hide()
	p.stand.Objects = []fyne.CanvasObject{container.New(layout.NewCustomPaddedLayout(look.Units(2), 0, 0, 0), look.Tall(look.Units(48), look.Empty(title, text, action, tapped)))}
	p.stand.Show()
	p.scroll.Refresh()
}

// nothing says what the place is for; its one action is to look back further,
// and where there is no further, to go and get something.
func (p *Page) nothing() {
	title, text := p.say.T("insights.empty.title"), p.say.T("insights.empty.text")
	if p.reach == 365 {
		p.instead(title, text, p.say.T("insights.empty.downloads"), func() { p.host.Go(host.Downloads) })
		return
	}
	p.instead(title, text, p.say.T("insights.empty.year"), func() { p.choice.SetSelected(p.lastDays(365)) })
}
