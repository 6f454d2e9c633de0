package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

func newText(s string, size fyne.ThemeSizeName, style fyne.TextStyle, importance widget.Importance) *widget.Label {
	l := widget.NewLabel(s)
	l.SizeName, l.TextStyle, l.Importance = size, style, importance
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// Big is the title of a page; Title of a card or section.
func Big(s string) *widget.Label { return newText(s, SizeBig, fyne.TextStyle{Bold: true}, 0) }

// Title is the title of a card or section.
func Title(s string) *widget.Label { return newText(s, SizeTitle, fyne.TextStyle{Bold: true}, 0) }

// Strong is a line that matters; Line is any line; Quiet is a line that
// explains.
func Strong(s string) *widget.Label { return newText(s, SizeBody, fyne.TextStyle{Bold: true}, 0) }

// Line is one line of text.
func Line(s string) *widget.Label { return newText(s, SizeBody, fyne.TextStyle{}, 0) }

// Quiet is a line that explains.
func Quiet(s string) *widget.Label {
	return newText(s, SizeSmall, fyne.TextStyle{}, widget.LowImportance)
}

// Mono is a line in fixed width: fingerprints, links, IDs.
func Mono(s string) *widget.Label {
	return newText(s, SizeBody, fyne.TextStyle{Monospace: true}, 0)
}

// Para is text over several lines.
func Para(s string) *widget.Label {
	l := newText(s, SizeBody, fyne.TextStyle{}, 0)
	l.Truncation, l.Wrapping = fyne.TextTruncateOff, fyne.TextWrapWord
	return l
}

// QuietPara explains over several lines.
func QuietPara(s string) *widget.Label {
	l := Para(s)
	l.SizeName, l.Importance = SizeSmall, widget.LowImportance
	return l
}

// SetText changes a label where it differs, which is much cheaper than always.
func SetText(l *widget.Label, s string) {
	if l.Text != s {
		l.SetText(s)
	}
}
