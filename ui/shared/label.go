package shared

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"grove/ui/look"
)

// label is one line of text in a fixed place of a row. Unlike a widget.Label
// it has no room around it, and costs little to change.
type label struct {
	canvas.Text
	full  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
}

func newLabel(size fyne.ThemeSizeName, color fyne.ThemeColorName) *label {
	return &label{size: size, color: color}
}

// trailing ends the text at the right.
func (l *label) trailing() *label {
	l.Alignment = fyne.TextAlignTrailing
	return l
}

// set changes the text, and the colour where it differs.
func (l *label) set(s string, color fyne.ThemeColorName) {
	if l.full == s && l.color == color {
		return
	}
	l.full, l.color = s, color
	l.draw()
}

// place puts the text between x and x+width, with its middle at y.
func (l *label) place(x, y, width float32) {
	height := fyne.MeasureText("", theme.Size(l.size), l.TextStyle).Height
	l.Move(fyne.NewPos(x, y-height/2))
	if size := fyne.NewSize(width, height); size != l.Size() {
		l.Text.Resize(size)
		l.draw()
	}
}

// draw takes over the theme, and shows as much of the text as there is room
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

// shade is the colour of a text: amber where the user has to do something.
func shade(needs bool, usual fyne.ThemeColorName) fyne.ThemeColorName {
	if needs {
		return look.ColorNeeds
	}
	return usual
}
