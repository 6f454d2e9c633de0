package shared

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// button is a button that Enter presses, and that goes back to the list on
// Esc.
type button struct {
	widget.Button
	leave func()
}

func newButton(text string, icon fyne.Resource, do, leave func()) *button {
	b := &button{leave: leave}
	b.Text, b.Icon, b.OnTapped = text, icon, do
	b.ExtendBaseWidget(b)
	return b
}

// TypedKey implements fyne.Focusable.
func (b *button) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	case fyne.KeyEscape:
		b.leave()
	default:
		b.Button.TypedKey(k)
	}
}
