package settings

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/app"
	"grove/ui/look"
)

// timetable is the limits by time of day, a row for each.
type timetable struct {
	page    *Page
	rows    []*hour
	table   *fyne.Container
	heads   fyne.CanvasObject
	content fyne.CanvasObject
}

// hour is a row of the timetable: what holds from a time of day.
type hour struct {
	at             time.Duration
	from, down, up *field
	content        fyne.CanvasObject
}

func (h *hour) fields() []*field { return []*field{h.from, h.down, h.up} }

func (p *Page) newTimetable() *timetable {
	t := &timetable{page: p, table: look.Stack(1), heads: container.New(&hourLine{}, look.Quiet(p.say.T("settings.timetable.from")),
		look.Quiet(p.say.T("settings.timetable.down")), look.Quiet(p.say.T("settings.timetable.up")))}
	add := look.Button(p.say.T("settings.timetable.add"), look.Icon("add"), func() { t.edit(added) })
	byNight := look.Button(p.say.T("settings.timetable.night"), look.Icon("clock"), func() {
		t.edit(func(app.Timetable) app.Timetable { return slices.Clone(night) })
	})
	now := p.told(look.QuietPara(""), func() string { return p.holding(p.down, p.up, p.now.Window.Bits) })
	t.content = look.Stack(1,
		look.Stack(-1, look.Line(p.say.T("settings.timetable.name")),
			p.note(p.say.T("settings.timetable.why"), p.say.T("settings.timetable.none")), now),
		t.table, look.Flow(add, byNight))
	p.controls = append(p.controls, t)
	t.show()
	return t
}

// edit makes a change of the whole table.
func (t *timetable) edit(e func(app.Timetable) app.Timetable) {
	t.page.change(func(s app.Settings) app.Settings { s.Timetable = e(s.Timetable); return s }, nil)
}

// show has a row for each entry; a row that is there already keeps what is
// being typed into it.
func (t *timetable) show() {
	var rows []*hour
	for _, e := range t.page.now.Timetable {
		rows = append(rows, t.row(e.From))
	}
	same := slices.Equal(rows, t.rows)
	t.rows = rows
	for _, h := range rows {
		for _, f := range h.fields() {
			f.show()
		}
	}
	if same {
		return
	}
	t.table.Objects = nil
	if len(rows) > 0 {
		t.table.Objects = []fyne.CanvasObject{t.heads}
	}
	for _, h := range rows {
		t.table.Objects = append(t.table.Objects, h.content)
	}
	t.page.relayout()
}

// row is the row of a time of day, a new one where there is none.
func (t *timetable) row(at time.Duration) *hour {
	for _, h := range t.rows {
		if h.at == at {
			return h
		}
	}
	p, h := t.page, &hour{at: at}
	h.from = p.newField(p.say.T("settings.timetable.from"), "", p.say.T("settings.timetable.help"),
		func(s app.Settings) string { return p.say.Clock(h.at) },
		func(s app.Settings, text string) (app.Settings, bool) { return h.moved(s, text) })
	h.down = p.newRate(p.say.T("settings.timetable.down"), func(s *app.Settings) *int64 { return &h.entry(s).Down })
	h.up = p.newRate(p.say.T("settings.timetable.up"), func(s *app.Settings) *int64 { return &h.entry(s).Up })
	remove := look.Link(p.say.T("common.remove"), func() {
		t.edit(func(now app.Timetable) app.Timetable { return without(now, find(now, h.at)) })
	})
	h.content = look.Stack(0, container.New(&hourLine{}, h.from, h.down, h.up, remove), h.from.wrong, h.down.wrong, h.up.wrong)
	return h
}

// entry is a copy of the row's entry in s, put into a table of its own so that
// the one it was in stays as it is.
func (h *hour) entry(s *app.Settings) *app.TimetableEntry {
	s.Timetable = slices.Clone(s.Timetable)
	if at := find(s.Timetable, h.at); at >= 0 {
		return &s.Timetable[at]
	}
	return &app.TimetableEntry{}
}

// moved lets the row's entry begin at another time of day.
func (h *hour) moved(s app.Settings, text string) (app.Settings, bool) {
	from, ok := readClock(text)
	at := find(s.Timetable, h.at)
	if !ok || at < 0 || from != h.at && find(s.Timetable, from) >= 0 {
		return s, false
	}
	e := s.Timetable[at]
	e.From = from
	s.Timetable = with(s.Timetable, at, e)
	return s, true
}

func (t *timetable) apply() {
	for _, h := range t.rows {
		for _, f := range h.fields() {
			f.apply()
		}
	}
}

func (t *timetable) drop() {
	for _, h := range t.rows {
		for _, f := range h.fields() {
			f.drop()
		}
	}
}

// hourLine lays a time, two limits and, where there is one, a button beside
// each other; the button goes below where there is no room. A limit gets half
// as much again as the time.
type hourLine struct{ width float32 }

// buttonUnits is the room beside the fields that is kept for the button.
const buttonUnits = 17

func (l *hourLine) narrow() bool { return l.width < look.Units(2*controlUnits+2) }

// Layout implements fyne.Layout.
func (l *hourLine) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	gap, height := look.Units(1), objects[0].MinSize().Height
	rest := l.width - 2*gap
	if !l.narrow() {
		rest -= look.Units(buttonUnits)
	}
	x := float32(0)
	for i, o := range objects[:3] {
		w := rest * 3 / 8
		if i == 0 {
			w = rest / 4
		}
		o.Resize(fyne.NewSize(w, height))
		o.Move(fyne.NewPos(x, 0))
		x += w + gap
	}
	if len(objects) < 4 {
		return
	}
	button := objects[3]
	button.Resize(button.MinSize())
	if l.narrow() {
		button.Move(fyne.NewPos(0, height))
	} else {
		button.Move(fyne.NewPos(x, (height-button.MinSize().Height)/2))
	}
}

// MinSize implements fyne.Layout.
func (l *hourLine) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := objects[0].MinSize().Height
	if len(objects) == 4 && l.narrow() {
		h += objects[3].MinSize().Height
	}
	return fyne.NewSize(look.Units(controlUnits), h)
}
