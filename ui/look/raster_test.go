package look_test

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/look"
)

func TestRasterPaintsOnlyWhatChanged(t *testing.T) {
	a := lightApp(t)
	painted, scale := 0, float32(0)
	var buf *image.RGBA
	r := look.NewRaster("Pieces", fyne.NewSize(40, 20), func(m *image.RGBA, s float32) {
		painted++
		scale, buf = s, m
		for _, v := range m.Pix {
			if v != 0 {
				t.Fatal("what was painted before is still there")
			}
		}
		m.SetRGBA(m.Bounds().Dx()-1, 0, color.RGBA{R: 255, A: 255})
	})
	w := window(t, r, 80, 40)
	for _, c := range []struct {
		name string
		do   func()
		want int
	}{
		{"first", func() {}, 1},
		{"nothing", func() {}, 1},
		{"a refresh", func() { r.Refresh() }, 1},
		{"Redraw", func() { r.Redraw() }, 2},
		{"Redraw twice", func() { r.Redraw(); r.Redraw() }, 3},
		{"another size", func() { w.Resize(fyne.NewSize(100, 40)) }, 4},
		{"the dark appearance", func() { a.Settings().SetTheme(look.New(app.AppearanceDark, 1)) }, 5},
		{"another scale", func() { a.Settings().SetTheme(look.New(app.AppearanceDark, 1.5)) }, 6},
	} {
		c.do()
		w.Canvas().Capture()
		if painted != c.want {
			t.Errorf("after %s it was painted %d times, want %d", c.name, painted, c.want)
		}
	}
	if scale != 1.5 {
		t.Errorf("a unit is %g pixels, want 1.5", scale)
	}
	before := buf
	r.Redraw()
	w.Canvas().Capture()
	if buf != before {
		t.Error("the buffer is not used again")
	}
	if r.AccessibilityLabel() != "Pieces" {
		t.Errorf("it is called %q", r.AccessibilityLabel())
	}
}
