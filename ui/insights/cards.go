package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/ui/chart"
	"grove/ui/look"
	"grove/ui/words"
)

// figure is a number at the end of its line.
func figure() *widget.Label {
	l := look.Line("")
	l.Alignment = fyne.TextAlignTrailing
	return l
}

// keyed is a line of a table whose key is the colour it has in the picture.
func keyed(color fyne.ThemeColorName, name string, value *widget.Label) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewCenter(newSwatch(color)), look.Fixed(look.Units(12), value), look.Line(name))
}

// came answers: what came, and from whom?
type came struct {
	plot            *look.DayPlot
	ring            *look.Ring
	peers, origin   *widget.Label
	received, given *widget.Label
	people          string
	content         fyne.CanvasObject
	say             *words.Words
}

func newCame(say *words.Words) *came {
	c := &came{say: say, plot: look.NewDayPlot(say.T("insights.came.plot")), ring: look.NewRing(say.T("insights.came.title")),
		peers: figure(), origin: figure(), received: figure(), given: figure(), people: say.T("insights.came.share")}
	c.received.TextStyle.Bold = true
	sums := look.Stack(-0.5,
		keyed(look.ColorPeers, say.T("insights.peers"), c.peers),
		keyed(look.ColorOrigin, say.T("insights.origin"), c.origin),
		container.NewBorder(nil, nil, container.NewCenter(newSwatch(look.ColorRaised)), look.Fixed(look.Units(12), c.received), look.Strong(say.T("insights.received"))),
		keyed(look.ColorQuiet, say.T("insights.given"), c.given))
	c.content = look.Card(look.Stack(0, look.Title(say.T("insights.came.title")), look.QuietPara(say.T("insights.came.why")),
		look.Inset(container.New(&beside{units: 30}, look.Tall(look.Units(30), c.plot), look.Stack(1, look.Tall(look.Units(18), c.ring), sums)))))
	return c
}

func (c *came) show(t sums, f facts, days []chart.Day, labels []string) {
	c.plot.Set(days, labels, func(v float64) string { return c.say.Size(int64(v)) })
	c.ring.Set(float64(t.peers), float64(t.origin), f.share, c.people)
	look.SetText(c.peers, f.peers)
	look.SetText(c.origin, f.origin)
	look.SetText(c.received, f.received)
	look.SetText(c.given, f.given)
}

// mostGivers is how many packages are shown that gave most.
const mostGivers = 5

// gave answers: what did I give?
type gave struct {
	total, ratio *widget.Label
	givers       [mostGivers]*giver
	content      fyne.CanvasObject
}

// giver is a package that gave, with a bar for how much.
type giver struct {
	name, given *widget.Label
	bar         *look.Bar
	content     *fyne.Container
}

func newGave(say *words.Words) *gave {
	g := &gave{total: look.Big(""), ratio: look.QuietPara("")}
	rows := []fyne.CanvasObject{look.Title(say.T("insights.gave.title")), look.Stack(-1, g.total, g.ratio)}
	for i := range g.givers {
		r := &giver{name: look.Line(""), given: figure(), bar: look.NewBar()}
		r.content = look.Stack(-1, container.NewBorder(nil, nil, nil, look.Fixed(look.Units(12), r.given), r.name), look.Inset(r.bar))
		g.givers[i] = r
		rows = append(rows, r.content)
	}
	g.content = look.Card(look.Stack(0, rows...))
	return g
}

// show reports whether something needs another room than before.
func (g *gave) show(f facts, most []parcel, say *words.Words) (moved bool) {
	look.SetText(g.total, f.given)
	look.SetText(g.ratio, f.ratio)
	moved = setVisible(g.ratio, f.ratio != "")
	for i, r := range g.givers {
		moved = setVisible(r.content, i < len(most)) || moved
		if i >= len(most) {
			continue
		}
		look.SetText(r.name, words.Plain(most[i].name, nameLimit))
		look.SetText(r.given, say.Size(most[i].given))
		r.bar.Set(0, 0, float64(most[i].given)/float64(most[0].given))
	}
	return moved
}

// saved answers: what did it save?
type saved struct {
	sentence *widget.Label
	bar      *look.Bar
	content  fyne.CanvasObject
}

func newSaved(say *words.Words) *saved {
	s := &saved{sentence: look.Para(""), bar: look.NewBar()}
	s.content = look.Card(look.Stack(0, look.Title(say.T("insights.saved.title")), look.Inset(s.bar), s.sentence))
	return s
}

func (s *saved) show(t sums, f facts) {
	look.SetText(s.sentence, f.saved)
	peers, origin := 0.0, 0.0
	if all := float64(t.received()); all > 0 {
		peers, origin = float64(t.peers)/all, float64(t.origin)/all
	}
	s.bar.Set(peers, origin, 0)
}

// left answers: how much may still be given this month?
type left struct {
	used, left, until *widget.Label
	bar               *look.Bar
	barRoom           *fyne.Container
	say               *words.Words
	content           fyne.CanvasObject
}

func newLeft(say *words.Words) *left {
	l := &left{say: say, used: look.Para(""), left: look.Para(""), until: look.QuietPara(""), bar: look.NewBar()}
	l.barRoom = look.Inset(l.bar)
	l.content = look.Card(look.Stack(0, look.Title(say.T("insights.budget.title")), l.barRoom, look.Stack(-1, l.used, l.left, l.until)))
	return l
}

func (l *left) show(b budget) {
	look.SetText(l.used, l.say.T("insights.budget.used", "used", b.used))
	look.SetText(l.left, b.left)
	look.SetText(l.until, b.until)
	setVisible(l.until, b.until != "")
	setVisible(l.barRoom, b.bound)
	l.bar.Set(0, 0, b.part)
}

// setVisible reports whether that is another state than before.
func setVisible(o fyne.CanvasObject, on bool) (changed bool) {
	if on == o.Visible() {
		return false
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}
