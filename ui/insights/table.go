package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// mostLines is how many packages the table has at most.
const mostLines = 50

// table is the numbers by package.
type table struct {
	page    *Page
	order   order
	parcels []parcel
	lines   []*tableLine
	rows    *fyne.Container
	more    *widget.Label
	content fyne.CanvasObject
}

type tableLine struct {
	name, peers, origin, given *widget.Label
	content                    *fyne.Container
}

func newTableLine() *tableLine {
	l := &tableLine{name: look.Line(""), peers: figure(), origin: figure(), given: figure()}
	l.content = look.Stack(-0.5, look.Rule(), container.New(&cells{}, l.name, l.peers, l.origin, l.given))
	return l
}

func newTable(p *Page) *table {
	t := &table{page: p, order: byReceived, rows: look.Stack(0), more: look.Quiet("")}
	say := p.say
	var names []string
	for _, key := range orders {
		names = append(names, say.T(key))
	}
	sort := newChoice(say.T("insights.sorted"), names, int(t.order), func(i int) {
		t.order = order(i)
		t.fill()
	})
	head := func(key string) *widget.Label {
		l := look.Quiet(say.T(key))
		l.Alignment = fyne.TextAlignTrailing
		return l
	}
	heads := container.New(&cells{}, look.Quiet(say.T("insights.package")), head("insights.peers"), head("insights.origin"), head("insights.given"))
	t.content = look.Card(look.Stack(0,
		container.NewBorder(nil, nil, nil, container.NewCenter(look.Fixed(look.Units(27), sort)), look.Title(say.T("insights.packages"))),
		heads, t.rows, t.more))
	return t
}

// show reports whether the table needs another room than before.
func (t *table) show(parcels []parcel) (moved bool) {
	t.parcels = parcels
	return t.fill()
}

// fill shows the packages in the order that is chosen.
func (t *table) fill() (moved bool) {
	all := sorted(t.parcels, t.order)
	some := all[:min(len(all), mostLines)]
	for len(t.lines) < len(some) {
		l := newTableLine()
		t.lines = append(t.lines, l)
		t.rows.Objects = append(t.rows.Objects, l.content)
		moved = true
	}
	for i, l := range t.lines {
		moved = setVisible(l.content, i < len(some)) || moved
		if i >= len(some) {
			continue
		}
		text := lineOf(some[i], t.page.say)
		look.SetText(l.name, text.name)
		look.SetText(l.peers, text.peers)
		look.SetText(l.origin, text.origin)
		look.SetText(l.given, text.given)
	}
	look.SetText(t.more, t.page.say.N("insights.more", len(all)-len(some)))
	return setVisible(t.more, len(all) > len(some)) || moved
}
