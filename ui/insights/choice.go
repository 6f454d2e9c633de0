package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// choice is a widget.Select with a name, for those who do not see it.
type choice struct {
	widget.Select
	name string
}

// newChoice makes one; chosen is called with the place of an option when a
// person takes another.
func newChoice(name string, options []string, at int, chosen func(int)) *choice {
	c := &choice{name: name}
	c.Options = options
	c.Selected = options[at]
	c.OnChanged = func(string) { chosen(c.SelectedIndex()) }
	c.ExtendBaseWidget(c)
	return c
}

// AccessibilityLabel implements fyne.Accessible.
func (c *choice) AccessibilityLabel() string { return c.name + ", " + c.Selected }

// AccessibilityRole implements fyne.Accessible.
func (c *choice) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
