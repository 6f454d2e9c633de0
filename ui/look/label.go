package look

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Label is one line of text in a fixed place of a row. Unlike a widget.Label it has no
// ground around it, so that three of them fit into a row, and costs little to
// change.
type Label struct {
	canvas.Text
	full  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
}

// NewLabel makes an empty one in a size and a colour of the theme.
func NewLabel(size fyne.ThemeSizeName, color fyne.ThemeColorName, style fyne.TextStyle) *Label {
	l := &Label{size: size, color: color}
	l.TextStyle = style
	return l
}

// Set changes the text, and the color where it differs.
func (l *Label) Set(s string, color fyne.ThemeColorName) {
	if l.full == s && l.color == color {
		return
	}
	l.full, l.color = s, color
	l.draw()
}

// Place puts the label's middle at y, and its text between x and x+width.
func (l *Label) Place(x, y, width float32) {
	height := l.textHeight()
	l.Move(fyne.NewPos(x, y-height/2))
	if size := fyne.NewSize(width, height); size != l.Size() {
		l.Text.Resize(size)
		l.draw()
	}
}

func (l *Label) textHeight() float32 {
	return fyne.MeasureText("", theme.Size(l.size), l.TextStyle).Height
}

// Dress takes over the theme where it changed.
func (l *Label) Dress() {
	if l.Color != theme.Color(l.color) || l.TextSize != theme.Size(l.size) {
		l.draw()
	}
}

// draw takes over the theme and shows as much of the text as there is room
// for.
func (l *Label) draw() {
	l.TextSize, l.Color = theme.Size(l.size), theme.Color(l.color)
	l.Text.Text = Clip(l.full, l.Size().Width, l.TextSize, l.TextStyle)
	canvas.Refresh(&l.Text)
}

// Clip is s, with an ellipsis where it is wider than width.
func Clip(s string, width, size float32, style fyne.TextStyle) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	if s == "" || fits(s) {
		return s
	}
	r := []rune(s)
	n := sort.Search(len(r), func(n int) bool { return !fits(string(r[:n+1]) + "…") })
	return string(r[:n]) + "…"
}
