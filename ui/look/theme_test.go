package look_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"grove/app"
	"grove/ui/look"
)

func TestThemeFollowsTheSystemOrNot(t *testing.T) {
	for _, c := range []struct {
		appearance string
		variant    fyne.ThemeVariant
		want       look.Palette
	}{
		{app.AppearanceSystem, theme.VariantLight, look.Light},
		{app.AppearanceSystem, theme.VariantDark, look.Dark},
		{app.AppearanceLight, theme.VariantDark, look.Light},
		{app.AppearanceDark, theme.VariantLight, look.Dark},
		{"", theme.VariantDark, look.Dark},
	} {
		if got := look.New(c.appearance, 1).Color(theme.ColorNameBackground, c.variant); got != color.Color(c.want.Ground) {
			t.Errorf("%q with variant %d has the ground %v, want %v", c.appearance, c.variant, got, c.want.Ground)
		}
	}
}

// TestNothingIsTheToolkits checks that no colour a widget may ask for is the
// default theme's, and that what is asked for by a name nobody knows is seen.
func TestNothingIsTheToolkits(t *testing.T) {
	test.NewTempApp(t)
	names := []fyne.ThemeColorName{theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton, theme.ColorNameDisabled,
		theme.ColorNameError, theme.ColorNameFocus, theme.ColorNameForeground, theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnWarning,
		theme.ColorNameHeaderBackground, theme.ColorNameHover, theme.ColorNameHyperlink, theme.ColorNameInnerWindowBorder,
		theme.ColorNameInnerWindowBorderInactive, theme.ColorNameInputBackground, theme.ColorNameInputBorder, theme.ColorNameMenuBackground,
		theme.ColorNameOverlayBackground, theme.ColorNamePlaceHolder, theme.ColorNamePressed, theme.ColorNamePrimary, theme.ColorNameScrollBar,
		theme.ColorNameScrollBarBackground, theme.ColorNameSelection, theme.ColorNameSeparator, theme.ColorNameShadow, theme.ColorNameSuccess,
		theme.ColorNameWarning, "a name of tomorrow"}
	for _, variant := range []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark} {
		grove := look.New(app.AppearanceSystem, 1)
		for _, name := range names {
			got, its := grove.Color(name, variant), theme.DefaultTheme().Color(name, variant)
			r, g, b, a := got.RGBA()
			r2, g2, b2, a2 := its.RGBA()
			if white := r == 0xffff && g == r && b == r; r == r2 && g == g2 && b == b2 && a == a2 && !white {
				t.Errorf("%s is the default's %v", name, got)
			}
			if a == 0 {
				t.Errorf("%s is not seen", name)
			}
		}
	}
}

func TestQuietLabelsAreQuiet(t *testing.T) {
	g := look.New(app.AppearanceDark, 1)
	// The toolkit draws a label of low importance in this colour.
	if got := g.Color(theme.ColorNameDisabled, theme.VariantLight); got != color.Color(look.Dark.Quiet) {
		t.Errorf("quiet labels are %v, want %v", got, look.Dark.Quiet)
	}
}

func TestScaleMultipliesSizes(t *testing.T) {
	a := test.NewTempApp(t)
	one, two := look.New("", 1), look.New("", 2)
	for name, want := range map[fyne.ThemeSizeName]float32{
		look.SizeSmall: 12, look.SizeBody: 14, look.SizeTitle: 18, look.SizeBig: 26,
		theme.SizeNameInnerPadding: look.Grid, theme.SizeNameSeparatorThickness: 1, theme.SizeNameScrollBar: look.Grid,
	} {
		if got := one.Size(name); got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
		if got := two.Size(name); got != 2*want {
			t.Errorf("%s at scale 2 is %g, want %g", name, got, 2*want)
		}
	}
	for _, radius := range []fyne.ThemeSizeName{theme.SizeNameButtonRadius, theme.SizeNameInputRadius, theme.SizeNameSelectionRadius,
		theme.SizeNameCardRadius, theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameMenuRadius} {
		if got := one.Size(radius); got < 6 || got > 8 {
			t.Errorf("%s is %g, want 6 to 8", radius, got)
		}
	}
	if got := two.Size(theme.SizeNameWindowButtonRadius); math.IsInf(float64(got), 0) {
		t.Errorf("an endless radius at scale 2 is %g", got)
	}
	a.Settings().SetTheme(look.New("", 1.5))
	if got := look.Units(2); got != 24 {
		t.Errorf("two units at scale 1.5 are %g, want 24", got)
	}
	if got := look.New("", -3).Size(look.SizeBody); got != 14 {
		t.Errorf("a scale that is none gives %g, want 14", got)
	}
}

func TestNowIsThePaletteInUse(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(app.AppearanceDark, 1))
	if got := look.Now(); got != look.Dark {
		t.Errorf("the palette is %v, want the dark one", got)
	}
	c := look.Colors()
	if c.Peers != look.Dark.Peers || c.Origin != look.Dark.Origin || c.Ground != look.Dark.Raised {
		t.Errorf("charts are painted in %v", c)
	}
}
