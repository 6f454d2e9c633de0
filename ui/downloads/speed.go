package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/chart"
	"grove/ui/look"
	"grove/ui/words"
)

// pointsOf are the seconds of a download as they are painted.
func pointsOf(history []app.Sample) []chart.Point {
	points := make([]chart.Point, len(history))
	for i, s := range history {
		points[i] = chart.Point{Peers: s.Peers, Origin: s.Origin, Given: s.Given}
	}
	return points
}

// speedSentence is what comes now, how long it takes, and from whom it came.
func speedSentence(v *app.View, w *words.Words) string {
	now := ""
	if v.State == app.Downloading {
		now = w.T("downloads.speed.now", "rate", w.Rate(v.Rates.Down()))
		if v.Left >= 0 {
			now = dotted(now, w.T("downloads.speed.left", "time", w.About(v.Left)))
		}
	}
	return dotted(now, w.T("downloads.speed.came", "people", w.Size(v.Counts.Peers), "origin", w.Size(v.Counts.Origin)),
		w.T("downloads.speed.given", "size", w.Size(v.Counts.Given)))
}

// speedPart shows the speed over time.
type speedPart struct {
	words    *words.Words
	names    [3]string
	plot     *look.SpeedPlot
	sentence *widget.Label
	box      fyne.CanvasObject
}

func newSpeedPart(w *words.Words) *speedPart {
	p := &speedPart{words: w, plot: look.NewSpeedPlot(w.T("downloads.speed.name")), sentence: look.Quiet(""),
		names: [3]string{w.T("downloads.speed.people"), w.T("downloads.speed.origin"), w.T("downloads.speed.given_name")}}
	p.box = container.NewBorder(p.sentence, nil, nil, nil, inset(p.plot))
	return p
}

func (p *speedPart) content() fyne.CanvasObject { return p.box }

func (p *speedPart) show(d *app.Detail) {
	look.SetText(p.sentence, speedSentence(&d.View, p.words))
	p.plot.Set(pointsOf(d.History), p.words.Rate, p.names)
}
