package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Empty is a place with nothing in it yet: what it is for, and its one action
// (tapped nil: none).
func Empty(title, text, action string, tapped func()) fyne.CanvasObject {
	t, p := Title(title), Para(text)
	t.Alignment, p.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	p.Importance = widget.LowImportance
	rows := []fyne.CanvasObject{MarkPicture(Units(20)), t, p}
	if tapped != nil {
		rows = append(rows, container.NewCenter(Main(action, nil, tapped)))
	}
	return container.New(&empty{}, rows...)
}

// empty lays its rows in the middle, as wide as a line is read at a glance:
// about 44 letters. In a low window the picture gives way.
type empty struct{}

func (empty) width() float32 { return Units(44) }

func (e empty) Layout(o []fyne.CanvasObject, size fyne.Size) {
	wide := min(size.Width, e.width())
	high := Units(1) * float32(len(o)-3) // above the action
	for _, row := range o {
		high += heightAt(row, wide)
	}
	y := (size.Height - high) / 2
	if y < 0 {
		high -= o[0].MinSize().Height
		o[0].Hide()
		y = max(0, (size.Height-high)/2)
	} else {
		o[0].Show()
	}
	for i, row := range o {
		if !row.Visible() {
			continue
		}
		if i == 3 {
			y += Units(1)
		}
		place(row, (size.Width-wide)/2, y, wide, row.MinSize().Height)
		y += row.MinSize().Height
	}
}

// MinSize leaves the picture out.
func (e empty) MinSize(o []fyne.CanvasObject) fyne.Size {
	least := fyne.NewSize(Units(20), Units(1))
	for _, row := range o[1:] {
		least.Height += row.MinSize().Height
		least.Width = max(least.Width, row.MinSize().Width)
	}
	return least
}

// MarkPicture is the mark as a quiet picture, side wide, as Units gives it.
func MarkPicture(side float32) fyne.CanvasObject {
	m := &markPicture{side: newLength(side), picture: canvas.NewImageFromResource(Mark())}
	m.picture.FillMode = canvas.ImageFillContain
	m.ExtendBaseWidget(m)
	return m
}

type markPicture struct {
	widget.BaseWidget
	side    length
	picture *canvas.Image
}

// CreateRenderer implements fyne.Widget.
func (m *markPicture) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: m, objects: []fyne.CanvasObject{m.picture},
		min:    func() fyne.Size { return fyne.NewSquareSize(m.side.now()) },
		layout: func(size fyne.Size) { m.picture.Resize(size) },
		colour: func() {
			m.picture.Resource = theme.NewColoredResource(Mark(), ColorPeers)
			m.picture.Refresh()
		}})
}
