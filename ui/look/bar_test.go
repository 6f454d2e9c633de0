package look_test

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/ui/look"
)

// along are the colours in the middle of a bar, pixel by pixel.
func along(m image.Image) []color.RGBA {
	var row []color.RGBA
	for x := range m.Bounds().Dx() {
		row = append(row, color.RGBAModel.Convert(m.At(x, m.Bounds().Dy()/2)).(color.RGBA))
	}
	return row
}

func TestBarIsAsLongAsItsShares(t *testing.T) {
	lightApp(t)
	b := look.NewBar()
	w := window(t, b, 1000, 8)
	for _, c := range []struct{ peers, origin, other, wantPeers, wantOrigin, wantOther float64 }{
		{0.42, 0.2, 0, 0.42, 0.2, 0},
		{0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333},
		{0, 0, 0, 0, 0, 0},
		{1, 0, 0, 1, 0, 0},
		{0.7, 0.7, 0.7, 0.7, 0.3, 0},
		{math.NaN(), 0.5, math.Inf(1), 0, 0.5, 0.5},
		{-1, 0.25, 0, 0, 0.25, 0},
	} {
		b.Set(c.peers, c.origin, c.other)
		for _, o := range test.WidgetRenderer(b).Objects() {
			if end := o.Position().X + o.Size().Width; o.Visible() && end > 1000 {
				t.Errorf("Set(%g, %g, %g) paints up to %g of 1000", c.peers, c.origin, c.other, end)
			}
		}
		got := map[color.RGBA]float64{}
		for _, pixel := range along(w.Canvas().Capture()) {
			got[pixel]++
		}
		for want, part := range map[color.RGBA]float64{look.Light.Peers: c.wantPeers, look.Light.Origin: c.wantOrigin, look.Light.Edge: c.wantOther} {
			if math.Abs(got[want]-1000*part) > 3 {
				t.Errorf("Set(%g, %g, %g): %v is %g pixels long, want %g", c.peers, c.origin, c.other, want, got[want], 1000*part)
			}
		}
	}
}

// TestBarHasNoGaps looks for the ground between two shares, at widths where
// they do not end on whole pixels.
func TestBarHasNoGaps(t *testing.T) {
	lightApp(t)
	b := look.NewBar()
	b.Set(0.3333, 0.2777, 0.1111)
	for width := float32(101); width < 140; width += 3 {
		row := along(window(t, b, width, 8).Canvas().Capture())
		end := int(0.72 * width)
		for x, c := range row[3 : end-3] {
			if c != look.Light.Peers && c != look.Light.Origin && c != look.Light.Edge {
				t.Fatalf("at %d of %g is %v", x+3, width, c)
			}
		}
	}
}

func TestBarShowsTheLeastThereIs(t *testing.T) {
	lightApp(t)
	b := look.NewBar()
	b.Set(1e-9, 0, 0)
	if m := window(t, b, 300, 8).Canvas().Capture(); !has(m, look.Light.Peers) {
		t.Error("a first byte is not seen")
	}
}

func TestBarSaysWhatItShows(t *testing.T) {
	lightApp(t)
	b := look.NewBar()
	b.SetLabel("62 % from people, 20 % from the origin")
	if got := b.AccessibilityLabel(); got != "62 % from people, 20 % from the origin" {
		t.Errorf("the bar is called %q", got)
	}
	if b.AccessibilityRole() != fyne.AccessibleRoleText {
		t.Error("the bar has no role")
	}
}

func BenchmarkBarSetUnchanged(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look.New("", 1))
	bar := look.NewBar()
	bar.Set(0.4, 0.2, 0)
	b.ReportAllocs()
	for b.Loop() {
		bar.Set(0.4, 0.2, 0)
	}
}
