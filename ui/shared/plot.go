package shared

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/chart"
	"grove/ui/look"
	"grove/ui/words"
)

// plot is what was given in the last minutes of this run: a line over time,
// the value of its upper edge at the left, and the last one in words.
type plot struct {
	words   *words.Words
	points  []chart.Point
	top     float64
	title   *widget.Label
	edge    *widget.Label
	picture *look.Raster
	content *fyne.Container
}

// leastTop keeps the line of a trickle at the bottom, in bytes a second.
const leastTop = 1e5

func newPlot(w *words.Words) *plot {
	p := &plot{words: w, title: look.Quiet(""), edge: look.Quiet("")}
	p.edge.Alignment = fyne.TextAlignTrailing
	p.picture = look.NewRaster(w.T("shared.plot"), fyne.NewSize(look.Units(24), look.Units(12)), func(m *image.RGBA, scale float32) {
		chart.Speed(m, scale, look.Colors(), p.points, look.SpeedSlots, p.top)
	})
	p.content = look.Stack(0, p.title, look.Inset(container.New(plotLayout{p}, p.edge, p.picture)))
	return p
}

// set shows a history; where nothing was given there is nothing to see. It
// reports whether that changed.
func (p *plot) set(history []app.Sample) bool {
	p.points = p.points[:0]
	for _, s := range history {
		p.points = append(p.points, chart.Point{Given: s.Given})
	}
	top, now := peak(history)
	changed := visible(p.content, top > 0)
	if top == 0 {
		p.top = 0
		return changed
	}
	p.top = chart.Settle(p.top, top, leastTop)
	look.SetText(p.title, p.words.T("shared.giving_now", "rate", p.words.Rate(now)))
	look.SetText(p.edge, p.words.Rate(p.top))
	p.picture.Redraw()
	return changed
}

// plotLayout puts the value of the upper edge beside that edge.
type plotLayout struct{ *plot }

// MinSize implements fyne.Layout.
func (l plotLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.picture.MinSize() }

// Layout implements fyne.Layout.
func (l plotLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	u, h := look.Units(1), l.edge.MinSize().Height
	l.edge.Move(fyne.NewPos(-u, 0.375*u-h/2)) // chart.Speed keeps that much free at the top
	l.edge.Resize(fyne.NewSize(10*u, h))
	l.picture.Move(fyne.NewPos(9*u, 0))
	l.picture.Resize(fyne.NewSize(size.Width-9*u, size.Height))
}
