package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Field is a row of a label and its value; the labels of the rows of a page
// form one column. Where there is little room the value stands below.
func Field(label string, value fyne.CanvasObject) *fyne.Container {
	l := Para(label)
	l.Importance = widget.LowImportance
	return container.New(&field{}, l, value)
}

type field struct{ width float32 } // of the last layout

// split are the widths of the two columns, or stacked: then both are all.
func (f *field) split() (label, value float32, stacked bool) {
	label = Units(22)
	if value = f.width - label; value < Units(25) {
		return f.width, f.width, true
	}
	return label, value, false
}

func (f *field) Layout(o []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	left, right, stacked := f.split()
	high := heightAt(o[0], left)
	place(o[0], 0, 0, left, high)
	if stacked {
		// The room that both texts bring along is too much between the two.
		y := high - Units(1)
		place(o[1], 0, y, right, max(size.Height-y, heightAt(o[1], right)))
		return
	}
	place(o[1], left, 0, right, max(size.Height, heightAt(o[1], right)))
}

// MinSize is for the width of the last layout.
func (f *field) MinSize(o []fyne.CanvasObject) fyne.Size {
	left, right, stacked := f.split()
	wide := o[1].MinSize().Width
	switch {
	case f.width == 0:
		return fyne.NewSize(wide, max(o[0].MinSize().Height, o[1].MinSize().Height))
	case stacked:
		return fyne.NewSize(wide, heightAt(o[0], left)-Units(1)+heightAt(o[1], right))
	}
	return fyne.NewSize(wide, max(heightAt(o[0], left), heightAt(o[1], right)))
}
