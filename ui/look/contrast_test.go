package look_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"grove/app"
	"grove/ui/look"
)

// ground is what something lies on: a colour, with what is laid over it.
type ground []fyne.ThemeColorName

var (
	page, raised = ground{theme.ColorNameBackground}, ground{look.ColorRaised}
	field        = ground{theme.ColorNameInputBackground}
	// The toolkit lays hover, focus and selection over the ground or over a
	// button, and does so with a Select and a menu's entry in place of their own.
	lit    = []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameFocus, theme.ColorNameSelection}
	button = []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNameFocus}
)

// TestContrast holds every pair of a text and the ground it is read on to
// WCAG AA, and every bar, line and mark to 3 to 1, in both palettes.
func TestContrast(t *testing.T) {
	for _, appearance := range []string{app.AppearanceLight, app.AppearanceDark} {
		p := &pairs{t, look.New(appearance, 1), appearance}
		texts := []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameDisabled, look.ColorQuiet,
			theme.ColorNameHyperlink, theme.ColorNamePrimary, theme.ColorNameError, theme.ColorNameWarning, look.ColorNeeds, theme.ColorNameSuccess}
		for _, text := range texts {
			for _, on := range []ground{page, raised, {theme.ColorNameMenuBackground}, {theme.ColorNameOverlayBackground}} {
				p.least(4.5, text, on)
			}
		}
		for _, text := range []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameDisabled} {
			p.least(4.5, text, field)
		}
		p.least(4.5, theme.ColorNameDisabled, ground{theme.ColorNameDisabledButton})
		p.least(4.5, theme.ColorNameForeground, ground{theme.ColorNameHeaderBackground})
		for _, on := range []ground{page, raised} {
			for _, over := range lit {
				p.least(4.5, theme.ColorNameForeground, append(on, over))
			}
			// A row that is pointed at or selected has quiet lines too.
			p.least(4.5, look.ColorQuiet, append(on, theme.ColorNameHover))
			p.least(4.5, look.ColorQuiet, append(on, theme.ColorNameSelection))
		}
		for on, text := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameButton: theme.ColorNameForeground, theme.ColorNamePrimary: theme.ColorNameForegroundOnPrimary,
			theme.ColorNameError: theme.ColorNameForegroundOnError, theme.ColorNameWarning: theme.ColorNameForegroundOnWarning,
			theme.ColorNameSuccess: theme.ColorNameForegroundOnSuccess,
		} {
			p.least(4.5, text, ground{on})
			for _, over := range button {
				p.least(4.5, text, ground{on, over})
			}
		}
		for _, mark := range []fyne.ThemeColorName{look.ColorPeers, look.ColorOrigin, theme.ColorNameInputBorder} {
			p.least(3, mark, raised)
		}
		for _, on := range []ground{page, raised} {
			p.least(3, theme.ColorNameInputBorder, on)
			p.least(3, theme.ColorNameScrollBar, on)
			p.apart(3, append(on, theme.ColorNameFocus), on)
			p.apart(3, ground{theme.ColorNameButton, theme.ColorNameFocus}, on)
			p.apart(3, ground{theme.ColorNamePrimary}, on)
			p.apart(1.1, append(on, theme.ColorNameHover), on)
			p.apart(1.1, append(on, theme.ColorNameSelection), append(on, theme.ColorNameHover))
		}
		p.apart(2, ground{theme.ColorNamePrimary, theme.ColorNameFocus}, ground{theme.ColorNamePrimary})
		p.apart(2, ground{theme.ColorNameButton, theme.ColorNameFocus}, ground{theme.ColorNameButton})
		p.apart(1.3, ground{theme.ColorNameError, theme.ColorNameFocus}, ground{theme.ColorNameError}) // and it is red no more
		peers, origin := p.of(ground{look.ColorPeers}), p.of(ground{look.ColorOrigin})
		if apart := math.Abs(lightness(peers) - lightness(origin)); apart < 15 {
			t.Errorf("%s: peers and origin are %.1f points of lightness apart, 15 are wanted", appearance, apart)
		}
	}
}

type pairs struct {
	t     *testing.T
	theme *look.Theme
	name  string
}

// of is the colour that a ground is seen in.
func (p *pairs) of(g ground) [3]float64 {
	var seen [3]float64
	for _, name := range g {
		c := color.NRGBA64Model.Convert(p.theme.Color(name, theme.VariantLight)).(color.NRGBA64)
		a := float64(c.A) / 0xffff
		for i, v := range [3]uint16{c.R, c.G, c.B} {
			seen[i] = float64(v)/0xffff*a + seen[i]*(1-a)
		}
	}
	return seen
}

func (p *pairs) least(want float64, front fyne.ThemeColorName, on ground) {
	p.t.Helper()
	p.apart(want, ground{front}, on)
}

func (p *pairs) apart(want float64, a, b ground) {
	p.t.Helper()
	x, y := luminance(p.of(a)), luminance(p.of(b))
	if got := (max(x, y) + 0.05) / (min(x, y) + 0.05); got < want {
		p.t.Errorf("%s: %v on %v is %.2f to 1, at least %.1f is wanted", p.name, a, b, got, want)
	}
}

// luminance is the relative luminance of WCAG.
func luminance(c [3]float64) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := c[i] / 12.92
		if c[i] > 0.04045 {
			v = math.Pow((c[i]+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// lightness is L* of CIELAB.
func lightness(c [3]float64) float64 { return 116*math.Cbrt(luminance(c)) - 16 }
