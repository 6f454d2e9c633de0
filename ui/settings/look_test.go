package settings

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
	"grove/ui/look"
	"grove/ui/words"
)

// busy are settings with something in every group.
func busy() app.Settings {
	s := app.DefaultSettings()
	s.Folder = "/home/ada/Films"
	s.Down, s.Timetable = 5_000_000, night
	s.Network.Proxy = "socks5://localhost:1080"
	s.Network.Relays = []string{aRelay}
	return s
}

const aRelay = "/dns4/relay.example.org/tcp/4001/p2p/12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N6aqNnPtbhX3YT"

const aMap = "https://isp.example/our.grovemap#RWQBAgMEBQYHCGd+3Zx6b7ql1gnccAXOgBHVTgMUrPicoXIFe8FA7eYq"

// local are settings that keep Grove within the local network, with a directory
// of its own.
func local() app.Settings {
	s := busy()
	s.Network.Proxy, s.Network.LocalOnly = "", true
	s.Network.DHT = app.DHT{Prefix: "/example", Bootstrap: []string{aRelay}}
	return s
}

// homely is a home network behind a router that does not help.
func homely() host.Reach {
	return host.Reach{State: host.ReachHelped, Relays: 1, Missed: 2,
		Finders: host.Finders{LAN: host.Finding{Found: 1}, Tracker: host.Finding{Silent: true}, Exchange: host.Finding{Found: 12}}}
}

func TestGolden(t *testing.T) {
	long := busy()
	long.Folder = "/" + strings.Repeat("very long ", 30) + "\u202egnp.exe/أفلام/映画/🎬/<b>HTML</b>/$(calc)"
	long.Network.Bind = "wlan0\u202e"
	for name, c := range map[string]struct {
		lang, look string
		scale      float64
		size       fyne.Size
		settings   app.Settings
		act        func(*room)
	}{
		"defaults":  {"en", app.AppearanceLight, 1, wide, app.DefaultSettings(), nil},
		"german":    {"de", app.AppearanceDark, 1, fyne.NewSize(840, 3600), busy(), nil},
		"tiny":      {"de", app.AppearanceLight, 1, fyne.NewSize(424, 360), busy(), nil},
		"scaled":    {"fr", app.AppearanceLight, 1.5, fyne.NewSize(1000, 700), busy(), nil},
		"long-path": {"en", app.AppearanceLight, 1, wide, long, nil},
		"refused": {"en", app.AppearanceLight, 1, fyne.NewSize(840, 1400), busy(), func(r *room) {
			r.enter("Budget a month", 0, "a lot")
			r.enter("From", 1, "08:00")
		}},
		"directory": {"fr", app.AppearanceLight, 1, fyne.NewSize(840, 3900), local(), nil},
		"report":    {"en", app.AppearanceLight, 1, fyne.NewSize(840, 3900), busy(), func(r *room) { test.Tap(r.button("Make a report", 0)) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, hosttest.In(t, c.lang, c.look, c.scale), c.size, c.settings)
			if c.act != nil {
				c.act(r)
				r.Window.Canvas().Unfocus()
			}
			r.Markup(t, name)
		})
	}
}

func TestPictures(t *testing.T) {
	open(t, hosttest.In(t, "en", app.AppearanceLight, 1), fyne.NewSize(840, 1250), busy()).Image(t, "light")
	open(t, hosttest.In(t, "de", app.AppearanceDark, 1), fyne.NewSize(424, 1250), busy()).Image(t, "dark-narrow")
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	for _, lang := range words.Languages {
		k := hosttest.In(t, lang, app.AppearanceLight, 1)
		k.Desk.Tray, k.Desk.Seen = true, []host.Reach{homely()}
		r := open(t, k, wide, local())
		for _, l := range hosttest.All[*widget.Label](r.page.Content()) {
			if strings.Contains(l.Text, "[") || strings.Contains(l.Text, "<no value>") {
				t.Errorf("%s: %q", lang, l.Text)
			}
		}
		for _, c := range hosttest.All[*check](r.page.Content()) {
			if strings.Contains(c.Text, "[") {
				t.Errorf("%s: %q", lang, c.Text)
			}
		}
		for _, b := range hosttest.All[*widget.Button](r.page.Content()) {
			if strings.Contains(b.Text, "[") || b.Text == "" {
				t.Errorf("%s: button %q", lang, b.Text)
			}
		}
	}
}

