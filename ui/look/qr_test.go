package look_test

import (
	"image/color"
	"strings"
	"testing"

	"rsc.io/qr"

	"grove/app"
	"grove/ui/look"
)

func TestQRIsDarkOnLightInEveryTheme(t *testing.T) {
	const link = "grove:1/7f3a90c155de0b12?origin=https://example.org/film.grove"
	code, err := qr.Encode(link, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for _, appearance := range []string{app.AppearanceLight, app.AppearanceDark} {
		begin(t, appearance, 1)
		m := look.QR(link, 160).Image
		if side := code.Size + 8; m.Bounds().Dx() != side || m.Bounds().Dy() != side {
			t.Fatalf("it is %v, want %d with four modules around", m.Bounds(), side)
		}
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				want := color.White
				if code.Black(x-4, y-4) {
					want = color.Black
				}
				if got := color.Gray16Model.Convert(m.At(x, y)); got != color.Gray16Model.Convert(want) {
					t.Fatalf("at %d,%d it is %v, want %v", x, y, got, want)
				}
			}
		}
	}
}

func TestQROfTooMuchIsEmpty(t *testing.T) {
	lightApp(t)
	i := look.QR(strings.Repeat("x", 4000), 160)
	if i.Image != nil {
		t.Error("4,000 letters fit into a code")
	}
	if i.MinSize().Width != 160 {
		t.Errorf("it is %v", i.MinSize())
	}
}
