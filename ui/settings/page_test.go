package settings

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host/hosttest"
)

func TestEachControlChangesItsSetting(t *testing.T) {
	enter := func(name, text string) func(*room) { return func(r *room) { r.enter(name, 0, text) } }
	tap := func(name string) func(*room) { return func(r *room) { test.Tap(r.check(name)) } }
	choose := func(name, option string) func(*room) {
		return func(r *room) { r.choice(name).SetSelected(option) }
	}
	for name, c := range map[string]struct {
		act  func(*room)
		want func(*app.Settings)
	}{
		"folder": {func(r *room) { r.Folder = "/mnt/films"; test.Tap(r.button("Choose folder…", 0)) },
			func(s *app.Settings) { s.Folder = "/mnt/films" }},
		"at once":        {choose("Downloads at a time", "7"), func(s *app.Settings) { s.MaxActive = 7 }},
		"fast":           {choose("Fast or thrifty", "Fast"), func(s *app.Settings) { s.Policy = app.PolicyFast }},
		"thrifty":        {choose("Fast or thrifty", "Thrifty"), func(s *app.Settings) { s.Policy = app.PolicyThrifty }},
		"give":           {tap("Give to other people"), func(s *app.Settings) { s.Giving.On = false }},
		"times":          {enter("After a download, share until it was given", "2.5"), func(s *app.Settings) { s.Giving.AfterTimes = 2.5 }},
		"hours":          {enter("But no longer than", "48"), func(s *app.Settings) { s.Giving.AfterHours = 48 }},
		"no hours":       {enter("But no longer than", ""), func(s *app.Settings) { s.Giving.AfterHours = 0 }},
		"budget":         {enter("Budget a month", "1,5 T"), func(s *app.Settings) { s.Giving.Budget = 1_500_000_000_000 }},
		"no budget":      {enter("Budget a month", "0"), func(s *app.Settings) { s.Giving.Budget = 0 }},
		"on battery":     {tap("on battery"), func(s *app.Settings) { s.Giving.OnBattery = true }},
		"metered":        {tap("on a metered line"), func(s *app.Settings) { s.Giving.OnMetered = true }},
		"vpn":            {tap("over a VPN"), func(s *app.Settings) { s.Giving.OnVPN = true }},
		"full screen":    {tap("beside a full-screen program"), func(s *app.Settings) { s.Giving.OnFullScreen = true }},
		"down":           {enter("Download limit", "2.5"), func(s *app.Settings) { s.Down = 2_500_000 }},
		"down in kB":     {enter("Download limit", "500 k"), func(s *app.Settings) { s.Down = 500_000 }},
		"up in bits":     {enter("Giving limit", "8 Mbit/s"), func(s *app.Settings) { s.Up = 1_000_000 }},
		"yield":          {tap("Leave the line to others who use it"), func(s *app.Settings) { s.Network.Unpaced = true }},
		"gentle":         {tap("Download gently"), func(s *app.Settings) { s.Network.Gentle = true }},
		"timetable":      {func(r *room) { test.Tap(r.button("Add a time", 0)) }, func(s *app.Settings) { s.Timetable = app.Timetable{at(8, 0, 0)} }},
		"night":          {func(r *room) { test.Tap(r.button("Full speed only at night", 0)) }, func(s *app.Settings) { s.Timetable = night }},
		"peers":          {tap("Exchange with other people"), func(s *app.Settings) { s.Network.Peers = false }},
		"bind":           {choose("Go through", "wlan0"), func(s *app.Settings) { s.Network.Bind = "wlan0" }},
		"proxy":          {enter("Proxy", " socks5://localhost:1080 "), func(s *app.Settings) { s.Network.Proxy = "socks5://localhost:1080" }},
		"network map":    {enter("Network map", " "+aMap+" "), func(s *app.Settings) { s.Network.Map = aMap }},
		"past the proxy": {tap("Reach people past the proxy"), func(s *app.Settings) { s.Network.PeersPastProxy = true }},
		"local only":     {tap("Local network only"), func(s *app.Settings) { s.Network.LocalOnly = true }},
		"lan":            {tap("On the local network"), func(s *app.Settings) { s.Network.Finders.LAN = false }},
		"trackers":       {tap("Through trackers"), func(s *app.Settings) { s.Network.Finders.Tracker = false }},
		"exchange":       {tap("Through people who have it"), func(s *app.Settings) { s.Network.Finders.Exchange = false }},
		"directory":      {tap("In the public directory (DHT)"), func(s *app.Settings) { s.Network.Finders.DHT = false }},
		"another directory": {func(r *room) {
			test.Tap(r.button("Another directory…", 0))
			r.enter("Computers to begin with", 0, " "+aRelay)
		}, func(s *app.Settings) { s.Network.DHT.Bootstrap = []string{aRelay} }},
		"router":           {tap("Ask the router to let others in"), func(s *app.Settings) { s.Network.Mapping = false }},
		"relay":            {enter("Helpers (relays)", aRelay), func(s *app.Settings) { s.Network.Relays = []string{aRelay} }},
		"language":         {choose("Language", "日本語"), func(s *app.Settings) { s.Window.Language = "ja" }},
		"appearance":       {choose("Appearance", "Dark"), func(s *app.Settings) { s.Window.Appearance = app.AppearanceDark }},
		"scale":            {choose("Size of text and controls", "125%"), func(s *app.Settings) { s.Window.Scale = 1.25 }},
		"bits":             {tap("Rates in Mbit/s"), func(s *app.Settings) { s.Window.Bits = true }},
		"tray":             {tap("Stay in the tray when closed"), func(s *app.Settings) { s.Window.Tray = false }},
		"notify":           {tap("Say when a download is complete"), func(s *app.Settings) { s.Window.Notify = false }},
		"clipboard":        {tap("Offer links from the clipboard"), func(s *app.Settings) { s.Window.Clipboard = false }},
		"autostart":        {tap("Start with the session"), func(s *app.Settings) { s.Window.Autostart = true }},
		"choose no folder": {func(r *room) { test.Tap(r.button("Choose folder…", 0)) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k := hosttest.New(t)
			k.Desk.Tray = true
			begun := app.DefaultSettings()
			begun.Welcomed, begun.Window.CloseTold = true, true
			r := open(t, k, wide, begun)
			c.act(r)
			if c.want == nil {
				if r.sent() != 0 {
					t.Error("settings were sent")
				}
				return
			}
			want := begun
			c.want(&want)
			if d := cmp.Diff(want, k.Engine.Settings); d != "" {
				t.Errorf("the engine was given other settings (-want +got):\n%s", d)
			}
			if r.sent() != 1 {
				t.Errorf("settings were sent %d times", r.sent())
			}
			if len(k.Told) > 0 {
				t.Errorf("told %v", k.Told)
			}
		})
	}
}

