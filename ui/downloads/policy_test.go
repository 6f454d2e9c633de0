package downloads

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

func TestPolicySentence(t *testing.T) {
	const four, fast = "at least 0.5 MB/s, the rest from people when they have it.", "as fast as the line allows."
	w := words.New("en")
	for _, c := range []struct {
		name          string
		floor         int64
		settings, own app.Policy
		want          string
	}{
		{"thrifty", 500_000, "", "", "The publisher asks for: " + four},
		{"fast", 0, "", "", "The publisher asks for: " + fast},
		{"fast by the settings", 500_000, app.PolicyFast, "", "The publisher asks for: " + four + " You chose: " + fast},
		{"thrifty by itself", 0, app.PolicyFast, app.PolicyThrifty, "The publisher asks for: " + fast + " You chose: " + four},
		{"as the publisher asks after all", 500_000, app.PolicyFast, app.PolicyThrifty, "The publisher asks for: " + four},
	} {
		d := detailOf(film())
		d.Policy, d.Desc.Package.Manifest.Floor = c.own, c.floor
		if got := policySentence(d, app.Settings{Policy: c.settings}, w); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	d := detailOf(film())
	d.Desc.Package.Manifest.Origins = nil
	if got := policySentence(d, app.Settings{}, w); got != "The publisher named no server, so this changes nothing." {
		t.Errorf("without an origin: %q", got)
	}
	if got := policySentence(&app.Detail{View: film()}, app.Settings{}, w); got != "" {
		t.Errorf("of what is not known yet: %q", got)
	}
}

// TestPolicyEditor opens from the keyboard, sends what is chosen, and follows
// what the engine says without sending that.
func TestPolicyEditor(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, film(), done())
	p.choose(number(1))
	press(t, p, fyne.KeyL, fyne.KeyModifierControl|fyne.KeyModifierShift)
	e := p.detail.overview().policy
	if !p.open || k.Window.Canvas().Focused() != e.chosen || e.chosen.Selected != "As in the settings" {
		t.Fatalf("open %v, %q", p.open, e.chosen.Selected)
	}
	if k.Engine.Calls() != nil {
		t.Fatalf("showing it set %q", k.Engine.Calls())
	}
	e.chosen.SetSelected("Fast")
	e.chosen.SetSelected("Thrifty")
	e.chosen.SetSelected("As in the settings")
	call := "SetPolicy " + number(1).String() + " "
	want := []string{call + "fast", call + "thrifty", call}
	if got := k.Engine.Calls(); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	fast := film()
	fast.Policy = app.PolicyFast
	k.Engine.Details[number(1)] = detailOf(fast)
	p.Show(snapshot(fast, done()))
	if e.chosen.Selected != "Fast" || len(k.Engine.Calls()) != 3 {
		t.Errorf("%q, %q", e.chosen.Selected, k.Engine.Calls())
	}
	if want := "The publisher asks for: at least 0.5 MB/s, the rest from people when they have it. You chose: as fast as the line allows."; e.says.Text != want {
		t.Errorf("it says %q", e.says.Text)
	}
	p.tapped(number(2))
	if p.detail.overview().pacing.Visible() {
		t.Error("what is finished can be changed")
	}
}

// TestPolicyIsReadable: no option is cut in any language, and the sentence
// takes the lines it needs, also where there is little room.
func TestPolicyIsReadable(t *testing.T) {
	for _, lang := range words.Languages {
		for _, size := range []fyne.Size{wide, tiny} {
			k := hosttest.In(t, lang, app.AppearanceLight, 1)
			v := film()
			v.Policy = app.PolicyFast
			p := place(t, k, size, v)
			p.Select(v.ID)
			o := p.detail.overview()
			e := o.policy
			for _, text := range e.chosen.Options {
				// The arrow, and room at both ends and between.
				need := fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width + theme.IconInlineSize() + 3*theme.InnerPadding()
				if need > e.chosen.Size().Width {
					t.Errorf("%s, %v: %q needs %v of %v", lang, size, text, need, e.chosen.Size().Width)
				}
			}
			if e.says.Size().Height < e.says.MinSize().Height || e.says.Size().Width > size.Width || o.pacing.Size().Height < o.pacing.MinSize().Height {
				t.Errorf("%s, %v: %v for a sentence of %v, %v for a line of %v", lang, size,
					e.says.Size(), e.says.MinSize(), o.pacing.Size(), o.pacing.MinSize())
			}
		}
	}
}
