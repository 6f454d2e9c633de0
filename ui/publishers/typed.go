package publishers

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// search is where a person types what to look for.
type search struct {
	widget.Entry
	name string
}

func newSearch(name string, changed func()) *search {
	s := &search{name: name}
	s.ExtendBaseWidget(s)
	s.PlaceHolder = name
	s.OnChanged = func(string) { changed() }
	return s
}

// AccessibilityLabel implements fyne.Accessible.
func (s *search) AccessibilityLabel() string { return s.name }

// AccessibilityRole implements fyne.Accessible.
func (s *search) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// TypedKey implements fyne.Focusable. Escape shows all again.
func (s *search) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		s.SetText("")
		return
	}
	s.Entry.TypedKey(key)
}

// naming is where a person names a publisher: with Enter, or by leaving it.
type naming struct {
	widget.Entry
	label string
	shown string // the name it has
	sent  string // the name that it is about to have
	named func(string)
}

func newNaming(label, none string, named func(string)) *naming {
	n := &naming{label: label, named: named}
	n.ExtendBaseWidget(n)
	n.PlaceHolder = none
	n.OnSubmitted = func(string) { n.apply() }
	return n
}

// AccessibilityLabel implements fyne.Accessible.
func (n *naming) AccessibilityLabel() string { return n.label }

// AccessibilityRole implements fyne.Accessible.
func (n *naming) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// FocusLost implements fyne.Focusable.
func (n *naming) FocusLost() {
	n.Entry.FocusLost()
	n.apply()
}

// TypedKey implements fyne.Focusable. Escape takes back what was typed.
func (n *naming) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		n.SetText(n.shown)
		return
	}
	n.Entry.TypedKey(key)
}

// typed is the name that was typed, and whether it is a new one.
func (n *naming) typed() (name string, changed bool) {
	name = kept(n.Text)
	return name, name != n.shown && name != n.sent
}

func (n *naming) apply() {
	name, changed := n.typed()
	if n.SetText(name); changed {
		n.sent = name
		n.named(name)
	}
}

// show takes over the name, except over what is being typed.
func (n *naming) show(name string) {
	typing := n.Text != n.shown
	if n.shown = name; !typing && n.Text != name {
		n.SetText(name)
	}
}

// drop takes over the name over whatever was typed.
func (n *naming) drop(name string) {
	n.shown, n.sent = name, name
	n.SetText(name)
}

// failed forgets what was sent, so that it can be sent again.
func (n *naming) failed() { n.sent = n.shown }
