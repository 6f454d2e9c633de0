package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/ui/chart"
)

// DayPlot is a bar a day: received upwards, given downwards, with the values
// of the edges on the left and dates below as there is room.
type DayPlot struct {
	widget.BaseWidget
	name        string
	days        []chart.Day
	top, bottom float64
	picture     *Raster
	edges       [2]*note // top, bottom
	dates       []*note
}

// NewDayPlot makes an empty plot; name is for those who do not see it.
func NewDayPlot(name string) *DayPlot {
	p := &DayPlot{name: name, edges: [2]*note{newNote(ColorQuiet, SizeSmall), newNote(ColorQuiet, SizeSmall)}}
	p.picture = NewRaster("", fyne.NewSize(1, 1), func(m *image.RGBA, scale float32) {
		c := Colors()
		c.Given = Now().Quiet // ink, as of a thin line, would be the loudest of all
		chart.Days(m, scale, c, p.days, p.top, p.bottom)
	})
	p.ExtendBaseWidget(p)
	return p
}

// Set takes over the days in bytes, oldest first, with the date of each as it
// is written below ("" writes none); unit writes a value. The days are kept
// until the next Set and do not change meanwhile.
func (p *DayPlot) Set(days []chart.Day, dates []string, unit func(float64) string) {
	p.days = days
	up, down := 0.0, 0.0
	for _, d := range days {
		up, down = max(up, d.Peers+d.Origin), max(down, d.Given)
	}
	p.top, p.bottom = chart.Top(up, 1e6), chart.Top(down, 1e6)
	p.edges[0].set(unit(p.top))
	p.edges[1].set(unit(p.bottom))
	for len(p.dates) < len(dates) {
		p.dates = append(p.dates, newNote(ColorQuiet, SizeSmall))
	}
	p.dates = p.dates[:len(dates)]
	for i, d := range dates {
		p.dates[i].set(d)
	}
	p.Refresh()
	p.picture.Redraw()
}

// AccessibilityLabel implements fyne.Accessible.
func (p *DayPlot) AccessibilityLabel() string { return p.name }

// AccessibilityRole implements fyne.Accessible.
func (p *DayPlot) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (p *DayPlot) CreateRenderer() fyne.WidgetRenderer {
	r := newDrawn(&drawn{widget: p, layout: p.lay, colour: p.colour,
		min: func() fyne.Size { return fyne.NewSize(Units(30), Units(16)) }})
	return &dayRenderer{r, p}
}

// dayRenderer has as many dates as there are at the moment.
type dayRenderer struct {
	*drawn
	plot *DayPlot
}

func (r *dayRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.plot.picture, r.plot.edges[0].Text, r.plot.edges[1].Text}
	for _, d := range r.plot.dates {
		objects = append(objects, d.Text)
	}
	return objects
}

func (p *DayPlot) colour() {
	for _, n := range append(p.edges[:], p.dates...) {
		n.dress()
	}
}

func (p *DayPlot) lay(size fyne.Size) {
	left := max(p.edges[0].MinSize().Width, p.edges[1].MinSize().Width) + Units(1)
	text := p.edges[0].MinSize().Height
	plot := fyne.NewSize(max(1, size.Width-left), max(1, size.Height-text-Units(0.5)))
	p.picture.Move(fyne.NewPos(left, 0))
	p.picture.Resize(plot)
	p.edges[0].put(left-Units(1), text/2, 1)
	p.edges[1].put(left-Units(1), plot.Height-text/2, 1)
	free := float32(0)
	for i, d := range p.dates {
		from, to := chart.DaysColumn(float64(plot.Width), float64(Units(1)/Grid), len(p.days), i)
		width := d.MinSize().Width
		x := left + min(max(float32(from+to)/2, width/2), plot.Width-width/2)
		d.Hidden = d.Text.Text == "" || x-width/2 < free
		if !d.Hidden {
			free = x + width/2 + Units(1)
		}
		d.put(x, size.Height-text/2, 0.5)
	}
}
