package insights

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
	"grove/ui/look"
	"grove/ui/words"
)

func some() []app.LedgerRow {
	return []app.LedgerRow{
		row(200, 9, "In spring", 1e9, 0, 0),
		row(40, 4, "Long ago", 1e9, 0, 5e9),
		row(20, 1, "Nordlicht", 3e9, 1e9, 200e6),
		row(20, 2, "Talks", 100e6, 2e9, 0),
		row(3, 1, "Nordlicht", 500e6, 0, 400e6),
		row(0, 3, "Our summer", 0, 0, 3e9),
	}
}

func TestAMonth(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{Given: 3.4e9, Budget: 20e9}, some()...)
	r.wants(true, "What came, and from whom", "3.6 GB", "3.0 GB", "6.6 GB",
		"3.6 GB of 6.6 GB did not come from the publishers’ servers.",
		"0.55 bytes for each byte that came", "Given so far: 3.4 GB", "Left: 16.6 GB of 20.0 GB", "until 1 Dec")
	r.wants(false, "Long ago", "Nothing in these days")
	if got := r.page.came.ring.AccessibilityLabel(); !strings.Contains(got, "54%") {
		t.Errorf("the ring says %q", got)
	}
	if d := cmp.Diff([]string{"Nordlicht", "Talks", "Our summer"}, r.names()); d != "" {
		t.Error(d)
	}
	var gave []string
	for _, g := range r.page.gave.givers {
		if g.content.Visible() {
			gave = append(gave, g.name.Text+" "+g.given.Text)
		}
	}
	if d := cmp.Diff([]string{"Our summer 3.0 GB", "Nordlicht 600 MB"}, gave); d != "" {
		t.Error(d)
	}
}

func TestChoosingDays(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{}, some()...)
	for _, c := range []struct {
		span string
		want []string
	}{
		{"Last 7 days", []string{"Nordlicht", "Our summer"}},
		{"Last 90 days", []string{"Nordlicht", "Talks", "Long ago", "Our summer"}},
		{"Last 365 days", []string{"Nordlicht", "Talks", "In spring", "Long ago", "Our summer"}},
		{"This month", []string{"Nordlicht", "Talks", "Our summer"}},
		{"Last 30 days", []string{"Nordlicht", "Talks", "Our summer"}},
	} {
		r.choice("Days").SetSelected(c.span)
		if d := cmp.Diff(c.want, r.names()); d != "" {
			t.Errorf("%s:\n%s", c.span, d)
		}
	}
	for _, c := range r.page.Commands() {
		if c.Text == "Last 7 days" {
			c.Do()
		}
	}
	if got := r.choice("Days").Selected; got != "Last 7 days" || len(r.names()) != 2 {
		t.Errorf("the command chose %q", got)
	}
}

func TestSorting(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{}, some()...)
	for by, want := range map[string][]string{
		"Most given":        {"Our summer", "Nordlicht", "Talks"},
		"Most from origins": {"Talks", "Nordlicht", "Our summer"},
		"Name":              {"Nordlicht", "Our summer", "Talks"},
	} {
		r.choice("Sorted by").SetSelected(by)
		if d := cmp.Diff(want, r.names()); d != "" {
			t.Errorf("%s:\n%s", by, d)
		}
	}
	r.choice("Sorted by").SetSelected("Most given")
	if n := r.page.table.lines[0].given.Text; n != "3.0 GB" {
		t.Errorf("the figures did not move with the names: %s", n)
	}
}

func TestTheTableHasAnEnd(t *testing.T) {
	var rows []app.LedgerRow
	for i := range 1000 {
		rows = append(rows, row(i%7, i, fmt.Sprintf("Package %d", i), int64(i+1)*1e6, 0, 0))
	}
	r := open(t, hosttest.New(t), wide, app.Month{}, rows...)
	if names := r.names(); len(names) != mostLines || names[0] != "Package 999" {
		t.Errorf("%d packages, the first is %s", len(names), names[0])
	}
	r.wants(true, "and 950 more packages")
	r.Engine.Rows = rows[:3]
	r.later(6 * time.Second)
	if names := r.names(); len(names) != 3 {
		t.Errorf("%d packages", len(names))
	}
	r.wants(false, "more packages")
}

