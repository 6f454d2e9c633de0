package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Columns lays objects beside one another, equally wide and two grid units
// apart; in several rows where there is less than least for each, as Units
// gives it.
func Columns(least float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(&columns{least: newLength(least)}, o...)
}

type columns struct {
	least length
	width float32 // of the last layout
}

// fit is how many columns there is room for, and how wide each is.
func (c *columns) fit(objects []fyne.CanvasObject) (n int, wide float32) {
	least, gap := c.least.now(), Units(2)
	for _, o := range objects {
		least = max(least, o.MinSize().Width)
	}
	n = max(1, min(len(objects), int((c.width+gap)/(least+gap))))
	return n, (c.width - gap*float32(n-1)) / float32(n)
}

func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	objects = shown(objects)
	n, wide := c.fit(objects)
	y := float32(0)
	for from := 0; from < len(objects); from += n {
		row := objects[from:min(from+n, len(objects))]
		high := highest(row, wide)
		if len(objects) <= n {
			high = max(high, size.Height)
		}
		for i, o := range row {
			place(o, float32(i)*(wide+Units(2)), y, wide, high)
		}
		y += high + Units(2)
	}
}

// MinSize is for the width of the last layout.
func (c *columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	objects = shown(objects)
	n, wide := c.fit(objects)
	var least fyne.Size
	for from := 0; from < len(objects); from += n {
		row := objects[from:min(from+n, len(objects))]
		if from > 0 {
			least.Height += Units(2)
		}
		least.Height += highest(row, wide)
		for _, o := range row {
			least.Width = max(least.Width, o.MinSize().Width)
		}
	}
	return least
}

// highest is the height of a row. At a width that is none, as before the first
// layout, it is what the objects say themselves.
func highest(row []fyne.CanvasObject, wide float32) float32 {
	high := float32(0)
	for _, o := range row {
		if wide > 0 {
			high = max(high, heightAt(o, wide))
			continue
		}
		high = max(high, o.MinSize().Height)
	}
	return high
}
