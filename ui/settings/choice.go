package settings

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/app"
)

// check is a setting that is on or off.
type check struct {
	widget.Check
	page *Page
	get  func(app.Settings) bool
}

func (p *Page) newCheck(name string, get func(app.Settings) bool, set func(s *app.Settings, on bool)) *check {
	c := &check{page: p, get: get}
	c.Text = name
	c.OnChanged = func(on bool) {
		if on != get(p.now) {
			p.change(func(s app.Settings) app.Settings { set(&s, on); return s }, nil)
		}
	}
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained implements fyne.Focusable.
func (c *check) FocusGained() {
	c.Check.FocusGained()
	c.page.bring(c)
}

func (c *check) show() { c.SetChecked(c.get(c.page.now)) }

// option is a value and what it is called.
type option struct{ value, text string }

// choice is a setting that is one of a few values.
type choice struct {
	widget.Select
	page    *Page
	name    string // for those who do not see it
	options []option
	get     func(app.Settings) string
}

func (p *Page) newChoice(name string, options []option, get func(app.Settings) string, set func(s *app.Settings, value string)) *choice {
	c := &choice{page: p, name: name, get: get}
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); i >= 0 && c.options[i].value != get(p.now) {
			value := c.options[i].value
			p.change(func(s app.Settings) app.Settings { set(&s, value); return s }, nil)
		}
	}
	c.ExtendBaseWidget(c)
	c.offer(options)
	return c
}

// AccessibilityLabel implements fyne.Accessible.
func (c *choice) AccessibilityLabel() string { return c.name }

// AccessibilityRole implements fyne.Accessible.
func (c *choice) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// FocusGained implements fyne.Focusable.
func (c *choice) FocusGained() {
	c.Select.FocusGained()
	c.page.bring(c)
}

// offer takes over what can be chosen.
func (c *choice) offer(options []option) {
	c.options, c.Options = options, nil
	for _, o := range options {
		c.Options = append(c.Options, o.text)
	}
	c.Selected = ""
	c.show()
}

// show takes over the setting; a value that is not on offer is added.
func (c *choice) show() {
	value := c.get(c.page.now)
	at := slices.IndexFunc(c.options, func(o option) bool { return o.value == value })
	if at < 0 {
		c.offer(append(slices.Clone(c.options), option{value, value}))
		return
	}
	if text := c.options[at].text; c.Selected != text {
		c.Selected = text
		c.Refresh()
	}
}
