package settings

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// What is known of the network stands where it can be changed, and follows.
func TestWhatIsReached(t *testing.T) {
	for name, c := range map[string]struct {
		r    host.Reach
		says []string
		not  []string
	}{
		"not known": {host.Reach{}, []string{"It is not known yet whether others can reach this computer."}, []string{"The router has"}},
		"open": {host.Reach{State: host.ReachOpen, Mapped: true, Missed: 1},
			[]string{"Others can reach this computer.", "The router lets them in.", "The router has opened it.", "1 person could not get through in the last ten minutes."}, []string{"relay helps"}},
		"helped": {homely(), []string{"Others reach this computer only with the help of a relay.", "a port opened in the router", "2 people could not get through", "The router has not opened it.",
			"1 relay helps just now.", "1 person found since Grove started.", "12 people found since Grove started.", "No answer just now."}, nil},
		"closed": {host.Reach{State: host.ReachClosed}, []string{"Others cannot reach this computer directly.", "It helps to open a port in the router"}, []string{"found since", "could not get through"}},
		"off":    {host.Reach{State: host.ReachOff}, []string{"Others cannot reach this computer: Grove connects to servers only."}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k := hosttest.New(t)
			k.Desk.Seen = []host.Reach{{State: host.ReachUnknown}, c.r}
			r := open(t, k, wide, app.DefaultSettings())
			for _, s := range c.says {
				r.sees(s)
			}
			for _, s := range c.not {
				r.doesNotSee(s)
			}
		})
	}
}

// Nobody is asked while the page is not seen, and again when it is.
func TestReachIsFollowedWhileSeen(t *testing.T) {
	k := hosttest.New(t)
	var jobs later
	r := open(t, k, wide, app.DefaultSettings())
	r.page.Close()
	k.Host.Do = jobs.do
	k.Desk.Seen = []host.Reach{{State: host.ReachClosed}}
	s := k.Engine.Set(app.Snapshot{Settings: app.DefaultSettings()})
	r.page.Show(s)
	r.page.Show(s)
	if len(jobs.jobs) != 2 { // the interfaces, and how others get here
		t.Fatalf("%d jobs", len(jobs.jobs))
	}
	r.page.Close()
	for range 2 {
		jobs.run(t)
	}
	r.doesNotSee("Others cannot reach")
}

// What does less than it could says so, where it is chosen.
func TestWhatRests(t *testing.T) {
	const local, near, servers = "Rests: Grove stays within the local network.", "Just now only within the local network.", "Rests: Grove connects to servers only."
	change := func(f func(*app.Network)) app.Settings {
		s := app.DefaultSettings()
		f(&s.Network)
		return s
	}
	for name, c := range map[string]struct {
		s       app.Settings
		r       host.Reach
		near    int
		local   int
		servers int
	}{
		"nothing":            {s: app.DefaultSettings()},
		"local only":         {s: change(func(n *app.Network) { n.LocalOnly = true }), near: 2, local: 2},
		"by the environment": {s: app.DefaultSettings(), r: host.Reach{State: host.ReachLocal}, near: 2, local: 2},
		"own directory": {s: change(func(n *app.Network) {
			n.LocalOnly, n.DHT.Bootstrap, n.Relays = true, []string{aRelay}, []string{aRelay}
		}),
			near: 4, local: 1},
		"what is off says nothing": {s: change(func(n *app.Network) { n.LocalOnly, n.Finders, n.Mapping = true, app.Finders{}, false })},
		"no people":                {s: change(func(n *app.Network) { n.Peers = false }), servers: 5},
		"proxy":                    {s: change(func(n *app.Network) { n.Proxy = "http://a:1" }), servers: 5},
		"past the proxy":           {s: change(func(n *app.Network) { n.Proxy, n.PeersPastProxy = "http://a:1", true })},
	} {
		t.Run(name, func(t *testing.T) {
			k := hosttest.New(t)
			k.Desk.Seen = []host.Reach{c.r}
			r := open(t, k, wide, c.s)
			for text, want := range map[string]int{near: c.near, local: c.local, servers: c.servers} {
				if got := strings.Count(r.texts(), text); got != want {
					t.Errorf("%q is said %d times, want %d", text, got, want)
				}
			}
		})
	}
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	test.Tap(r.check("Local network only"))
	r.sees(local) // at once
}

