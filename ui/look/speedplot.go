package look

import (
	"cmp"
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/chart"
)

// SpeedSlots is how many points a SpeedPlot has room for.
const SpeedSlots = 240

// SpeedPlot is the speed over time, with the values of its lines on the left
// and each curve's name and last value at its end.
type SpeedPlot struct {
	widget.BaseWidget
	name    string
	points  []chart.Point
	top     float64
	picture *Raster
	lines   [2]*note // top, half
	ends    [3]*plotEnd
	// The widths of what is written at the sides only grow, so that the picture
	// does not dance.
	left, right float32
}

// plotEnd is what stands at the end of a curve.
type plotEnd struct {
	dot         *canvas.Rectangle
	color       fyne.ThemeColorName
	name, value *note
}

// NewSpeedPlot makes an empty plot; name is for those who do not see it.
func NewSpeedPlot(name string) *SpeedPlot {
	p := &SpeedPlot{name: name}
	p.picture = NewRaster("", fyne.NewSize(1, 1), func(m *image.RGBA, scale float32) {
		chart.Speed(m, scale, Colors(), p.points, SpeedSlots, p.top)
	})
	for i := range p.lines {
		p.lines[i] = newNote(ColorQuiet, SizeSmall)
	}
	for i, c := range []fyne.ThemeColorName{ColorPeers, ColorOrigin, theme.ColorNameForeground} {
		p.ends[i] = &plotEnd{canvas.NewRectangle(nil), c, newNote(ColorQuiet, SizeSmall), newNote(theme.ColorNameForeground, SizeSmall)}
	}
	p.ExtendBaseWidget(p)
	return p
}

// Set takes over the points, oldest first, of which the newest SpeedSlots are
// shown, in bytes a second; unit writes a value, and names are those of the
// people's, the origin's and the given curve. The points are kept until the
// next Set and do not change meanwhile.
func (p *SpeedPlot) Set(points []chart.Point, unit func(float64) string, names [3]string) {
	p.points = points[max(0, len(points)-SpeedSlots):]
	largest := 0.0
	for _, q := range p.points {
		for _, v := range []float64{q.Peers + q.Origin, q.Given} {
			if v > largest { // not where it is no number
				largest = v
			}
		}
	}
	p.top = chart.Settle(p.top, largest, 1e5)
	p.lines[0].set(unit(p.top))
	p.lines[1].set(unit(p.top / 2))
	last := p.last()
	for i, v := range []float64{last.Peers, last.Origin, last.Given} {
		p.ends[i].name.set(names[i])
		p.ends[i].value.set(unit(v))
	}
	p.lay(p.Size())
	p.picture.Redraw()
}

func (p *SpeedPlot) last() chart.Point {
	if len(p.points) == 0 {
		return chart.Point{}
	}
	return p.points[len(p.points)-1]
}

// AccessibilityLabel implements fyne.Accessible.
func (p *SpeedPlot) AccessibilityLabel() string {
	s := p.name
	for _, e := range p.ends {
		s += ", " + e.name.Text.Text + " " + e.value.Text.Text
	}
	return s
}

// AccessibilityRole implements fyne.Accessible.
func (p *SpeedPlot) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (p *SpeedPlot) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{p.picture, p.lines[0].Text, p.lines[1].Text}
	for _, e := range p.ends {
		objects = append(objects, e.dot, e.name.Text, e.value.Text)
	}
	return newDrawn(&drawn{widget: p, objects: objects, layout: p.lay, colour: p.colour,
		min: func() fyne.Size { return fyne.NewSize(Units(36), Units(12)) }})
}

func (p *SpeedPlot) colour() {
	for _, n := range p.lines {
		n.dress()
	}
	for _, e := range p.ends {
		e.dot.FillColor, e.dot.CornerRadius = theme.Color(e.color), Units(0.25)
		e.dot.Refresh()
		e.name.dress()
		e.value.dress()
	}
}

func (p *SpeedPlot) lay(size fyne.Size) {
	dot := Units(3. / 8) // what chart.Speed keeps free at the edges
	for _, n := range p.lines {
		p.left = max(p.left, n.MinSize().Width)
	}
	for _, e := range p.ends {
		p.right = max(p.right, Units(3)+e.name.MinSize().Width+e.value.MinSize().Width)
	}
	plot := fyne.NewSize(max(1, size.Width-p.left-p.right-Units(2)), size.Height)
	place(p.picture, p.left+Units(1), 0, plot.Width, plot.Height)
	y := func(v float64) float32 { return size.Height - dot - share(v, p.top)*(size.Height-2*dot) }
	p.lines[0].put(p.left, max(y(p.top), p.lines[0].MinSize().Height/2), 1)
	p.lines[1].put(p.left, y(p.top/2), 1)
	last := p.last()
	at := spread([3]float32{y(last.Peers / 2), y(last.Peers + last.Origin/2), y(last.Given)}, Units(2), size.Height)
	for i, e := range p.ends {
		x := p.left + plot.Width + Units(2)
		place(e.dot, x, at[i]-Units(0.5), Units(1), Units(1))
		e.name.put(x+Units(1.5), at[i], 0)
		e.value.put(size.Width, at[i], 1)
	}
}

// spread moves labels apart that want to stand at those heights, so that they
// are a step apart and lie within the height.
func spread(at [3]float32, step, height float32) [3]float32 {
	order := []int{1, 0, 2} // the origin lies on the people
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	low := step / 2
	for _, i := range order {
		at[i] = max(at[i], low)
		low = at[i] + step
	}
	high := height - step/2
	for _, i := range slices.Backward(order) {
		at[i] = min(at[i], high)
		high = at[i] - step
	}
	return at
}
