package downloads

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/ui/look"
	"grove/ui/words"
)

// The places in a row, in units of the grid.
const (
	rowHeight   = 9
	pictureSide = 7
	buttonSide  = 4.5
	fixedColumn = 20 // amount and pace
)

// rowView shows a row: picture, three lines, and one button.
type rowView struct {
	widget.BaseWidget
	shown   row
	picture image.Image
	say     *words.Words
	tapped  func(id uuid.UUID)
	menu    func(id uuid.UUID, at fyne.Position)
	do      func(a act, id uuid.UUID)
}

func newRowView(p *Page) *rowView {
	v := &rowView{say: p.host.Words, tapped: p.tapped, menu: p.menu, do: p.do}
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

// MinSize implements fyne.Widget.
func (v *rowView) MinSize() fyne.Size {
	return fyne.NewSize(look.Units(40), look.Units(rowHeight))
}

// Tapped implements fyne.Tappable.
func (v *rowView) Tapped(*fyne.PointEvent) { v.tapped(v.shown.ID) }

// TappedSecondary implements fyne.SecondaryTappable.
func (v *rowView) TappedSecondary(e *fyne.PointEvent) { v.menu(v.shown.ID, e.AbsolutePosition) }

// AccessibilityLabel implements fyne.Accessible.
func (v *rowView) AccessibilityLabel() string { return v.shown.spoken() }

// AccessibilityRole implements fyne.Accessible.
func (v *rowView) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (v *rowView) CreateRenderer() fyne.WidgetRenderer {
	right := func(size fyne.ThemeSizeName, color fyne.ThemeColorName) *look.Label {
		l := look.NewLabel(size, color, fyne.TextStyle{})
		l.Alignment = fyne.TextAlignTrailing
		return l
	}
	r := &rowRenderer{view: v,
		picture:  &canvas.Image{FillMode: canvas.ImageFillContain},
		name:     look.NewLabel(look.SizeBody, theme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		amount:   right(look.SizeBody, theme.ColorNameForeground),
		rate:     right(look.SizeSmall, look.ColorQuiet),
		sentence: look.NewLabel(look.SizeSmall, look.ColorQuiet, fyne.TextStyle{}),
		bar:      look.NewBar(),
		button:   newIconButton(),
	}
	r.objects = []fyne.CanvasObject{r.picture, &r.name.Text, &r.amount.Text, &r.rate.Text, &r.sentence.Text, r.bar, r.button}
	r.button.OnTapped = func() { v.do(v.shown.Act, v.shown.ID) }
	r.fill()
	return r
}

type rowRenderer struct {
	view                         *rowView
	picture                      *canvas.Image
	name, amount, rate, sentence *look.Label
	bar                          *look.Bar
	button                       *iconButton
	objects                      []fyne.CanvasObject
}

// Layout implements fyne.WidgetRenderer.
func (r *rowRenderer) Layout(size fyne.Size) {
	u := look.Units(1)
	middle := size.Height / 2
	r.picture.Move(fyne.NewPos(u, middle-pictureSide*u/2))
	r.picture.Resize(fyne.NewSquareSize(pictureSide * u))
	buttonX := size.Width - (buttonSide+1)*u
	r.button.Move(fyne.NewPos(buttonX, middle-buttonSide*u/2))
	r.button.Resize(fyne.NewSquareSize(buttonSide * u))

	left := (pictureSide + 2.5) * u
	fixed := buttonX - (fixedColumn+1)*u
	r.name.Place(left, middle-2.5*u, fixed-2*u-left)
	r.amount.Place(fixed, middle-2.5*u, fixedColumn*u)
	r.bar.Move(fyne.NewPos(left, middle-u/2+0.25*u))
	r.bar.Resize(fyne.NewSize(fixed-2*u-left, u))
	r.rate.Place(fixed, middle+0.25*u, fixedColumn*u)
	r.sentence.Place(left, middle+2.75*u, buttonX-u-left)
	r.fill() // the sentence says more where there is room
}

// MinSize implements fyne.WidgetRenderer.
func (r *rowRenderer) MinSize() fyne.Size { return r.view.MinSize() }

// Refresh implements fyne.WidgetRenderer.
func (r *rowRenderer) Refresh() {
	for _, l := range []*look.Label{r.name, r.amount, r.rate, r.sentence} {
		l.Dress()
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
	r.amount.Set(s.Amount, theme.ColorNameForeground)
	r.rate.Set(s.Rate, look.ColorQuiet)
	color := look.ColorQuiet
	if s.Needs {
		color = look.ColorNeeds
	}
	r.sentence.Set(r.said(), color)
	r.bar.Set(s.Peers, s.Origin, s.Before)
	r.button.set(s.Act, r.view.say)
}

// said is the third line: who signed it is the first to go where room is
// short.
func (r *rowRenderer) said() string {
	all := dotted(r.view.shown.Sentence, r.view.shown.Signed)
	if fyne.MeasureText(all, theme.Size(look.SizeSmall), fyne.TextStyle{}).Width > r.sentence.Size().Width {
		return r.view.shown.Sentence
	}
	return all
}

// Objects implements fyne.WidgetRenderer.
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy implements fyne.WidgetRenderer.
func (r *rowRenderer) Destroy() {}