// Nothing may lie over anything else or beside its column, however narrow the
// window and long the language.
func TestNothingIsCut(t *testing.T) {
	for _, lang := range words.Languages {
		for _, width := range []float32{424, 840} {
			k := hosttest.In(t, lang, app.AppearanceLight, 1)
			k.Desk.Seen = []host.Reach{homely()}
			r := open(t, k, fyne.NewSize(width, 500), local())
			column := r.page.scroll.Content.(*fyne.Container).Objects[0]
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject
			left, right := at(column).X, at(column).X+column.Size().Width
			whole := func(o fyne.CanvasObject, text string) {
				if x := at(o).X; x < left || x+o.Size().Width > right+1 || o.Size().Width < o.MinSize().Width || o.Size().Height < o.MinSize().Height {
					t.Errorf("%s, %v wide: %q lies at %v, %v wide, and needs %v", lang, width, text, x, o.Size(), o.MinSize())
				}
			}
			for _, b := range hosttest.All[*widget.Button](column) {
				whole(b, b.Text)
			}
			for _, c := range hosttest.All[*check](column) {
				whole(c, c.Text)
			}
			for _, l := range hosttest.All[*widget.Label](column) {
				whole(l, l.Text)
			}
		}
	}
}

// No policy is cut in the field where it is chosen.
func TestPoliciesAreWhole(t *testing.T) {
	for _, lang := range words.Languages {
		for _, width := range []float32{424, 840} {
			r := open(t, hosttest.In(t, lang, app.AppearanceLight, 1), fyne.NewSize(width, 500), busy())
			c := r.choice(r.page.say.T("settings.policy.name"))
			for _, o := range c.options {
				// The arrow, and room at both ends and between.
				need := fyne.MeasureText(o.text, theme.TextSize(), fyne.TextStyle{}).Width + theme.IconInlineSize() + 3*theme.InnerPadding()
				if need > c.Size().Width {
					t.Errorf("%s, %v wide: %q needs %v of %v", lang, width, o.text, need, c.Size().Width)
				}
			}
		}
	}
}

func TestTheColumnHasAWidth(t *testing.T) {
	for width, want := range map[float32]float32{424: 424 - 4*look.Grid, 752: 720, 1600: 720} {
		r := open(t, hosttest.New(t), wide, busy())
		r.page.Content().Resize(fyne.NewSize(width, 500))
		column := r.page.scroll.Content.(*fyne.Container).Objects[0]
		if got := column.Size().Width; got != want {
			t.Errorf("in %v the column is %v wide, want %v", width, got, want)
		}
		if x := column.Position().X; x != (width-want)/2 {
			t.Errorf("in %v it lies at %v", width, x)
		}
	}
}

// The last group can be scrolled to, at every width and after each change of
// it.
func TestTheEndCanBeSeen(t *testing.T) {
	r := open(t, hosttest.In(t, "de", app.AppearanceLight, 1), fyne.NewSize(1200, 500), busy())
	for _, width := range []float32{1200, 424, 800, 480, 1600} {
		r.Window.Resize(fyne.NewSize(width, 500))
		content := r.page.scroll.Content.(*fyne.Container)
		end := content.Objects[0].Position().Y + content.Objects[0].Size().Height
		if got := content.Size().Height; got < end || got > end+look.Units(8) {
			t.Errorf("at %v wide the page ends at %v and its scroller at %v", width, end, got)
		}
	}
}

func TestTheFocusIsScrolledTo(t *testing.T) {
	r := open(t, hosttest.New(t), fyne.NewSize(840, 400), busy())
	for _, name := range []string{"Proxy", "Budget a month"} {
		f := r.field(name, 0)
		r.Window.Canvas().Focus(f)
		y := fyne.CurrentApp().Driver().AbsolutePositionForObject(f).Y
		if y < 0 || y+f.Size().Height > 400 {
			t.Errorf("%s has the focus and lies at %v", name, y)
		}
	}
	r.Window.Canvas().Focus(r.check("Start with the session"))
	if y := fyne.CurrentApp().Driver().AbsolutePositionForObject(r.check("Start with the session")).Y; y < 0 || y > 400 {
		t.Errorf("the check mark has the focus and lies at %v", y)
	}
}

func TestReach(t *testing.T) {
	hosttest.New(t) // for the grid
	for _, c := range []struct{ y, high, top, view, want float32 }{
		{100, 40, 0, 400, 0},
		{500, 40, 0, 400, 164},
		{100, 40, 300, 400, -224},
		{10, 40, 300, 400, -300},
		{10, 40, 0, 400, 0},
	} {
		if got := reach(c.y, c.high, c.top, c.view); got != c.want {
			t.Errorf("reach(%v, %v, %v, %v) = %v, want %v", c.y, c.high, c.top, c.view, got, c.want)
		}
	}
}
