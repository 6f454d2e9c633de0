package publishers

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
	"grove/ui/words"
)

// row is a publisher in the list: its name, its fingerprint, and since when.
type row struct {
	widget.BaseWidget
	name, finger, facts *widget.Label
	you, blocked        *look.Badge
	content             *fyne.Container
	shown               rowText
}

func newRow() *row {
	r := &row{name: look.Strong(""), finger: look.Mono(""), facts: look.Quiet(""), you: look.NewBadge("", false), blocked: look.NewBadge("", true)}
	r.finger.SizeName = look.SizeSmall
	r.content = container.New(rowLines{}, r.name, r.finger, r.facts, r.you, r.blocked)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

// rowText is what a row shows.
type rowText struct {
	name         string
	named        bool
	finger       string
	facts        string
	you, blocked string
}

func rowOf(e entry, say *words.Words) rowText {
	t := rowText{name: e.called(), named: e.name != "", finger: e.fingerprint, facts: say.T("publishers.facts",
		"packages", say.N("publishers.packages", e.packages), "first", say.Date(e.first), "newest", say.Date(e.newest))}
	if !t.named {
		t.name = say.T("publishers.no_name")
	}
	if e.you {
		t.you = say.T("publishers.you")
	}
	if e.blocked {
		t.blocked = say.T("publishers.blocked")
	}
	return t
}

func (r *row) show(t rowText) {
	if r.shown.name != t.name || r.shown.named != t.named {
		r.name.Importance = widget.LowImportance
		if t.named {
			r.name.Importance = widget.MediumImportance
		}
		r.name.SetText(t.name)
	}
	look.SetText(r.finger, t.finger)
	look.SetText(r.facts, t.facts)
	if r.shown.you != t.you || r.shown.blocked != t.blocked {
		r.you.Set(t.you, false)
		r.blocked.Set(t.blocked, true)
		r.content.Refresh()
	}
	r.shown = t
}

// rowLines lays the three lines of a row below each other and the badges
// behind the first.
type rowLines struct{}

// Layout implements fyne.Layout.
func (rowLines) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := size.Width - look.Units(1)
	for _, badge := range o[3:] {
		w := badge.MinSize().Width
		badge.Resize(fyne.NewSize(w, badge.MinSize().Height))
		badge.Move(fyne.NewPos(x-w, look.Units(0.75)))
		if w > 0 {
			x -= w + look.Units(1)
		}
	}
	y := float32(0)
	for i, line := range o[:3] {
		w := size.Width
		if i == 0 {
			w = x
		}
		h := line.MinSize().Height
		line.Resize(fyne.NewSize(w, h))
		line.Move(fyne.NewPos(0, y))
		y += h - theme.InnerPadding()*1.25
	}
}

// MinSize implements fyne.Layout.
func (rowLines) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(look.Units(20), theme.InnerPadding()*1.25)
	for _, line := range o[:3] {
		size.Height += line.MinSize().Height - theme.InnerPadding()*1.25
	}
	return size
}
