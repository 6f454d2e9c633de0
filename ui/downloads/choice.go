package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// choice is a line of buttons of which one is pressed.
type choice struct {
	content *fyne.Container
	buttons []*button
	at      int
}

// newChoice makes one; leave is what Escape does.
func newChoice(texts []string, chosen func(i int), leave func()) *choice {
	c := &choice{content: container.NewHBox()}
	for i, text := range texts {
		b := newButton(text, nil, func() {
			c.set(i)
			chosen(i)
		}, leave)
		b.Importance = widget.LowImportance
		c.buttons = append(c.buttons, b)
		c.content.Add(b)
	}
	c.set(0)
	return c
}

// set presses a button; nothing else happens.
func (c *choice) set(i int) {
	c.buttons[c.at].Importance = widget.LowImportance
	c.buttons[c.at].Refresh()
	c.at = i
	c.buttons[i].Importance = widget.MediumImportance
	c.buttons[i].Refresh()
}

func (c *choice) setText(i int, text string) {
	if c.buttons[i].Text != text {
		c.buttons[i].SetText(text)
		c.content.Refresh()
	}
}
