package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is a word or two in a small frame, such as "first time seen": amber
// where the user should look, else quiet.
type Badge struct {
	widget.BaseWidget
	text  *note
	frame *canvas.Rectangle
}

// NewBadge makes one; needs is whether the user should look.
func NewBadge(text string, needs bool) *Badge {
	b := &Badge{text: newNote(ColorQuiet, SizeSmall), frame: canvas.NewRectangle(nil)}
	b.ExtendBaseWidget(b)
	b.Set(text, needs)
	return b
}

// Set changes it. One without a text is not seen and takes no room.
func (b *Badge) Set(text string, needs bool) {
	c := ColorQuiet
	if needs {
		c = ColorNeeds
	}
	if b.text.Text.Text == text && b.text.color == c {
		return
	}
	b.text.color = c
	b.text.set(text)
	b.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (b *Badge) AccessibilityLabel() string { return b.text.Text.Text }

// AccessibilityRole implements fyne.Accessible.
func (b *Badge) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: b, objects: []fyne.CanvasObject{b.frame, b.text.Text}, layout: b.lay,
		min: func() fyne.Size {
			if b.text.Text.Text == "" {
				return fyne.Size{}
			}
			return fyne.NewSize(b.text.MinSize().Width+Units(2), Units(2.5))
		},
		colour: func() {
			b.text.dress()
			b.frame.FillColor, b.frame.StrokeColor = theme.Color(ColorRaised), theme.Color(b.text.color)
			b.frame.StrokeWidth, b.frame.CornerRadius = 1, Units(1.25)
			b.frame.Hidden = b.text.Text.Text == ""
			b.frame.Refresh()
		}})
}

func (b *Badge) lay(size fyne.Size) {
	own := b.MinSize()
	b.frame.Resize(own)
	b.frame.Move(fyne.NewPos(0, (size.Height-own.Height)/2))
	b.text.put(own.Width/2, size.Height/2, 0.5)
}
