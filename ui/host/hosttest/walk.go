package hosttest

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Walk visits what can be seen of an object. The toolkit's own LaidOutObjects
// makes new renderers, and labels no longer follow their text then.
func Walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			Walk(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			Walk(c, visit)
		}
	}
}

// All are the objects of a kind that can be seen, from top to bottom.
func All[T any](o fyne.CanvasObject) (found []T) {
	Walk(o, func(o fyne.CanvasObject) {
		if x, ok := any(o).(T); ok {
			found = append(found, x)
		}
	})
	return found
}
