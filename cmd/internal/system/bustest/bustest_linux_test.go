package bustest

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything that should happen soon may take.
const patience = 20 * time.Second

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing came within %v", patience)
		panic("not reached")
	}
}

// client is a program on the desktop.
func client(t *testing.T, d *Desktop) *dbus.Conn {
	t.Helper()
	c, err := dbus.Connect(d.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestNotificationsAndFiles(t *testing.T) {
	d := Start(t, Options{Markup: true})
	c := client(t, d)
	var can []string
	server := c.Object(serverName, serverPath)
	if err := server.Call(serverName+".GetCapabilities", 0).Store(&can); err != nil || !strings.Contains(strings.Join(can, " "), "body-markup") {
		t.Errorf("capabilities %v, %v", can, err)
	}
	for _, want := range []uint32{1, 2} {
		var id uint32
		err := server.Call(serverName+".Notify", 0, "App", uint32(0), "icon", "Summary", "Body", []string{}, map[string]dbus.Variant{"category": dbus.MakeVariant("x")}, int32(-1)).Store(&id)
		if err != nil || id != want {
			t.Errorf("notification %d, %v", id, err)
		}
		if n := next(t, d.Notices); n.App != "App" || n.Icon != "icon" || n.Summary != "Summary" || n.Body != "Body" || n.Hints["category"].Value() != "x" {
			t.Errorf("%+v", n)
		}
	}
	if err := c.Object(managerName, managerPath).Call(managerName+".ShowItems", 0, []string{"file:///a%20b"}, "").Err; err != nil {
		t.Fatal(err)
	}
	if got := next(t, d.Shown); len(got) != 1 || got[0] != "file:///a%20b" {
		t.Errorf("shown %v", got)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	d := Start(t, Options{NoWatcher: true, NoNotifications: true, NoFileManager: true})
	c := client(t, d)
	for _, name := range []string{watcherName, serverName, managerName} {
		var owned bool
		if err := c.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil || owned {
			t.Errorf("%s: %v, %v", name, owned, err)
		}
	}
}

// TestRealTrayIcon puts the library that the window uses into the tray.
func TestRealTrayIcon(t *testing.T) {
	if testing.Short() { // as under the race detector
		t.Skip("the library's menu is read and written without a lock")
	}
	d := Start(t, Options{})
	pause := make(chan *systray.MenuItem, 1)
	start, end := systray.RunWithExternalLoop(func() {
		systray.SetTitle("Grove")
		systray.AddMenuItem("Open Grove", "")
		systray.AddSeparator()
		limits := systray.AddMenuItem("Limits", "")
		limits.AddSubMenuItemCheckbox("None", "", true)
		hidden := systray.AddMenuItem("Hidden", "")
		hidden.Hide()
		off := systray.AddMenuItem("Off", "")
		off.Disable()
		pause <- systray.AddMenuItem("Pause all", "")
	}, nil)
	start()
	defer end()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	icon := next(t, d.Items)
	if title, err := icon.Get(ctx, "Title"); err != nil || title.Value() != "Grove" {
		t.Errorf("title %v, %v", title, err)
	}
	item := next(t, pause)
	pressed := make(chan struct{})
	go func() { <-item.ClickedCh; close(pressed) }()
	if err := icon.Click(ctx, "Pause all"); err != nil {
		t.Fatal(err)
	}
	next(t, pressed)

	// The library tells the lower levels only when asked again.
	if err := icon.Click(ctx, "None"); err != nil {
		t.Error(err)
	}
	entries, err := icon.Menu(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := labels(entries); got != `"Open Grove", "Limits", "Off", "Pause all"` {
		t.Errorf("the menu is %s", got)
	}
	if e := find(entries, "None"); e == nil || !e.Checked {
		t.Errorf("%+v", entries)
	}

	// A label that changes is waited for.
	go item.SetTitle("Go on")
	if err := icon.Click(ctx, "Go on"); err != nil {
		t.Error(err)
	}
	for _, label := range []string{"Off", "Hidden", "No such"} {
		short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := icon.Click(short, label); err == nil {
			t.Errorf("%s could be pressed", label)
		}
		stop()
	}
}

func TestWithoutMarks(t *testing.T) {
	for label, want := range map[string]string{"_Quit": "Quit", "a__b": "a_b", "Pause _all": "Pause all", "": "", "___x": "_x"} {
		if got := withoutMarks(label); got != want {
			t.Errorf("%q: %q", label, got)
		}
	}
}
