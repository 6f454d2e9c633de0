package look_test

import (
	"fmt"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"grove/ui/chart"
	"grove/ui/look"
)

// written are the texts that an object shows, by where they lie.
func written(o fyne.Widget) []*canvas.Text {
	var texts []*canvas.Text
	for _, o := range test.WidgetRenderer(o).Objects() {
		if t, ok := o.(*canvas.Text); ok && !t.Hidden && t.Text != "" {
			texts = append(texts, t)
		}
	}
	return texts
}

// apart checks that no two texts overlap and that all lie within the object.
func apart(t *testing.T, o fyne.Widget) {
	t.Helper()
	texts := written(o)
	for i, a := range texts {
		p, s := a.Position(), a.Size()
		if !(p.X >= -0.5 && p.Y >= -0.5 && p.X+s.Width <= o.Size().Width+0.5 && p.Y+s.Height <= o.Size().Height+0.5) {
			t.Errorf("%q lies at %s, outside of %v", a.Text, at(a), o.Size())
		}
		for _, b := range texts[:i] {
			q, r := b.Position(), b.Size()
			if p.X < q.X+r.Width-0.5 && q.X < p.X+s.Width-0.5 && p.Y < q.Y+r.Height-2.5 && q.Y < p.Y+s.Height-2.5 {
				t.Errorf("%q at %s lies on %q at %s", a.Text, at(a), b.Text, at(b))
			}
		}
	}
}

func megabytes(v float64) string { return fmt.Sprintf("%.1f MB/s", v/1e6) }

func TestSpeedPlotWritesItsEnds(t *testing.T) {
	lightApp(t)
	p := look.NewSpeedPlot("Speed")
	window(t, p, 700, 140)
	names := [3]string{"People", "Origin", "Given"}
	for _, last := range []chart.Point{{}, {Peers: 8e6, Origin: 1e6, Given: 5e5}, {Peers: 1, Origin: 1, Given: 1}, {Peers: 1e12},
		{Peers: math.NaN(), Origin: math.Inf(1), Given: -1}, {Given: 9e6}} {
		p.Set(append(speedPoints(30), last), megabytes, names)
		apart(t, p)
	}
	p.Set(append(speedPoints(400), chart.Point{Peers: 8e6, Origin: 1e6, Given: 5e5}), megabytes, names)
	if got := p.AccessibilityLabel(); got != "Speed, People 8.0 MB/s, Origin 1.0 MB/s, Given 0.5 MB/s" {
		t.Errorf("it says %q", got)
	}
	lines := written(p)
	if lines[0].Text != "20.0 MB/s" || lines[1].Text != "10.0 MB/s" {
		t.Errorf("its lines are %q and %q", lines[0].Text, lines[1].Text)
	}
	p.Set(nil, megabytes, names)
	apart(t, p)
}

func TestSpeedPlotDoesNotDance(t *testing.T) {
	lightApp(t)
	p := look.NewSpeedPlot("Speed")
	window(t, p, 700, 140)
	names := [3]string{"People", "Origin", "Given"}
	p.Set([]chart.Point{{Peers: 150e6}}, megabytes, names)
	picture := test.WidgetRenderer(p).Objects()[0]
	before := at(picture)
	p.Set([]chart.Point{{Peers: 3e5}}, megabytes, names)
	if got := at(picture); got != before {
		t.Errorf("with shorter labels the picture lies at %s, before at %s", got, before)
	}
}

func TestDayPlotWritesDatesWhereThereIsRoom(t *testing.T) {
	lightApp(t)
	p := look.NewDayPlot("Days")
	for _, n := range []int{0, 1, 7, 30, 90, 365} {
		for _, width := range []float32{240, 600, 1400} {
			window(t, p, width, 160)
			days, dates := dayBars(n)
			p.Set(days, dates, megabytes)
			apart(t, p)
			if n > 0 && len(written(p)) < 3 {
				t.Errorf("%d days in %g have no date", n, width)
			}
		}
	}
	days, _ := dayBars(5)
	p.Set(days, []string{"Mon", "", "", "", "Fri"}, megabytes)
	if got := len(written(p)); got != 4 {
		t.Errorf("two dates and two edges are %d texts", got)
	}
}

func TestRingSaysWhatItShows(t *testing.T) {
	lightApp(t)
	r := look.NewRing("Where it came from")
	w := window(t, r, 160, 160)
	r.Set(3, 1, "75 %", "from people")
	apart(t, r)
	if got := r.AccessibilityLabel(); got != "Where it came from, 75 % from people" {
		t.Errorf("it says %q", got)
	}
	m := w.Canvas().Capture()
	if !has(m, look.Light.Peers) || !has(m, look.Light.Origin) {
		t.Error("one of the two is not seen")
	}
	r.Set(0, 0, "–", "")
	if m := w.Canvas().Capture(); has(m, look.Light.Peers) || !has(m, look.Light.Line) {
		t.Error("before the first byte the ring is not empty")
	}
}

func TestPieceMapShowsItsCells(t *testing.T) {
	lightApp(t)
	p := look.NewPieceMap("Pieces")
	w := window(t, p, 200, 50)
	p.Set([]chart.Cell{chart.CellPeers, chart.CellOrigin, chart.CellWrong})
	m := w.Canvas().Capture()
	for _, want := range []string{"peers", "origin", "wrong"} {
		c := map[string]bool{"peers": has(m, look.Light.Peers), "origin": has(m, look.Light.Origin), "wrong": has(m, look.Light.Wrong)}
		if !c[want] {
			t.Errorf("%s is not seen", want)
		}
	}
	p.Set(nil)
	if m := w.Canvas().Capture(); has(m, look.Light.Peers) {
		t.Error("cells that are gone are still seen")
	}
	if p.AccessibilityLabel() != "Pieces" {
		t.Errorf("it is called %q", p.AccessibilityLabel())
	}
}

func BenchmarkSpeedPlotSet(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look.New("", 1))
	p := look.NewSpeedPlot("Speed")
	w := test.NewWindow(p)
	defer w.Close()
	points, names := speedPoints(240), [3]string{"People", "Origin", "Given"}
	b.ReportAllocs()
	for b.Loop() {
		p.Set(points, megabytes, names)
	}
}