func TestLeavingAFieldAppliesIt(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.write(r.field("Budget a month", 0), "5")
	if r.sent() != 0 {
		t.Error("sent while typing")
	}
	r.Window.Canvas().Focus(r.field("Proxy", 0))
	if got := r.Engine.Settings.Giving.Budget; got != 5e9 {
		t.Errorf("the budget is %d", got)
	}
	if got := r.field("Budget a month", 0).Text; got != "5 GB" {
		t.Errorf("the field shows %q", got)
	}
	r.write(r.field("Download limit", 0), "3")
	r.page.Close()
	if got := r.Engine.Settings.Down; got != 3_000_000 {
		t.Errorf("after the page was left the limit is %d", got)
	}
}

func TestWhatCannotBeTakenStays(t *testing.T) {
	for name, c := range map[string]struct{ bad, says, good string }{
		"Budget a month":     {"a lot", "A size such as 20 GB, or nothing for no limit.", "30"},
		"Giving limit":       {"12 B", "The least is 1 kB/s.", "12 kB"},
		"But no longer than": {"9999", "This one is too large", "24"},
		"After a download, share until it was given": {"-1", "This one is too large, or not a number.", "1.5"},
		"Proxy": {"localhost", "An address such as socks5://localhost:1080", "http://localhost:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, hosttest.New(t), wide, app.DefaultSettings())
			r.doesNotSee(c.says)
			r.enter(name, 0, c.bad)
			r.sees(c.says)
			if f := r.field(name, 0); f.Text != c.bad || r.sent() != 0 {
				t.Errorf("the field shows %q, sent %d times", f.Text, r.sent())
			}
			r.elsewhere(func(s *app.Settings) { s.MaxActive = 9 })
			if f := r.field(name, 0); f.Text != c.bad {
				t.Errorf("after a snapshot the field shows %q", f.Text)
			}
			r.enter(name, 0, c.good)
			r.doesNotSee(c.says)
			if r.sent() != 1 {
				t.Errorf("sent %d times", r.sent())
			}
		})
	}
}

