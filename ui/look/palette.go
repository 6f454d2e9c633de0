package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"grove/ui/chart"
)

// Palette is the colours of one appearance. Meaning first: Peers and Origin
// are that everywhere and nothing else is.
type Palette struct {
	Ground, Raised, Line color.RGBA
	Text, Quiet          color.RGBA
	Peers, Origin        color.RGBA
	Needs, Wrong         color.RGBA // needs the user; wrong bytes and deleting
	Deep                 color.RGBA // text on a ground of Needs, Wrong or Peers

	// Field is the ground of what can be typed into or chosen from and of
	// buttons beside the main one: it differs from Ground and Raised, because
	// the toolkit draws no line around a Select or a Slider's track.
	Field, Button color.RGBA
	Edge          color.RGBA // the line around an input, the thumb of a scroll bar
	// Glow lies over whatever is pointed at, pressed or focused. It is a middle
	// grey, so that it shows on ink as well as on the raised ground.
	Glow color.RGBA
	// focus is how much of Glow lies over what has the focus: between the focus
	// being seen and the text in it being read there is little room, and
	// TestContrast knows how much.
	focus uint8
	shade color.NRGBA // what a menu or dialog throws on what is below it
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// The two palettes.
var (
	Light = Palette{
		Ground: rgb(0xFAFAF7), Raised: rgb(0xFFFFFF), Line: rgb(0xE3E4DE),
		Text: rgb(0x1C2321), Quiet: rgb(0x5C6763),
		Peers: rgb(0x1B7346), Origin: rgb(0x5793CB),
		Needs: rgb(0x9A5B00), Wrong: rgb(0xB3261E), Deep: rgb(0xFFFFFF),
		Field: rgb(0xEFF0EC), Button: rgb(0xECEDE8), Edge: rgb(0x838C88),
		Glow: rgb(0x737A77), focus: 213, shade: color.NRGBA{0x1C, 0x23, 0x21, 0x20},
	}
	Dark = Palette{
		Ground: rgb(0x15181A), Raised: rgb(0x1D2124), Line: rgb(0x2E3438),
		Text: rgb(0xECEFEC), Quiet: rgb(0x9DA8A3),
		Peers: rgb(0x5FBF8A), Origin: rgb(0x3F79B0),
		Needs: rgb(0xF0B355), Wrong: rgb(0xF2867D), Deep: rgb(0x0C0E0F),
		Field: rgb(0x262B2F), Button: rgb(0x2B3135), Edge: rgb(0x6C7672),
		Glow: rgb(0x717875), focus: 219, shade: color.NRGBA{0, 0, 0, 0x60},
	}
)

// glow is Glow as the toolkit lays it over a ground.
func (p Palette) glow(alpha uint8) color.Color {
	return color.NRGBA{R: p.Glow.R, G: p.Glow.G, B: p.Glow.B, A: alpha}
}

// Colours of the palette by theme name, for canvas objects that follow the
// theme.
const (
	ColorRaised fyne.ThemeColorName = "groveRaised"
	ColorQuiet  fyne.ThemeColorName = "groveQuiet"
	ColorPeers  fyne.ThemeColorName = "grovePeers"
	ColorOrigin fyne.ThemeColorName = "groveOrigin"
	ColorNeeds  fyne.ThemeColorName = "groveNeeds"
)

// Now is the palette of the theme in use.
func Now() Palette {
	if fyne.CurrentApp() == nil {
		return Light
	}
	s := fyne.CurrentApp().Settings()
	if t, ok := s.Theme().(*Theme); ok {
		return t.palette(s.ThemeVariant())
	}
	if s.ThemeVariant() == theme.VariantDark {
		return Dark
	}
	return Light
}

// Colors is the palette of the theme in use for charts on a raised ground.
func Colors() chart.Colors {
	p := Now()
	return chart.Colors{Ground: p.Raised, Line: p.Line, Peers: p.Peers, Origin: p.Origin, Given: p.Text,
		Wrong: p.Wrong, Before: p.Edge, Asked: p.Text}
}