func TestTheLedgerIsReadNowAndThen(t *testing.T) {
	k := hosttest.New(t)
	counted := &counting{Engine: k.Engine}
	k.Host.Engine = counted
	r := open(t, k, wide, app.Month{}, some()...)
	want := func(n int, when string) {
		t.Helper()
		if counted.read != n {
			t.Errorf("%s it was read %d times, want %d", when, counted.read, n)
		}
	}
	want(1, "at first")
	for d := 500 * time.Millisecond; d < every; d += 500 * time.Millisecond {
		r.later(d)
	}
	want(1, "within five seconds")
	r.later(every)
	want(2, "after five seconds")
	r.later(-time.Hour)
	want(3, "when the clock was put back")
	r.page.Close()
	r.later(-time.Hour + time.Second)
	want(4, "when it is seen again")
	r.choice("Days").SetSelected("Last 7 days")
	want(5, "with other days")
	r.choice("Days").SetSelected("Last 7 days")
	want(5, "with the same days")
}

type counting struct {
	host.Engine
	read int
}

func (c *counting) Ledger(ctx context.Context, first, last string) ([]app.LedgerRow, error) {
	c.read++
	return c.Engine.Ledger(ctx, first, last)
}

func TestAnOldAnswerIsNotShown(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{}, some()...)
	var jobs []func(context.Context) (func(), error)
	r.Host.Do = func(job func(context.Context) (func(), error)) { jobs = append(jobs, job) }
	r.choice("Days").SetSelected("Last 365 days")
	r.choice("Days").SetSelected("Last 7 days")
	if len(jobs) != 1 {
		t.Fatalf("%d readings are under way", len(jobs))
	}
	for range 2 {
		then, _ := jobs[0](t.Context())
		jobs = jobs[1:]
		then()
	}
	if d := cmp.Diff([]string{"Nordlicht", "Our summer"}, r.names()); d != "" || len(jobs) != 0 {
		t.Errorf("%d readings are left; %s", len(jobs), d)
	}
}

func TestEmpty(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{}, some()[:1]...)
	r.wants(true, "Nothing in these days", "Here you see what came and from whom")
	r.wants(false, "By package")
	r.tap("Look at the last year")
	if d := cmp.Diff([]string{"In spring"}, r.names()); d != "" {
		t.Error(d)
	}
	r.wants(false, "Nothing in these days")

	r = open(t, hosttest.New(t), wide, app.Month{})
	r.tap("Look at the last year")
	r.tap("Go to downloads")
	if !slices.Equal(r.Went, []host.Place{host.Downloads}) {
		t.Errorf("it went to %v", r.Went)
	}
}

func TestAFailure(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Ledger", app.NewProblem(app.DiskFault, "grove.db", nil))
	r := open(t, k, wide, app.Month{}, some()...)
	r.wants(true, "grove.db")
	r.wants(false, "By package")
	k.Engine.Fail("Ledger", nil)
	r.tap("Try again")
	r.wants(true, "By package")
	r.wants(false, "grove.db")
	if len(r.Told) != 0 {
		t.Errorf("told %v besides", r.Told)
	}
}

func TestFromNearAndFar(t *testing.T) {
	seen := row(0, 1, "Nordlicht", 600e6, 300e6, 50e6)
	seen.PeersLAN, seen.PeersNear, seen.Mirrors, seen.GivenNear = 100e6, 200e6, 110e6, 20e6
	r := open(t, hosttest.New(t), wide, app.Month{}, seen)
	var got [len(wayKeys)][2]string
	for i, l := range r.page.ways.lines {
		got[i] = [2]string{l.received.Text, l.given.Text}
	}
	if want := [...][2]string{{"100 MB", "0 bytes"}, {"200 MB", "20.0 MB"}, {"300 MB", "30.0 MB"}, {"190 MB", "—"}, {"110 MB", "—"}}; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestTheBudgetFollowsTheSnapshot(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{Given: 1e9, Budget: 20e9}, some()...)
	r.page.Show(r.Engine.Set(app.Snapshot{At: now.Add(time.Second), Month: app.Month{Given: 20e9, Budget: 20e9}}))
	r.wants(true, "It is used up.")
	r.page.Show(r.Engine.Set(app.Snapshot{At: now.Add(2 * time.Second), Month: app.Month{Given: 20e9}}))
	r.wants(true, "There is no limit.")
	r.wants(false, "until 1 Dec")
}

