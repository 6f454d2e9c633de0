package cards

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// The window hears of Enter and Esc only while nothing has the focus, so
// what has it on a card answers them: Enter presses a button, and Esc is
// leave.

// button is a button of a card.
type button struct {
	widget.Button
	leave    func()
	unmarked bool // the next focus is given by the card and not shown
}

func newButton(text string, do, leave func()) *button {
	b := &button{leave: leave}
	b.Text, b.OnTapped = text, do
	b.ExtendBaseWidget(b)
	return b
}

// newYes is the button of the card's one action: filled with ink. The card
// gives it the focus as it opens, which is not to be seen: the toolkit would
// draw the one button there is as if it were disabled.
func newYes(text string, do, leave func()) *button {
	b := newButton(text, do, leave)
	b.Importance, b.unmarked = widget.HighImportance, true
	return b
}

// FocusGained implements fyne.Focusable.
func (b *button) FocusGained() {
	if !b.unmarked {
		b.Button.FocusGained()
	}
	b.unmarked = false
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

// entry is a line to type in. Enter is OnSubmitted.
type entry struct {
	widget.Entry
	leave func()
}

func newEntry(placeholder string, changed func(string), leave func()) *entry {
	e := &entry{leave: leave}
	e.PlaceHolder, e.OnChanged, e.Wrapping = placeholder, changed, fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// newLines is an entry for several lines, rows of them seen.
func newLines(placeholder string, rows int, leave func()) *entry {
	e := newEntry(placeholder, nil, leave)
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.SetMinRowsVisible(rows)
	return e
}

// TypedKey implements fyne.Focusable.
func (e *entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.leave()
		return
	}
	e.Entry.TypedKey(k)
}

// choice is one of a few.
type choice struct {
	widget.Select
	leave func()
}

// newChoice selects the first; changed gets the number of another.
func newChoice(options []string, changed func(int), leave func()) *choice {
	c := &choice{leave: leave}
	c.Options, c.Selected = options, options[0]
	c.OnChanged = func(string) { changed(c.SelectedIndex()) }
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *choice) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		c.leave()
		return
	}
	c.Select.TypedKey(k)
}

// check is a box to tick.
type check struct {
	widget.Check
	leave func()
}

func newCheck(text string, leave func()) *check {
	c := &check{leave: leave}
	c.Text = text
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *check) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		c.leave()
	}
}

// newActions is the row of buttons at the foot of a card, the main one last.
func newActions(buttons ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(look.Units(1)), append([]fyne.CanvasObject{layout.NewSpacer()}, buttons...)...)
}
