package system

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"grove/app"
)

func watchers() []watcher {
	w := &lineWatch{sys: "/sys", way: wayName, again: time.Minute}
	return []watcher{w.run, watchScreen}
}

// lineWatch looks after power and line: it asks UPower and NetworkManager and
// hears when they change, and looks by itself at what these do not say.
type lineWatch struct {
	sys   string        // where sysfs is
	way   func() string // name of the interface to the internet, or ""
	again time.Duration // until a bus that cannot be had is tried again
	said  busFacts      // by the services
	bus   *dbus.Conn    // nil: none
	words <-chan *dbus.Signal
	tried time.Time
}

func (w *lineWatch) run(ctx context.Context, set func(func(*app.Surroundings))) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	defer w.leave()
	for {
		if w.bus == nil && time.Since(w.tried) >= w.again {
			w.tried = time.Now()
			w.join(ctx)
		}
		power, metered, vpn := w.look()
		set(func(a *app.Surroundings) { a.Battery, a.Metered, a.VPN = power, metered, vpn })
		select {
		case _, ok := <-w.words: // of a nil channel nothing comes
			if !ok {
				w.leave()
				continue
			}
			w.drain()
			w.said = askBus(ctx, w.bus)
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// drain takes what has been said meanwhile: one question answers all of it.
func (w *lineWatch) drain() {
	for len(w.words) > 0 {
		<-w.words
	}
}

// look joins what the services say with what can be seen.
func (w *lineWatch) look() (power, metered, vpn app.Fact) {
	power, metered, vpn = w.said.battery, w.said.metered, w.said.vpn
	if power == app.Unknown {
		power = onBattery(filepath.Join(w.sys, "class/power_supply"))
	}
	if way := w.way(); way != "" && vpn != app.Yes {
		vpn = app.FactOf(isTunnel(filepath.Join(w.sys, "class/net", way), w.said.dialled))
	}
	return power, metered, vpn
}

// onBattery reads what the kernel knows of power supplies.
func onBattery(folder string) app.Fact {
	all, err := os.ReadDir(folder)
	if err != nil {
		return app.Unknown
	}
	fact := app.Unknown
	for _, e := range all {
		read := func(name string) string { return readLine(filepath.Join(folder, e.Name(), name)) }
		switch {
		case read("scope") == "Device": // of a mouse or a headset
		case read("online") == "1":
			return app.No
		case read("type") == "Battery" && read("status") == "Discharging":
			fact = app.Yes
		case read("type") == "Battery" && fact == app.Unknown:
			fact = app.No
		}
	}
	return fact
}

// isTunnel reports whether a network interface, by its folder in sysfs, leads
// into a VPN. A ppp interface does, unless the line itself is dialled.
func isTunnel(folder string, dialled bool) bool {
	if _, err := os.Stat(filepath.Join(folder, "tun_flags")); err == nil {
		return true
	}
	uevent, _ := os.ReadFile(filepath.Join(folder, "uevent")) // none: not that
	if strings.Contains(string(uevent), "DEVTYPE=wireguard\n") {
		return true
	}
	const ppp = "512"
	return !dialled && readLine(filepath.Join(folder, "type")) == ppp
}

// readLine is what a file says, "" where it says nothing.
func readLine(path string) string {
	b, _ := os.ReadFile(path)
	return strings.TrimSpace(string(b))
}

func wayName() string {
	if itf := wayOut(); itf != nil {
		return itf.Name
	}
	return ""
}
