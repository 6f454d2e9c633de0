package publishers

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// itemRow is the name of a package that leads to it. Unlike a button it cuts
// a name that is too long.
type itemRow struct {
	widget.BaseWidget
	name             *widget.Label
	ground           *canvas.Rectangle
	tapped           func()
	focused, hovered bool
}

func newItemRow(name string, tapped func()) *itemRow {
	r := &itemRow{name: look.Strong(name), ground: canvas.NewRectangle(nil), tapped: tapped}
	r.ExtendBaseWidget(r)
	r.dress()
	return r
}

// CreateRenderer implements fyne.Widget.
func (r *itemRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(r.ground, r.name))
}

// Refresh implements fyne.CanvasObject. It follows the theme.
func (r *itemRow) Refresh() {
	r.dress()
	r.BaseWidget.Refresh()
}

func (r *itemRow) dress() {
	r.ground.FillColor, r.ground.CornerRadius = nil, theme.Size(theme.SizeNameButtonRadius)
	switch {
	case r.focused:
		r.ground.FillColor = theme.Color(theme.ColorNameFocus)
	case r.hovered:
		r.ground.FillColor = theme.Color(theme.ColorNameHover)
	}
	r.ground.Refresh()
}

// Tapped implements fyne.Tappable.
func (r *itemRow) Tapped(*fyne.PointEvent) { r.tapped() }

// FocusGained implements fyne.Focusable.
func (r *itemRow) FocusGained() { r.focused = true; r.dress() }

// FocusLost implements fyne.Focusable.
func (r *itemRow) FocusLost() { r.focused = false; r.dress() }

// TypedRune implements fyne.Focusable.
func (r *itemRow) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (r *itemRow) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		r.tapped()
	}
}

// MouseIn implements desktop.Hoverable.
func (r *itemRow) MouseIn(*desktop.MouseEvent) { r.hovered = true; r.dress() }

// MouseMoved implements desktop.Hoverable.
func (r *itemRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (r *itemRow) MouseOut() { r.hovered = false; r.dress() }

// AccessibilityLabel implements fyne.Accessible.
func (r *itemRow) AccessibilityLabel() string { return r.name.Text }

// AccessibilityRole implements fyne.Accessible.
func (r *itemRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
