package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"grove/app"
)

// TestLabelColour follows the colour where the text stays.
func TestLabelColour(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(New(app.AppearanceLight, 1))
	l := NewLabel(SizeSmall, ColorQuiet, fyne.TextStyle{})
	l.Place(0, 0, 100)
	l.Set("a", ColorQuiet)
	if l.Set("a", ColorNeeds); l.Color != theme.Color(ColorNeeds) || l.Text.Text != "a" {
		t.Errorf("%v %q", l.Color, l.Text.Text)
	}
}

func TestClip(t *testing.T) {
	test.NewTempApp(t)
	for _, s := range []string{"a", "Feature film", "北方的森林", "غابة في الشمال"} {
		whole := fyne.MeasureText(s, 14, fyne.TextStyle{}).Width
		if got := Clip(s, whole, 14, fyne.TextStyle{}); got != s {
			t.Errorf("%q fits and became %q", s, got)
		}
		got := Clip(s, whole-1, 14, fyne.TextStyle{})
		if n := len([]rune(got)); got == s || []rune(got)[n-1] != '…' {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got := Clip("abc", 0, 14, fyne.TextStyle{}); got != "…" {
		t.Errorf("no room: %q", got)
	}
	if got := Clip("", 0, 14, fyne.TextStyle{}); got != "" {
		t.Errorf("nothing: %q", got)
	}
}
