package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// sidebar leads to the places, and has at its foot what is always there: what
// comes in, what is given and to how many, how much may still be given, and a
// stop for all.
type sidebar struct {
	win     *Window
	content *fyne.Container
	entries map[host.Place]*sideButton
	narrow  bool

	words    []fyne.CanvasObject // what goes where the window is narrow
	down, up *look.Meter
	people   *widget.Label // who are given to
	budget   *widget.Label
	pause    *sideButton
	shown    foot
}

// places are the sidebar's entries in order.
var places = []struct {
	place host.Place
	icon  string
}{
	{host.Downloads, "downloads"}, {host.Shared, "shared"}, {host.Publishers, "publishers"},
	{host.Insights, "insights"}, {host.Settings, "settings"},
}

func newSidebar(w *Window) *sidebar {
	say := w.host.Words
	s := &sidebar{win: w, entries: map[host.Place]*sideButton{}, people: look.Quiet(""), budget: look.Quiet(""),
		down: look.NewMeter(say.T("window.down"), "down", 12), up: look.NewMeter(say.T("window.up"), "up", 12)}
	name := container.NewBorder(nil, nil, container.NewPadded(look.MarkPicture(look.Units(3))), nil, look.Title("Grove"))
	list := container.NewVBox(name)
	for _, p := range places {
		b := newSideButton(look.Icon(p.icon), func() { w.go_(p.place) })
		b.Alignment = widget.ButtonAlignLeading
		s.entries[p.place] = b
		list.Add(b)
	}
	s.pause = newSideButton(look.Icon("pause"), func() { w.commandAll(w.snap != nil && w.snap.Held > 0) })
	s.words = []fyne.CanvasObject{name, s.down, s.up, s.people, s.budget}
	s.content = container.NewBorder(list, container.NewVBox(look.Rule(), s.down, s.up, s.people, s.budget, s.pause), nil, nil)
	s.set(footOf(&app.Snapshot{}, say))
	return s
}

// foot is what the foot of the sidebar says.
type foot struct {
	down, up, people, budget, pause string
	icon                            string
	counts                          map[host.Place]int
}

// footOf reads it off a snapshot.
func footOf(s *app.Snapshot, say *words.Words) foot {
	var down, given float64
	people := 0
	f := foot{counts: map[host.Place]int{}, pause: say.T("window.pause_all"), icon: "pause"}
	for i := range s.Transfers {
		v := &s.Transfers[i]
		given += v.Rates.Given
		people += max(v.Serving.Peers-v.Serving.Complete, 0)
		switch v.State {
		case app.Downloading:
			down += v.Rates.Down() // that of a finished one takes a while to fade
			f.counts[host.Downloads]++
		case app.Checking, app.Queued:
			f.counts[host.Downloads]++
		case app.Seeding:
			f.counts[host.Shared]++
		}
	}
	f.down, f.up = say.Rate(down), say.Rate(given)
	f.people = say.T("window.to_nobody")
	if people > 0 {
		f.people = say.N("window.to_people", people)
	}
	switch {
	case s.Month.Budget == 0:
		f.budget = say.T("window.no_budget")
	case s.Month.Spent():
		f.budget = say.T("window.budget_spent")
	default:
		f.budget = say.T("window.budget_left", "size", say.Size(s.Month.Left()))
	}
	if s.Held > 0 {
		f.pause, f.icon = say.T("window.resume_all"), "resume"
	}
	return f
}

func (s *sidebar) show(snap *app.Snapshot) { s.set(footOf(snap, s.win.host.Words)) }

func (s *sidebar) set(f foot) {
	s.down.Set(f.down)
	s.up.Set(f.up)
	look.SetText(s.people, f.people)
	look.SetText(s.budget, f.budget)
	if f.icon != s.shown.icon {
		s.pause.SetIcon(look.Icon(f.icon))
	}
	s.pause.say(f.pause, s.narrow)
	for _, p := range places {
		text := s.win.host.Words.T("window." + string(p.place))
		if n := f.counts[p.place]; n > 0 {
			text += "  " + s.win.host.Words.Count(int64(n))
		}
		s.entries[p.place].say(text, s.narrow)
	}
	s.shown = f
}

// sideButton is a button that keeps its name where there is no room for it.
type sideButton struct {
	widget.Button
	name string
}

func newSideButton(icon fyne.Resource, tapped func()) *sideButton {
	b := &sideButton{}
	b.Icon, b.OnTapped = icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// say changes the name, and shows it unless the sidebar is narrow.
func (b *sideButton) say(name string, narrow bool) {
	b.name = name
	if narrow {
		name = ""
	}
	if b.Text != name {
		b.SetText(name)
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (b *sideButton) AccessibilityLabel() string { return b.name }

// mark shows which place is seen.
func (s *sidebar) mark(p host.Place) {
	for place, b := range s.entries {
		want := widget.LowImportance
		if place == p {
			want = widget.MediumImportance
		}
		if b.Importance != want {
			b.Importance = want
			b.Refresh()
		}
	}
}

// collapse leaves icons only, or brings the words back.
func (s *sidebar) collapse(narrow bool) {
	if s.narrow == narrow {
		return
	}
	s.narrow = narrow
	s.set(s.shown)
	for _, o := range s.words {
		if narrow {
			o.Hide()
		} else {
			o.Show()
		}
	}
}
