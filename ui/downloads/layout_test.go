package downloads

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/host/hosttest"
)

// TestDetailFitsItsWidth lays the overview out anew in every width: nothing
// overlaps, and no button reaches beyond the pane.
func TestDetailFitsItsWidth(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, fyne.NewSize(1200, 700), ofEvery()...)
	p.tapped(number(2))
	o := p.detail.overview()
	for _, width := range []float32{900, 480, 600, 1200, 480} {
		k.Window.Resize(fyne.NewSize(width, 400))
		low, right := float32(0), float32(0)
		for _, b := range o.buttons {
			if b.Visible() {
				low = max(low, b.Position().Y+b.Size().Height)
				right = max(right, b.Position().X+b.Size().Width)
			}
		}
		if low != o.acts.Size().Height || right > width {
			t.Errorf("%v: buttons reach to %v, %v of %v", width, right, low, o.acts.Size())
		}
		if c := o.box.Content; c.Size().Height < c.MinSize().Height {
			t.Errorf("%v: only %v of %v can be scrolled to", width, c.Size().Height, c.MinSize().Height)
		}
		if wide := max(o.rows.Size().Width, o.acts.Size().Width, o.about.Size().Width); wide > width {
			t.Errorf("%v: %v is wider", width, wide)
		}
	}
}

func TestFlow(t *testing.T) {
	test.NewTempApp(t)
	pad := theme.Padding()
	var all []fyne.CanvasObject
	for range 3 {
		all = append(all, container.New(&column{5}, widget.NewSeparator())) // 40 wide
	}
	f := &flow{}
	height := all[0].MinSize().Height
	for _, c := range []struct {
		width float32
		lines float32
	}{{120 + 2*pad, 1}, {120, 2}, {80 + pad, 2}, {79, 3}, {10, 3}} {
		f.Layout(all, fyne.NewSize(c.width, 100))
		if got, want := f.MinSize(all), fyne.NewSize(40, c.lines*height+(c.lines-1)*pad); got != want {
			t.Errorf("%v wide: %v, want %v", c.width, got, want)
		}
	}
	all[1].Hide()
	f.Layout(all, fyne.NewSize(80+pad, 100))
	if got := all[2].Position(); got != fyne.NewPos(40+pad, 0) {
		t.Errorf("behind a hidden one: %v", got)
	}
}

func TestStackFills(t *testing.T) {
	test.NewTempApp(t)
	a, hidden, b := widget.NewLabel("a"), widget.NewLabel("b"), widget.NewLabel("c")
	hidden.Hide()
	all := []fyne.CanvasObject{a, hidden, b}
	(&stack{fill: true}).Layout(all, fyne.NewSize(200, 300))
	if y := a.Size().Height + theme.Padding(); b.Position().Y != y || b.Size() != fyne.NewSize(200, 300-y) {
		t.Errorf("at %v, %v", b.Position(), b.Size())
	}
	(&stack{}).Layout(all, fyne.NewSize(200, 300))
	if b.Size().Height != b.MinSize().Height {
		t.Errorf("%v", b.Size())
	}
}
