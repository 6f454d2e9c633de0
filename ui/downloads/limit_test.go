package downloads

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/ui/host/hosttest"
)

// TestLimitEditor sets a limit by choosing and by writing, and leaves alone
// what is being written.
func TestLimitEditor(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, film(), done())
	p.choose(number(1))
	press(t, p, fyne.KeyL, fyne.KeyModifierControl)
	l := p.detail.overview().limit
	if !p.open || k.Window.Canvas().Focused() != l.chosen || l.chosen.Selected != "No limit" {
		t.Fatalf("open %v, %q", p.open, l.chosen.Selected)
	}
	if k.Engine.Calls() != nil {
		t.Fatalf("showing it set %q", k.Engine.Calls())
	}
	l.chosen.SetSelected("1.0 MB/s")
	l.chosen.SetSelected("Another…")
	test.Type(l.entry, "x")
	l.entry.OnSubmitted("")
	if len(k.Said) != 1 || l.entry.Text != "x" {
		t.Errorf("said %q, kept %q", k.Said, l.entry.Text)
	}
	l.entry.SetText("1,5")
	p.Show(snapshot(film(), done()))
	if l.entry.Text != "1,5" || !l.own.Visible() {
		t.Error("a tick took what was being written")
	}
	tapText(t, k, "Set")
	want := []string{"SetLimit " + number(1).String() + " 1000000", "SetLimit " + number(1).String() + " 1500000"}
	if got := k.Engine.Calls(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	limited := film()
	limited.Limit = 1.5e6
	k.Engine.Details[number(1)] = detailOf(limited)
	p.Show(snapshot(limited, done()))
	if l.chosen.Selected != "1.5 MB/s" || l.own.Visible() || len(k.Engine.Calls()) != 2 {
		t.Errorf("%q, %q", l.chosen.Selected, k.Engine.Calls())
	}
	p.tapped(number(2))
	if p.detail.overview().limited.Visible() {
		t.Error("what is finished can be limited")
	}
}