func TestRelays(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	second := strings.Replace(aRelay, "relay.", "second.", 1)
	r.enter("Helpers (relays)", 0, aRelay)
	r.write(r.field("Helpers (relays)", 0), second)
	test.Tap(r.button("Add", 0))
	if got := r.Engine.Settings.Network.Relays; !slices.Equal(got, []string{aRelay, second}) || r.sent() != 2 {
		t.Fatalf("the relays are %q, sent %d times", got, r.sent())
	}
	r.sees(aRelay)
	r.sees(second)
	if f := r.field("Helpers (relays)", 0); f.Text != "" {
		t.Errorf("the field shows %q", f.Text)
	}

	for _, bad := range []string{aRelay, "relay.example.org", "/dns4/relay.example.org/tcp/4001", "  "} {
		r.enter("Helpers (relays)", 0, bad)
		r.sees("that is not on the list yet; 16 at most.")
		if f := r.field("Helpers (relays)", 0); f.Text != bad || r.sent() != 2 {
			t.Errorf("%q shows as %q, sent %d times", bad, f.Text, r.sent())
		}
	}
	r.field("Helpers (relays)", 0).TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.doesNotSee("16 at most")

	test.Tap(r.button("Remove", 0))
	if got := r.Engine.Settings.Network.Relays; !slices.Equal(got, []string{second}) {
		t.Errorf("after one was removed the relays are %q", got)
	}
	r.doesNotSee(aRelay)
	if r.Window.Canvas().Focused() != r.field("Helpers (relays)", 0) {
		t.Error("the keyboard is lost")
	}
	r.elsewhere(func(s *app.Settings) { s.Network.Relays = []string{aRelay} })
	r.sees(aRelay)
	test.Tap(r.button("Remove", 0))
	if got := r.Engine.Settings.Network.Relays; got != nil {
		t.Errorf("the relays are %#v", got)
	}
}

// A relay that the network refuses goes back into the field, with why.
func TestARelayIsRefused(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Engine.Fail("SetSettings", app.NewProblem(app.BadInput, "no such key", nil))
	r.enter("Helpers (relays)", 0, aRelay)
	r.sees("no such key")
	if f := r.field("Helpers (relays)", 0); f.Text != aRelay || len(r.Told) != 0 {
		t.Errorf("the field shows %q, told %v", f.Text, r.Told)
	}
	if len(r.page.now.Network.Relays) != 0 {
		t.Errorf("the relays are %q", r.page.now.Network.Relays)
	}
}

// Another directory is out of sight until it is wanted, or in use.
func TestAnotherDirectory(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.doesNotSee("Computers to begin with")
	test.Tap(r.button("Another directory…", 0))
	r.sees("Computers to begin with")
	r.enter("Name of the directory", 0, "/example")
	r.sees("A name such as /example, once there is a computer to begin with, or nothing.")
	if r.sent() != 0 {
		t.Error("a directory that nobody knows was set")
	}
	r.enter("Computers to begin with", 0, aRelay)
	r.enter("Name of the directory", 0, "/example")
	if got := r.Engine.Settings.Network.DHT; got.Prefix != "/example" || !slices.Equal(got.Bootstrap, []string{aRelay}) {
		t.Fatalf("it is %+v", got)
	}
	test.Tap(r.button("Remove", 0))
	r.sees("The name of the directory needs one to begin with; clear the name first.")
	r.enter("Name of the directory", 0, "")
	test.Tap(r.button("Remove", 0))
	if got := r.Engine.Settings.Network.DHT; got.Prefix != "" || got.Bootstrap != nil {
		t.Errorf("it is %+v", got)
	}
	r.doesNotSee("clear the name first")
	test.Tap(r.button("Another directory…", 0))
	r.doesNotSee("Computers to begin with")

	r = open(t, hosttest.New(t), wide, local())
	r.sees("Computers to begin with")
	test.Tap(r.button("Another directory…", 0))
	r.elsewhere(func(s *app.Settings) { s.MaxActive = 7 })
	r.doesNotSee("Computers to begin with") // the user closed it
}
