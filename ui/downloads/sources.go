package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// sourceLine says who a source is, how fast it gives and what it gave; below,
// of which kind it is and why nothing comes.
func sourceLine(s *app.SourceView, w *words.Words) line {
	l := line{Kind: s.Kind, Text: words.Plain(s.Label, nameLimit)}
	kind := map[app.Kind]string{app.KindPeer: "person", app.KindOrigin: "origin", app.KindMirror: "mirror"}[s.Kind]
	l.Note = w.T("downloads.source." + kind)
	if s.Near == app.NearLAN {
		l.Note = dotted(l.Note, w.T("downloads.source.near"))
	}
	if s.Rate >= 1 {
		l.First = w.Rate(s.Rate)
	}
	if s.Bytes > 0 {
		l.Second = w.Size(s.Bytes)
	}
	switch {
	case s.Problem != nil:
		sentence, _, _ := w.Problem(s.Problem)
		l.Note, l.Needs = dotted(l.Note, sentence), true
	case s.Stalled:
		l.Note = dotted(l.Note, w.T("downloads.source.stalled"))
	case !s.Connected:
		l.Note = dotted(l.Note, w.T("downloads.source.left"))
	}
	return l
}

// sourcesPart lists where the bytes come from.
type sourcesPart struct {
	sources []app.SourceView
	lines   *lines
	none    *widget.Label
	box     fyne.CanvasObject
}

func newSourcesPart(w *words.Words) *sourcesPart {
	p := &sourcesPart{none: look.QuietPara(w.T("downloads.source.none"))}
	p.lines = newLines(&lines{first: 13, second: 12, noted: true, kinds: true, say: w,
		at: func(i int) line { return sourceLine(&p.sources[i], w) }})
	p.box = container.NewStack(p.lines.list, p.none)
	return p
}

func (p *sourcesPart) content() fyne.CanvasObject { return p.box }

func (p *sourcesPart) show(d *app.Detail) {
	p.sources = d.Sources
	visible(p.none, len(p.sources) == 0)
	p.lines.show(len(p.sources))
}