func TestGolden(t *testing.T) {
	hard := []app.LedgerRow{row(1, 1, strings.Repeat("A film with a long name ", 20), 1e9, 2e9, 5e9), row(1, 2, "\u202eأفلام 映画 🎬", 1, 1, 1), row(0, 3, "<b>HTML</b> $(calc)\x1b[31m", 9e14, 0, 0)}
	var many []app.LedgerRow
	for i := range 1000 {
		many = append(many, row(i%30, i, fmt.Sprintf("Package %d", i), int64(i+1)*1e6, 5e6, 1e6))
	}
	for name, c := range map[string]struct {
		lang  string
		scale float64
		size  fyne.Size
		rows  []app.LedgerRow
	}{
		"thousand":   {"en", 1, wide, many},
		"empty":      {"en", 1, wide, nil},
		"one":        {"en", 1, fyne.NewSize(840, 1200), some()[4:5]},
		"month":      {"de", 1, fyne.NewSize(840, 1200), some()},
		"hard-names": {"en", 1, fyne.NewSize(840, 1200), hard},
		"tiny":       {"de", 1, fyne.NewSize(424, 360), some()},
		"scaled":     {"fr", 1.5, fyne.NewSize(1200, 800), some()},
	} {
		t.Run(name, func(t *testing.T) {
			open(t, hosttest.In(t, c.lang, app.AppearanceLight, c.scale), c.size, app.Month{Given: 3e9, Budget: 20e9}, c.rows...).Markup(t, name)
		})
	}
}

func TestGoldenFailure(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Ledger", app.NewProblem(app.DiskFault, "grove.db", nil))
	open(t, k, wide, app.Month{}).Markup(t, "failure")
}

func TestTheKeyFollowsTheTheme(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.Month{}, some()...)
	s := hosttest.All[*swatch](r.page.Content())[0]
	before := s.piece.FillColor
	fyne.CurrentApp().Settings().SetTheme(look.New(app.AppearanceDark, 1))
	s.Refresh()
	if s.piece.FillColor == before || s.piece.FillColor != look.Dark.Peers {
		t.Errorf("the key to people is %v in the dark, %v before", s.piece.FillColor, before)
	}
}

func TestPictures(t *testing.T) {
	for _, appearance := range []string{app.AppearanceLight, app.AppearanceDark} {
		k := hosttest.In(t, "en", appearance, 1)
		s := hosttest.Evening(t).Play(k.Engine)
		k.Put(New(k.Host), fyne.NewSize(840, 1080), s)
		k.Image(t, appearance)
	}
}

func TestTheEndCanBeSeen(t *testing.T) {
	r := open(t, hosttest.In(t, "de", app.AppearanceLight, 1), fyne.NewSize(1200, 500), app.Month{Budget: 1}, some()...)
	for _, width := range []float32{1200, 424, 800, 480, 1600} {
		r.Window.Resize(fyne.NewSize(width, 500))
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject
		last := hosttest.All[*widget.Label](r.page.table.content)
		end := at(last[len(last)-1]).Y + last[len(last)-1].Size().Height - at(r.page.scroll.Content).Y
		if got := r.page.scroll.Content.Size().Height; got < end || got > end+60 {
			t.Errorf("at %v wide the table ends at %v and the scroller at %v", width, end, got)
		}
	}
}

func TestNothingIsCut(t *testing.T) {
	for _, lang := range words.Languages {
		for _, width := range []float32{424, 840} {
			r := open(t, hosttest.In(t, lang, app.AppearanceLight, 1), fyne.NewSize(width, 500), app.Month{Given: 1e9, Budget: 20e9}, some()...)
			for _, l := range hosttest.All[*widget.Label](r.page.Content()) {
				need := fyne.MeasureText(l.Text, l.Theme().Size(l.SizeName), l.TextStyle).Width
				if strings.Contains(l.Text, "[") || strings.Contains(l.Text, "<no value>") {
					t.Errorf("%s: %q", lang, l.Text)
				}
				if l.Wrapping == fyne.TextWrapOff && need+16 > l.Size().Width+1 {
					t.Errorf("%s, %v wide: %q has %v of the %v it needs", lang, width, l.Text, l.Size().Width, need+16)
				}
			}
		}
	}
}

func BenchmarkReading(b *testing.B) {
	var rows []app.LedgerRow
	for i := range 2000 {
		rows = append(rows, row(i%365, i%200, fmt.Sprintf("Package %d", i%200), int64(i+1)*1e6, 5e6, 1e6))
	}
	k := hosttest.New(b)
	p := New(k.Host)
	k.Engine.Rows = rows
	k.Put(p, wide, k.Engine.Set(app.Snapshot{At: now}))
	for b.Loop() {
		rows[0].Peers++ // something came
		p.load()
	}
}
