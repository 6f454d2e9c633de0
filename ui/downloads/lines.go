package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// line is one line of a list in the detail: a text, two values in columns of
// their own, a note below and one act.
type line struct {
	Kind                app.Kind // of a source; 0 is none
	Text, First, Second string
	Note                string
	Needs               bool // the note is about something the user should see
	Act                 act
}

// lines is a list of them. Only those that are seen are asked for.
type lines struct {
	list   *widget.List
	count  int
	at     func(i int) line
	do     func(i int)
	first  float32 // width of the columns, in units of the grid
	second float32
	noted  bool // lines have a note
	kinds  bool // lines are of a kind
	act    bool // lines have a button
	say    *words.Words
}

func newLines(l *lines) *lines {
	l.list = widget.NewList(func() int { return l.count },
		func() fyne.CanvasObject { return newLineView(l) },
		func(i int, o fyne.CanvasObject) { o.(*lineView).set(i, l.at(i)) })
	l.list.HideSeparators = true
	return l
}

// show takes over how many there are, and what they say.
func (l *lines) show(count int) {
	l.count = count
	l.list.Refresh()
}

// kindIcon is people in their colour, and a server in that of the origin.
func kindIcon(k app.Kind) fyne.Resource {
	if k == app.KindPeer {
		return theme.NewColoredResource(look.Icon("people"), look.ColorPeers)
	}
	return theme.NewColoredResource(look.Icon("origin"), look.ColorOrigin)
}

// lineView shows a line.
type lineView struct {
	widget.BaseWidget
	of    *lines
	i     int
	shown line
}

func newLineView(of *lines) *lineView {
	v := &lineView{of: of}
	v.ExtendBaseWidget(v)
	return v
}

func (v *lineView) set(i int, l line) {
	v.i = i
	if v.shown != l {
		v.shown = l
		v.Refresh()
	}
}

// MinSize implements fyne.Widget.
func (v *lineView) MinSize() fyne.Size {
	height := float32(3.5)
	if v.of.noted {
		height = 5
	}
	return fyne.NewSize(look.Units(v.of.first+v.of.second+12), look.Units(height))
}

// DoubleTapped implements fyne.DoubleTappable.
func (v *lineView) DoubleTapped(*fyne.PointEvent) {
	if v.shown.Act != actNone {
		v.of.do(v.i)
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (v *lineView) AccessibilityLabel() string {
	return row{Name: v.shown.Text, Amount: v.shown.First, Rate: v.shown.Second, Sentence: v.shown.Note}.spoken()
}

// AccessibilityRole implements fyne.Accessible.
func (v *lineView) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (v *lineView) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{view: v,
		text:   look.NewLabel(look.SizeBody, theme.ColorNameForeground, fyne.TextStyle{}),
		first:  look.NewLabel(look.SizeBody, look.ColorQuiet, fyne.TextStyle{}),
		second: look.NewLabel(look.SizeBody, look.ColorQuiet, fyne.TextStyle{}),
		note:   look.NewLabel(look.SizeSmall, look.ColorQuiet, fyne.TextStyle{}),
		kind:   widget.NewIcon(nil), button: newIconButton()}
	r.first.Alignment, r.second.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.button.OnTapped = func() { v.of.do(v.i) }
	r.fill()
	return r
}

type lineRenderer struct {
	view                      *lineView
	kind                      *widget.Icon
	text, first, second, note *look.Label
	button                    *iconButton
}

// Layout implements fyne.WidgetRenderer.
func (r *lineRenderer) Layout(size fyne.Size) {
	u, of := look.Units(1), r.view.of
	right := size.Width - u
	if of.act {
		right -= 4 * u
		r.button.Move(fyne.NewPos(right, size.Height/2-1.75*u))
		r.button.Resize(fyne.NewSquareSize(3.5 * u))
		right -= u
	}
	y, left := size.Height/2, u
	if of.kinds {
		r.kind.Move(fyne.NewPos(left, y-1.25*u))
		r.kind.Resize(fyne.NewSquareSize(2.5 * u))
		left += 3.5 * u
	}
	if of.noted {
		y -= u
		r.note.Place(left, y+2.25*u, right-left)
	}
	second := right - of.second*u
	first := second - of.first*u
	r.second.Place(second, y, of.second*u)
	r.first.Place(first, y, of.first*u)
	r.text.Place(left, y, first-u-left)
}

// MinSize implements fyne.WidgetRenderer.
func (r *lineRenderer) MinSize() fyne.Size { return r.view.MinSize() }

// Refresh implements fyne.WidgetRenderer.
func (r *lineRenderer) Refresh() {
	for _, l := range []*look.Label{r.text, r.first, r.second, r.note} {
		l.Dress()
	}
	r.fill()
}

func (r *lineRenderer) fill() {
	s := &r.view.shown
	r.text.Set(s.Text, theme.ColorNameForeground)
	r.first.Set(s.First, look.ColorQuiet)
	r.second.Set(s.Second, look.ColorQuiet)
	color := look.ColorQuiet
	if s.Needs {
		color = look.ColorNeeds
	}
	r.note.Set(s.Note, color)
	visible(r.kind, s.Kind != 0)
	r.kind.SetResource(kindIcon(s.Kind))
	visible(r.button, s.Act != actNone)
	r.button.set(s.Act, r.view.of.say)
}

// Objects implements fyne.WidgetRenderer.
func (r *lineRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.kind, &r.text.Text, &r.first.Text, &r.second.Text, &r.note.Text, r.button}
}

// Destroy implements fyne.WidgetRenderer.
func (r *lineRenderer) Destroy() {}
