package insights

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// way is what came from one class of sources, and what was given to it.
type way struct{ received, given int64 }

// peerWays are the first ways, those to people; servers are given nothing.
const peerWays = 3

// wayKeys are what the ways are called, in the order of waysOf.
var wayKeys = [...]string{"insights.ways.lan", "insights.ways.near", "insights.ways.far", "insights.ways.origin", "insights.ways.mirror"}

// waysOf are the ways of the rows, from the nearest people to the servers.
func waysOf(rows []app.LedgerRow) (all [len(wayKeys)]way) {
	for _, r := range rows {
		c := r.Counts
		for i, w := range []way{{c.PeersLAN, c.GivenLAN}, {c.PeersNear, c.GivenNear}, {c.PeersFar(), c.GivenFar()}, {received: c.FromOrigin()}, {received: c.Mirrors}} {
			all[i].received += max(w.received, 0)
			all[i].given += max(w.given, 0)
		}
	}
	return all
}

// ways answers: from how far did it come, and how far did it go?
type ways struct {
	lines   [len(wayKeys)]struct{ received, given *widget.Label }
	say     *words.Words
	content fyne.CanvasObject
}

func newWays(say *words.Words) *ways {
	w := &ways{say: say}
	head := func(key string) *widget.Label {
		l := look.Quiet(say.T(key))
		l.Alignment = fyne.TextAlignTrailing
		return l
	}
	rows := []fyne.CanvasObject{look.Title(say.T("insights.ways.title")), look.QuietPara(say.T("insights.ways.why")),
		container.New(&cells{}, look.Quiet(say.T("insights.ways.class")), head("insights.ways.received"), head("insights.given"))}
	for i, key := range wayKeys {
		l := &w.lines[i]
		l.received, l.given = figure(), figure()
		rows = append(rows, look.Stack(-0.5, look.Rule(), container.New(&cells{}, look.Line(say.T(key)), l.received, l.given)))
	}
	w.content = look.Card(look.Stack(0, rows...))
	return w
}

func (w *ways) show(all [len(wayKeys)]way) {
	for i, l := range w.lines {
		look.SetText(l.received, w.say.Size(all[i].received))
		given := "—"
		if i < peerWays {
			given = w.say.Size(all[i].given)
		}
		look.SetText(l.given, given)
	}
}
