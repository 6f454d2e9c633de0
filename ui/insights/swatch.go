package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// swatch is a small piece of a colour: the key to a picture, beside its name.
type swatch struct {
	widget.BaseWidget
	color fyne.ThemeColorName
	piece *canvas.Rectangle
}

func newSwatch(color fyne.ThemeColorName) *swatch {
	s := &swatch{color: color, piece: canvas.NewRectangle(nil)}
	s.ExtendBaseWidget(s)
	s.dress()
	return s
}

func (s *swatch) dress() {
	s.piece.FillColor, s.piece.CornerRadius = theme.Color(s.color), look.Units(0.25)
}

// MinSize implements fyne.CanvasObject.
func (s *swatch) MinSize() fyne.Size { return fyne.NewSquareSize(look.Units(1.5)) }

// Refresh implements fyne.CanvasObject. It follows the theme.
func (s *swatch) Refresh() {
	s.dress()
	s.BaseWidget.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (s *swatch) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.piece) }
