package downloads

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// label is one line of text in a fixed place. Unlike a widget.Label it has no
// ground around it, so that three of them fit into a row, and costs little to
// change.
type label struct {
	canvas.Text
	full  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
}

func newLabel(size fyne.ThemeSizeName, color fyne.ThemeColorName, style fyne.TextStyle) *label {
	l := &label{size: size, color: color}
	l.TextStyle = style
	return l
}

// set changes the text, and the color where it differs.
func (l *label) set(s string, color fyne.ThemeColorName) {
	if l.full == s && l.color == color {
		return
	}
	l.full, l.color = s, color
	l.draw()
}

// place puts the label's middle at y, and its text between x and x+width.
func (l *label) place(x, y, width float32) {
	height := l.textHeight()
	l.Move(fyne.NewPos(x, y-height/2))
	if size := fyne.NewSize(width, height); size != l.Size() {
		l.Text.Resize(size)
		l.draw()
	}
}

func (l *label) textHeight() float32 {
	return fyne.MeasureText("", theme.Size(l.size), l.TextStyle).Height
}

// dress takes over the theme where it changed.
func (l *label) dress() {
	if l.Color != theme.Color(l.color) || l.TextSize != theme.Size(l.size) {
		l.draw()
	}
}

// draw takes over the theme and shows as much of the text as there is room
// for.
func (l *label) draw() {
	l.TextSize, l.Color = theme.Size(l.size), theme.Color(l.color)
	l.Text.Text = clip(l.full, l.Size().Width, l.TextSize, l.TextStyle)
	canvas.Refresh(&l.Text)
}

// clip is s, with an ellipsis where it is wider than width.
func clip(s string, width, size float32, style fyne.TextStyle) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	if s == "" || fits(s) {
		return s
	}
	r := []rune(s)
	n := sort.Search(len(r), func(n int) bool { return !fits(string(r[:n+1]) + "…") })
	return string(r[:n]) + "…"
}
