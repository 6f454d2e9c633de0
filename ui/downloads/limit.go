package downloads

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

// limitsWith are the limits to choose from while one holds.
func limitsWith(now int64) []int64 {
	all := slices.Clone(host.Limits)
	if at, known := slices.BinarySearch(all, now); !known {
		all = slices.Insert(all, at, now)
	}
	return all
}

// parseLimit reads a rate in MB/s as people write it, from 1 kB/s to 10 GB/s,
// into bytes a second.
func parseLimit(s string) (int64, bool) {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil || !(v >= 0.001 && v <= 10_000) {
		return 0, false
	}
	return int64(math.Round(v * 1e6)), true
}

// limitEditor changes the limit of one download.
type limitEditor struct {
	page    *Page
	now     int64
	of      uuid.UUID
	offered []int64
	chosen  *widget.Select
	entry   *widget.Entry
	own     *fyne.Container // to write one
	content fyne.CanvasObject
	filling bool
}

func newLimitEditor(p *Page) *limitEditor {
	say := p.host.Words.T
	l := &limitEditor{page: p, now: -1, entry: widget.NewEntry()}
	l.chosen = widget.NewSelect(nil, func(string) { l.choose(l.chosen.SelectedIndex()) })
	l.entry.OnSubmitted = func(string) { l.write() }
	unit := look.Line(say("downloads.limit.unit"))
	unit.Truncation = fyne.TextTruncateOff
	l.own = container.NewHBox(container.New(&column{10}, l.entry), unit, look.Button(say("downloads.limit.set"), nil, l.write))
	l.own.Hide()
	l.content = container.NewVBox(container.NewHBox(container.New(&column{22}, l.chosen)), l.own)
	return l
}

// show takes over the limit of v, unless one is being written.
func (l *limitEditor) show(v *app.View) {
	if l.of == v.ID && l.now == v.Limit {
		return
	}
	l.of, l.now, l.offered = v.ID, v.Limit, limitsWith(v.Limit)
	var texts []string
	for _, n := range l.offered {
		texts = append(texts, l.text(n))
	}
	l.filling = true
	l.chosen.SetOptions(append(texts, l.page.host.Words.T("downloads.limit.own")))
	l.chosen.SetSelectedIndex(slices.Index(l.offered, v.Limit))
	l.filling = false
	visible(l.own, false)
}

func (l *limitEditor) text(n int64) string {
	if n == 0 {
		return l.page.host.Words.T("downloads.limit.off")
	}
	return l.page.host.Words.Rate(float64(n))
}

// choose takes option i, the last of which is to write one.
func (l *limitEditor) choose(i int) {
	if l.filling || i < 0 {
		return
	}
	if visible(l.own, i == len(l.offered)) {
		l.content.Refresh()
	}
	if i == len(l.offered) {
		l.page.host.Window.Canvas().Focus(l.entry)
		return
	}
	l.set(l.offered[i])
}

// write takes the limit that was written; what is no limit stays to be mended.
func (l *limitEditor) write() {
	if n, ok := parseLimit(l.entry.Text); ok {
		l.entry.SetText("")
		l.set(n)
		return
	}
	l.page.host.Say(l.page.host.Words.T("downloads.limit.wrong"))
}

func (l *limitEditor) set(n int64) {
	id := l.of
	l.page.order(func(ctx context.Context) error { return l.page.host.Engine.SetLimit(ctx, id, n) })
}

func (l *limitEditor) focus() { l.page.host.Window.Canvas().Focus(l.chosen) }