func TestEscapeTakesBack(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.enter("Proxy", 0, "nonsense")
	f := r.field("Proxy", 0)
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if f.Text != "" || f.wrong.Visible() {
		t.Errorf("the field shows %q, the sentence shows: %v", f.Text, f.wrong.Visible())
	}
}

func TestARefusalIsSaidWhereItBelongs(t *testing.T) {
	refusal := app.NewProblem(app.Refused, "eth9", nil)
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Engine.Fail("SetSettings", refusal)

	r.enter("Proxy", 0, "socks5://localhost:1080")
	r.sees("eth9")
	if f := r.field("Proxy", 0); f.Text != "socks5://localhost:1080" || r.page.now.Network.Proxy != "" {
		t.Errorf("the field shows %q, the setting is %q", f.Text, r.page.now.Network.Proxy)
	}
	if len(r.Told) != 0 {
		t.Errorf("told %v besides", r.Told)
	}

	test.Tap(r.check("Local network only"))
	if r.check("Local network only").Checked {
		t.Error("the check mark stays")
	}
	if len(r.Told) != 1 || !errors.Is(r.Told[0], refusal) {
		t.Errorf("told %v", r.Told)
	}
}

func TestChangesFromElsewhere(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.write(r.field("Giving limit", 0), "70")
	r.elsewhere(func(s *app.Settings) {
		s.Down, s.Up, s.Giving.On, s.Window.Appearance = 2e6, 3e6, false, app.AppearanceDark
		s.Folder, s.MaxActive, s.Window.Scale = "/mnt", 25, 1.1
		s.Network.Bind, s.Policy = "tun0", app.PolicyThrifty
	})
	if got := r.field("Download limit", 0).Text; got != "2 MB/s" {
		t.Errorf("the limit shows as %q", got)
	}
	if got := r.field("Giving limit", 0).Text; got != "70" {
		t.Errorf("what is being typed became %q", got)
	}
	if r.check("Give to other people").Checked {
		t.Error("giving is still shown as on")
	}
	for name, want := range map[string]string{"Fast or thrifty": "Thrifty", "Appearance": "Dark", "Downloads at a time": "25", "Size of text and controls": "110%", "Go through": "tun0"} {
		if got := r.choice(name).Selected; got != want {
			t.Errorf("%s shows %q, want %q", name, got, want)
		}
	}
	r.sees("/mnt")
	if r.sent() != 0 {
		t.Errorf("showing settings sent them %d times", r.sent())
	}
}

