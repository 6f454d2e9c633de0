package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Meter is a value that changes all the time, beside its icon. Its room does
// not change with it.
type Meter struct {
	widget.BaseWidget
	name    string
	icon    *canvas.Image
	text    *note
	letters float32
}

// NewMeter makes one with an icon (see Icon) and room for so many letters.
// name is for those who do not see the icon.
func NewMeter(name, icon string, letters int) *Meter {
	m := &Meter{name: name, letters: float32(letters), icon: canvas.NewImageFromResource(Icon(icon)),
		text: newNote(theme.ColorNameForeground, SizeBody)}
	m.icon.FillMode = canvas.ImageFillContain
	m.ExtendBaseWidget(m)
	return m
}

// Set changes the value.
func (m *Meter) Set(text string) { m.text.set(text) }

// AccessibilityLabel implements fyne.Accessible.
func (m *Meter) AccessibilityLabel() string { return m.name + ", " + m.text.Text.Text }

// AccessibilityRole implements fyne.Accessible.
func (m *Meter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: m, objects: []fyne.CanvasObject{m.icon, m.text.Text},
		min:    func() fyne.Size { return fyne.NewSize(Units(3.5)+m.letters*Units(1), Units(3)) },
		colour: func() { m.text.dress(); m.icon.Refresh() },
		layout: func(size fyne.Size) {
			m.icon.Resize(fyne.NewSquareSize(Units(2)))
			m.icon.Move(fyne.NewPos(Units(1), (size.Height-Units(2))/2))
			m.text.put(Units(3.5), size.Height/2, 0)
		}})
}
