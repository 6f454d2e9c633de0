package look_test

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/look"
)

// window shows o alone, in a size, in the light appearance.
func window(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	if fyne.CurrentApp() == nil {
		t.Fatal("no app: begin is called first")
	}
	w := fyne.CurrentApp().NewWindow("Grove")
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.SetContent(o)
	w.Resize(fyne.NewSize(width, height))
	return w
}

// begin makes an app with a theme; widgets are made after it.
func begin(t *testing.T, appearance string, scale float64) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(appearance, scale))
	return a
}

func lightApp(t *testing.T) fyne.App { return begin(t, app.AppearanceLight, 1) }

// has reports whether a colour is in a picture.
func has(m image.Image, c color.RGBA) bool {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if color.RGBAModel.Convert(m.At(x, y)) == c {
				return true
			}
		}
	}
	return false
}
