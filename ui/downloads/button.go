package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/ui/words"
)

// button is a button that keeps the keyboard where it is: it stays focused
// when it is tapped, Enter presses it, and Escape leaves.
type button struct {
	widget.Button
	leave func()
}

func newButton(text string, icon fyne.Resource, tapped, leave func()) *button {
	b := &button{leave: leave}
	b.Text, b.Icon, b.OnTapped = text, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// Tapped implements fyne.Tappable.
func (b *button) Tapped(e *fyne.PointEvent) {
	b.Button.Tapped(e)
	c := fyne.CurrentApp().Driver().CanvasForObject(b)
	if c != nil && c.Focused() == nil { // the act did not lead elsewhere
		c.Focus(b)
	}
}

// TypedKey implements fyne.Focusable.
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		b.leave()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.Tapped(nil)
	}
}

// iconButton is a button without room for its text, which it has for those
// who do not see it.
type iconButton struct {
	widget.Button
	act  act
	name string
}

func newIconButton() *iconButton {
	b := &iconButton{}
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// set makes it the button of an act.
func (b *iconButton) set(a act, w *words.Words) {
	if b.act == a {
		return
	}
	b.act, b.name, b.Icon = a, w.T(a.key()), a.icon()
	b.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (b *iconButton) AccessibilityLabel() string { return b.name }
