package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// field is a setting that is typed. What is typed takes effect with Enter or
// when the field is left; what cannot be taken stays in the field, with a
// sentence below it, and the setting keeps its value.
type field struct {
	widget.Entry
	page  *Page
	name  string // for those who do not see it
	wrong *widget.Label
	shown string // what the setting is

	get  func(app.Settings) string
	set  func(s app.Settings, text string) (next app.Settings, ok bool)
	help string // what can be typed, for what cannot be taken
}

// newField makes a field of page. none is shown where nothing is typed.
func (p *Page) newField(name, none, help string, get func(app.Settings) string, set func(app.Settings, string) (app.Settings, bool)) *field {
	f := &field{page: p, name: name, help: help, get: get, set: set, wrong: look.QuietPara("")}
	f.ExtendBaseWidget(f)
	f.PlaceHolder = none
	f.OnSubmitted = func(string) { f.apply() }
	f.wrong.Importance = widget.WarningImportance
	f.wrong.Hide()
	f.show()
	return f
}

// content is the field and, below it, what is wrong with it.
func (f *field) content() fyne.CanvasObject { return look.Stack(0, f, f.wrong) }

// AccessibilityLabel implements fyne.Accessible.
func (f *field) AccessibilityLabel() string { return f.name }

// AccessibilityRole implements fyne.Accessible.
func (f *field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// FocusGained implements fyne.Focusable.
func (f *field) FocusGained() {
	f.Entry.FocusGained()
	f.page.bring(f)
}

// FocusLost implements fyne.Focusable.
func (f *field) FocusLost() {
	f.Entry.FocusLost()
	f.apply()
}

// TypedKey implements fyne.Focusable. Escape takes back what was typed.
func (f *field) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		f.SetText(f.shown)
		f.refuse("")
		return
	}
	f.Entry.TypedKey(key)
}

// apply makes a change of what was typed.
func (f *field) apply() {
	typed := f.Text
	if typed == f.shown {
		f.refuse("")
		return
	}
	next, ok := f.set(f.page.now, typed)
	if !ok || next.Check() != nil {
		f.refuse(f.help)
		return
	}
	f.refuse("")
	f.shown = f.get(next)
	f.SetText(f.shown)
	f.page.change(func(s app.Settings) app.Settings {
		if next, ok := f.set(s, typed); ok {
			return next
		}
		return s
	}, func(err error) {
		if f.Text == f.shown {
			f.SetText(typed)
		}
		f.refuse(f.page.sentence(err))
	})
}

// show takes over the setting, except over what is being typed.
func (f *field) show() {
	typing := f.Text != f.shown
	if f.shown = f.get(f.page.now); !typing && f.Text != f.shown {
		f.SetText(f.shown)
	}
}

// drop takes over the setting over whatever was typed.
func (f *field) drop() {
	f.shown = f.get(f.page.now)
	f.SetText(f.shown)
	f.refuse("")
}

// refuse shows what is wrong; "" is nothing.
func (f *field) refuse(sentence string) {
	if f.wrong.Text == sentence {
		return
	}
	f.wrong.SetText(sentence)
	if sentence == "" {
		f.wrong.Hide()
	} else {
		f.wrong.Show()
	}
	f.page.relayout()
}
