package chart_test

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"grove/ui/chart"
	"grove/ui/host/hosttest"
	"grove/ui/look"
)

func colors(p look.Palette) chart.Colors {
	return chart.Colors{Ground: p.Raised, Line: p.Line, Peers: p.Peers, Origin: p.Origin, Given: p.Text, Wrong: p.Wrong,
		Before: p.Edge, Asked: p.Text}
}

// pictures are the charts with numbers that show all they can.
var pictures = map[string]struct {
	width, height int
	paint         func(m *image.RGBA, scale float32, c chart.Colors)
}{
	"pieces": {238, 58, func(m *image.RGBA, scale float32, c chart.Colors) { chart.Pieces(m, scale, c, cells(420)) }},
	"speed": {240, 80, func(m *image.RGBA, scale float32, c chart.Colors) {
		p := points(50)
		p[20], p[21] = chart.Point{}, chart.Point{Given: 9e6} // a gap, and a rise at once
		chart.Speed(m, scale, c, p, 60, 1e7)
	}},
	"days":  {240, 80, func(m *image.RGBA, scale float32, c chart.Colors) { chart.Days(m, scale, c, days(14), 5e9, 2e9) }},
	"share": {80, 80, func(m *image.RGBA, scale float32, c chart.Colors) { chart.Share(m, scale, c, 62, 20) }},
}

// TestGolden shows each chart in light and dark, at scale 1 and at 2.
func TestGolden(t *testing.T) {
	for name, p := range pictures {
		t.Run(name, func(t *testing.T) {
			sheet := image.NewRGBA(image.Rect(0, 0, 3*p.width+40, 4*p.height+40))
			y := 0
			for _, palette := range []look.Palette{look.Light, look.Dark} {
				draw.Draw(sheet, image.Rect(0, y, sheet.Bounds().Dx(), y+2*p.height+20), image.NewUniform(palette.Raised), image.Point{}, draw.Src)
				x := 10
				for scale := 1; scale <= 2; scale++ {
					m := image.NewRGBA(image.Rect(0, 0, p.width*scale, p.height*scale))
					p.paint(m, float32(scale), colors(palette))
					draw.Draw(sheet, m.Bounds().Add(image.Pt(x, y+10)), m, image.Point{}, draw.Over)
					x += m.Bounds().Dx() + 20
				}
				y += 2*p.height + 20
			}
			hosttest.ImageOf(t, name, sheet)
		})
	}
}

func cells(n int) []chart.Cell {
	out := make([]chart.Cell, n)
	for i := range out {
		switch {
		case i%61 == 7:
			out[i] = chart.CellWrong
		case i < n/8:
			out[i] = chart.CellBefore
		case i < n/2 && i%5 != 0:
			out[i] = chart.CellPeers
		case i < n*3/5:
			out[i] = chart.CellOrigin
		case i < n*3/5+9:
			out[i] = chart.CellAsked
		case i > n*7/8:
			out[i] = chart.CellSkipped
		default:
			out[i] = chart.CellMissing
		}
	}
	return out
}

func points(n int) []chart.Point {
	out := make([]chart.Point, n)
	for i := range out {
		x := float64(i) / 5
		out[i] = chart.Point{Peers: 5e6 + 2e6*math.Sin(x), Origin: 1.5e6 + 1.2e6*math.Cos(x*2), Given: 1e6 + 6e5*math.Sin(x*3)}
	}
	return out
}

func days(n int) []chart.Day {
	out := make([]chart.Day, n)
	for i := range out {
		out[i] = chart.Day{Peers: float64(i*7%11) * 3e8, Origin: float64(i*5%7) * 2e8, Given: float64(i*3%8) * 2e8}
	}
	return out
}

// count is how many pixels have a colour, soft ones by how much of it.
func count(m *image.RGBA, c color.RGBA) int {
	n := 0
	for i := 0; i < len(m.Pix); i += 4 {
		if m.Pix[i] == c.R && m.Pix[i+1] == c.G && m.Pix[i+2] == c.B && m.Pix[i+3] == c.A {
			n++
		}
	}
	return n
}
