package downloads

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// logPause is the least time between two looks at the log.
const logPause = time.Second

// logLine says what happened and when.
func logLine(e app.LogEntry, w *words.Words) line {
	return line{Text: w.Event(e.Event), Second: w.Time(e.Time), Note: words.Plain(e.Text, 2*nameLimit)}
}

// logPart lists what happened, newest first.
type logPart struct {
	page    *Page
	of      uuid.UUID
	entries []app.LogEntry // oldest first
	version uint64         // of the snapshot when it was asked for
	at      time.Time
	asked   bool
	lines   *lines
	none    *widget.Label
	box     fyne.CanvasObject
}

func newLogPart(page *Page) *logPart {
	w := page.host.Words
	p := &logPart{page: page, none: look.QuietPara(w.T("downloads.log.none"))}
	p.lines = newLines(&lines{second: 20, noted: true, say: w,
		at: func(i int) line { return logLine(p.entries[len(p.entries)-1-i], w) }})
	p.none.Hide()
	p.box = container.NewStack(p.lines.list, p.none)
	return p
}

func (p *logPart) content() fyne.CanvasObject { return p.box }

// show asks for the log when it is seen the first time, and then when there
// is a newer snapshot, but not more often than once a second.
func (p *logPart) show(d *app.Detail) {
	s := p.page.snap
	other := p.of != d.ID
	if other {
		p.of = d.ID
		p.fill(nil)
		visible(p.none, false)
	}
	if p.asked || !other && (s.Version == p.version || s.At.Sub(p.at) < logPause) {
		return
	}
	p.asked, p.version, p.at = true, s.Version, s.At
	id := d.ID
	p.page.host.Do(func(ctx context.Context) (func(), error) {
		entries, err := p.page.host.Engine.Log(ctx, id)
		return func() {
			p.asked = false
			if p.of != id {
				return
			}
			p.fill(entries)
			if err != nil {
				look.SetText(p.none, trouble(err, p.page.host.Words))
			}
		}, nil
	})
}

func (p *logPart) fill(entries []app.LogEntry) {
	p.entries = entries
	look.SetText(p.none, p.page.host.Words.T("downloads.log.none"))
	visible(p.none, len(entries) == 0)
	p.lines.show(len(entries))
}
