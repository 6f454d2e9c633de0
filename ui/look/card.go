package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Card is a raised ground with a line around it. Text in it stands two units
// from its edge, one of which the text brings along; Inset gives it to what is
// no text.
func Card(content fyne.CanvasObject) fyne.CanvasObject {
	c := &card{content: content, ground: canvas.NewRectangle(nil)}
	c.ExtendBaseWidget(c)
	return c
}

type card struct {
	widget.BaseWidget
	content fyne.CanvasObject
	ground  *canvas.Rectangle
}

// CreateRenderer implements fyne.Widget.
func (c *card) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: c, objects: []fyne.CanvasObject{c.ground, c.content},
		min: func() fyne.Size { return c.content.MinSize().AddWidthHeight(Units(2), Units(2)) },
		layout: func(size fyne.Size) {
			c.ground.Resize(size)
			c.content.Move(fyne.NewPos(Units(1), Units(1)))
			c.content.Resize(size.SubtractWidthHeight(Units(2), Units(2)))
		},
		colour: func() {
			c.ground.FillColor, c.ground.StrokeColor = theme.Color(ColorRaised), theme.Color(theme.ColorNameSeparator)
			c.ground.StrokeWidth, c.ground.CornerRadius = 1, theme.Size(theme.SizeNameCardRadius)
			c.ground.Refresh()
		}})
}
