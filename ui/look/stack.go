package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Stack lays objects below one another, each as high as it is in the width
// there is, gap grid units apart: 2 between cards, 1 between groups, 0 between
// lines of text, which bring room along, and less to draw those together.
func Stack(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(&stack{gap: gap}, o...)
}

type stack struct{ gap, width float32 }

func (s *stack) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s.width = size.Width
	y := float32(0)
	for _, o := range shown(objects) {
		high := heightAt(o, size.Width)
		place(o, 0, y, size.Width, high)
		y += high + Units(s.gap)
	}
}

// MinSize is for the width of the last layout.
func (s *stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for i, o := range shown(objects) {
		if s.width > 0 {
			widen(o, s.width)
		}
		m := o.MinSize() // once: stacks lie in stacks
		if i > 0 {
			m.Height += Units(s.gap)
		}
		least = fyne.NewSize(max(least.Width, m.Width), least.Height+m.Height)
	}
	return least
}

// Flow lays objects beside one another, a grid unit apart, and goes on in the
// next line where there is no more room: the buttons of a card.
func Flow(o ...fyne.CanvasObject) *fyne.Container { return container.New(&flow{}, o...) }

type flow struct{ width float32 }

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.each(objects, func(o fyne.CanvasObject, x, y float32) {
		m := o.MinSize()
		place(o, x, y, min(m.Width, size.Width), m.Height)
	})
}

// each tells where every object lies and returns where the last line ends.
func (f *flow) each(objects []fyne.CanvasObject, at func(o fyne.CanvasObject, x, y float32)) float32 {
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range shown(objects) {
		m := o.MinSize()
		if x > 0 && x+m.Width > f.width {
			x, y, line = 0, y+line+Units(1), 0
		}
		at(o, x, y)
		x, line = x+m.Width+Units(1), max(line, m.Height)
	}
	return y + line
}

// MinSize is for the width of the last layout, and before that one line.
func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range shown(objects) {
		m := o.MinSize()
		least = fyne.NewSize(max(least.Width, m.Width), max(least.Height, m.Height))
	}
	if f.width > 0 {
		least.Height = f.each(objects, func(fyne.CanvasObject, float32, float32) {})
	}
	return least
}