func TestDefaultsOfAGroup(t *testing.T) {
	mine := app.Settings{Welcomed: true, Folder: "/mnt", MaxActive: 9, Policy: app.PolicyFast, Down: 1e6, Up: 2e6, Timetable: night,
		Giving: app.Giving{On: false, AfterTimes: 3, AfterHours: 4, Budget: 5e9},
		Network: app.Network{Bind: "eth0", Proxy: "http://a:1", PeersPastProxy: true, Map: aMap, LocalOnly: true, Unpaced: true, Gentle: true,
			Relays: []string{aRelay}, DHT: app.DHT{Prefix: "/example", Bootstrap: []string{aRelay}}},
		Window: app.Window{Language: "de", Appearance: app.AppearanceDark, Scale: 2, Bits: true, CloseTold: true, Autostart: true}}
	for i, back := range []func(s *app.Settings, d app.Settings){
		func(s *app.Settings, d app.Settings) {
			s.Folder, s.MaxActive, s.Policy = d.Folder, d.MaxActive, d.Policy
		},
		func(s *app.Settings, d app.Settings) { s.Giving = d.Giving },
		func(s *app.Settings, d app.Settings) {
			s.Down, s.Up, s.Timetable, s.Network.Unpaced, s.Network.Gentle = 0, 0, nil, false, false
		},
		func(s *app.Settings, d app.Settings) {
			n := &s.Network
			n.Peers, n.Bind, n.Proxy, n.PeersPastProxy, n.Map, n.LocalOnly = true, "", "", false, "", false
		},
		func(s *app.Settings, d app.Settings) {
			s.Network.Finders, s.Network.DHT = d.Network.Finders, app.DHT{}
		},
		func(s *app.Settings, d app.Settings) { s.Network.Mapping, s.Network.Relays = true, nil },
		func(s *app.Settings, d app.Settings) {
			w := &s.Window
			w.Language, w.Appearance, w.Scale, w.Bits = "", app.AppearanceSystem, 1, false
		},
		func(s *app.Settings, d app.Settings) {
			w := &s.Window
			w.Tray, w.Notify, w.Clipboard, w.Autostart = true, true, true, false
		},
	} {
		r := open(t, hosttest.New(t), wide, mine)
		test.Tap(r.button("Back to defaults", i))
		if len(r.Asked) != 1 || r.sent() != 0 {
			t.Fatalf("group %d: asked %q, sent %d times", i, r.Asked, r.sent())
		}
		r.Yes = true
		test.Tap(r.button("Back to defaults", i))
		want := mine
		back(&want, app.DefaultSettings())
		if d := cmp.Diff(want, r.Engine.Settings); d != "" {
			t.Errorf("group %d (-want +got):\n%s", i, d)
		}
	}
}

func TestDefaultsTakeWhatWasTypedInTheGroup(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Yes = true
	r.enter("Proxy", 0, "nonsense")
	r.enter("Budget a month", 0, "nonsense")
	test.Tap(r.button("Back to defaults", 3))
	if f := r.field("Proxy", 0); f.Text != "" || f.wrong.Visible() {
		t.Errorf("the proxy shows %q", f.Text)
	}
	if f := r.field("Budget a month", 0); f.Text != "nonsense" || !f.wrong.Visible() {
		t.Errorf("the budget, in another group, shows %q", f.Text)
	}
}

func TestTheDesktop(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.sees("This desktop has no tray, so closing the window quits Grove.")
	r.sees("Default: /home/ada/Downloads")
	r.sees("/home/ada/.local/share/grove")
	r.sees("1.2.3")
	test.Tap(r.button("Show in folder", 0))
	if d := cmp.Diff([]string{"Reveal /home/ada/.local/share/grove"}, r.Desk.Calls); d != "" {
		t.Error(d)
	}
	if got := r.choice("Go through").Options; !cmp.Equal(got, []string{"Any network", "eth0", "wlan0"}) {
		t.Errorf("the networks are %q", got)
	}
}

func TestDiagnostics(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Desk.Fails["Diagnose"] = errors.New("no")
	test.Tap(r.button("Make a report", 0))
	r.doesNotSee("Grove 1.2.3")
	if len(r.Told) != 1 {
		t.Errorf("told %v", r.Told)
	}
	delete(r.Desk.Fails, "Diagnose")
	test.Tap(r.button("Make a report", 0))
	r.sees("Grove 1.2.3")
	test.Tap(r.button("Copy", 0))
	if r.Copied != "Grove 1.2.3" || len(r.Said) != 1 {
		t.Errorf("copied %q, said %q", r.Copied, r.Said)
	}
}

func TestReportLinesArePlain(t *testing.T) {
	if got := plainLines("a\x1b[31m\u202eb\r\nc\n"); got != "a[31mb\nc" {
		t.Errorf("it shows %q", got)
	}
}

func TestCommands(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Folder = "/mnt"
	for _, c := range r.page.Commands() {
		c.Do()
	}
	if r.Engine.Settings.Folder != "/mnt" || !cmp.Equal(r.Desk.Calls, []string{"Reveal /home/ada/.local/share/grove", "Diagnose"}) {
		t.Errorf("the folder is %q, the desktop did %q", r.Engine.Settings.Folder, r.Desk.Calls)
	}
}

func BenchmarkTick(b *testing.B) {
	k := hosttest.New(b)
	p := New(k.Host)
	s := k.Engine.Set(app.Snapshot{Settings: busy()})
	k.Put(p, wide, s)
	for b.Loop() {
		p.Show(s)
	}
}
