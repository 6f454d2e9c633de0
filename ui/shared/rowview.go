package shared

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// The places in a row, in units of the grid.
const (
	rowHeight   = 9
	pictureSide = 7
	givenColumn = 24
	rateColumn  = 12
)

// rowView shows a row: picture and three lines.
type rowView struct {
	widget.BaseWidget
	shown   row
	picture image.Image
	page    *Page
}

func newRowView(p *Page) *rowView {
	v := &rowView{page: p}
	v.ExtendBaseWidget(v)
	return v
}

// set shows r with its picture.
func (v *rowView) set(r row, picture image.Image) {
	if v.shown == r && v.picture == picture {
		return
	}
	v.shown, v.picture = r, picture
	v.Refresh()
}

// Tapped implements fyne.Tappable.
func (v *rowView) Tapped(*fyne.PointEvent) { v.page.tapped(v.shown.ID) }

// TappedSecondary implements fyne.SecondaryTappable.
func (v *rowView) TappedSecondary(e *fyne.PointEvent) { v.page.menu(v.shown.ID, e.AbsolutePosition) }

// AccessibilityLabel implements fyne.Accessible.
func (v *rowView) AccessibilityLabel() string {
	var said []string
	for _, s := range []string{v.shown.Name, v.shown.Given, v.shown.People, v.shown.Rate, v.shown.Sentence} {
		if s != "" {
			said = append(said, s)
		}
	}
	return v.page.host.Words.List(said)
}

// AccessibilityRole implements fyne.Accessible.
func (v *rowView) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// MinSize implements fyne.CanvasObject.
func (v *rowView) MinSize() fyne.Size { return fyne.NewSize(look.Units(40), look.Units(rowHeight)) }

// CreateRenderer implements fyne.Widget.
func (v *rowView) CreateRenderer() fyne.WidgetRenderer {
	r := &rowRenderer{view: v,
		picture:  &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleSmooth},
		name:     look.NewLabel(look.SizeBody, theme.ColorNameForeground, fyne.TextStyle{}),
		given:    trailing(look.NewLabel(look.SizeBody, theme.ColorNameForeground, fyne.TextStyle{})),
		people:   look.NewLabel(look.SizeSmall, look.ColorQuiet, fyne.TextStyle{}),
		rate:     trailing(look.NewLabel(look.SizeSmall, look.ColorQuiet, fyne.TextStyle{})),
		sentence: look.NewLabel(look.SizeSmall, look.ColorQuiet, fyne.TextStyle{}),
	}
	r.name.TextStyle.Bold = true
	r.objects = []fyne.CanvasObject{r.picture, &r.name.Text, &r.given.Text, &r.people.Text, &r.rate.Text, &r.sentence.Text}
	r.fill()
	return r
}

type rowRenderer struct {
	view                                *rowView
	picture                             *canvas.Image
	name, given, people, rate, sentence *look.Label
	objects                             []fyne.CanvasObject
}

// Layout implements fyne.WidgetRenderer.
func (r *rowRenderer) Layout(size fyne.Size) {
	u, middle := look.Units(1), size.Height/2
	r.picture.CornerRadius = u / 2
	r.picture.Move(fyne.NewPos(u, middle-pictureSide*u/2))
	r.picture.Resize(fyne.NewSquareSize(pictureSide * u))
	left, right := (pictureSide+2.5)*u, size.Width-2*u
	line := func(y float32, first, last *look.Label, column float32) {
		first.Place(left, y, right-(column+1)*u-left)
		last.Place(right-column*u, y, column*u)
	}
	line(middle-2.5*u, r.name, r.given, givenColumn)
	line(middle, r.people, r.rate, rateColumn)
	r.placeSentence(size)
}

// placeSentence puts it into the third line, or into the second where that
// is empty.
func (r *rowRenderer) placeSentence(size fyne.Size) {
	u, y := look.Units(1), size.Height/2
	if r.view.shown.People != "" {
		y += 2.5 * u
	}
	left := (pictureSide + 2.5) * u
	r.sentence.Place(left, y, size.Width-2*u-left)
}

// MinSize implements fyne.WidgetRenderer.
func (r *rowRenderer) MinSize() fyne.Size { return r.view.MinSize() }

// Refresh implements fyne.WidgetRenderer.
func (r *rowRenderer) Refresh() {
	if r.name.Color != theme.Color(theme.ColorNameForeground) || r.name.TextSize != theme.Size(look.SizeBody) { // another theme
		for _, l := range []*look.Label{r.name, r.given, r.people, r.rate, r.sentence} {
			l.Dress()
		}
		r.Layout(r.view.Size())
	}
	r.fill()
}

// fill copies the row into what is drawn.
func (r *rowRenderer) fill() {
	s := &r.view.shown
	if r.picture.Image != r.view.picture {
		r.picture.Image = r.view.picture
		r.picture.Refresh()
	}
	r.name.Set(s.Name, theme.ColorNameForeground)
	r.given.Set(s.Given, theme.ColorNameForeground)
	r.people.Set(s.People, look.ColorQuiet)
	r.rate.Set(s.Rate, look.ColorQuiet)
	r.sentence.Set(s.Sentence, shade(s.Needs, look.ColorQuiet))
	r.placeSentence(r.view.Size())
}

// Objects implements fyne.WidgetRenderer.
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy implements fyne.WidgetRenderer.
func (r *rowRenderer) Destroy() {}

// trailing ends a text at the right.
func trailing(l *look.Label) *look.Label {
	l.Alignment = fyne.TextAlignTrailing
	return l
}

// shade is the colour of a text: amber where the user has to do something.
func shade(needs bool, usual fyne.ThemeColorName) fyne.ThemeColorName {
	if needs {
		return look.ColorNeeds
	}
	return usual
}
