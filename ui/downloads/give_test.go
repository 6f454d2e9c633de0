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

// TestGiveEditor sends what is chosen, and follows what the engine says without
// sending that; also of what is complete.
func TestGiveEditor(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, film(), done())
	p.Select(number(2))
	o := p.detail.overview()
	e := o.give
	if !o.giving.Visible() || e.chosen.Selected != "As in the settings" || k.Engine.Calls() != nil {
		t.Fatalf("visible %v, %q, %q", o.giving.Visible(), e.chosen.Selected, k.Engine.Calls())
	}
	var want []string
	for text, give := range map[string]app.Give{"Twice as much": app.GiveMore, "Half as much": app.GiveLess, "Until I say stop": app.GiveAlways, "Nothing": app.GiveNone} {
		e.chosen.SetSelected(text)
		want = append(want, "SetGive "+number(2).String()+" "+string(give))
	}
	got := k.Engine.Calls()
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	less := done()
	less.Give = app.GiveLess
	k.Engine.Details[number(2)] = detailOf(less)
	p.Show(snapshot(film(), less))
	if e.chosen.Selected != "Half as much" || len(k.Engine.Calls()) != 4 {
		t.Errorf("%q, %q", e.chosen.Selected, k.Engine.Calls())
	}
}

// TestGiveIsReadable: no option is cut in any language.
func TestGiveIsReadable(t *testing.T) {
	for _, lang := range words.Languages {
		p := place(t, hosttest.In(t, lang, app.AppearanceLight, 1), tiny, film())
		p.Select(film().ID)
		e := p.detail.overview().give
		for _, text := range e.chosen.Options {
			need := fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width + theme.IconInlineSize() + 3*theme.InnerPadding()
			if need > e.chosen.Size().Width {
				t.Errorf("%s: %q needs %v of %v", lang, text, need, e.chosen.Size().Width)
			}
		}
	}
}
