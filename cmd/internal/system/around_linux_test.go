package system

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"grove/app"
	"grove/cmd/internal/system/bustest"
)

// following runs a watcher until the test ends and yields what it sets.
func following(t *testing.T, w watcher) <-chan app.Surroundings {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	out, done := make(chan app.Surroundings), make(chan struct{})
	go func() {
		defer close(done)
		var now app.Surroundings
		w(ctx, func(set func(*app.Surroundings)) {
			set(&now)
			select {
			case out <- now:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() { end(); <-done })
	return out
}

// until waits for the surroundings to be these.
func until(t *testing.T, from <-chan app.Surroundings, want app.Surroundings) {
	t.Helper()
	var last app.Surroundings
	for end := time.After(patience); ; {
		select {
		case last = <-from:
			if last == want {
				return
			}
		case <-end:
			t.Fatalf("it is %+v; want %+v", last, want)
		}
	}
}

// bare is a line watch on a computer that knows nothing by itself.
func bare(t *testing.T) *lineWatch {
	return &lineWatch{sys: t.TempDir(), way: func() string { return "" }, again: time.Hour}
}

func TestServicesTell(t *testing.T) {
	s := bustest.StartSystem(t)
	s.SetPower(true)
	s.SetNetwork(1, bustest.Line{Type: "802-3-ethernet", Default: true})
	got := following(t, bare(t).run)
	until(t, got, app.Surroundings{Battery: app.Yes, Metered: app.Yes, VPN: app.No})
	s.SetPower(false)
	until(t, got, app.Surroundings{Battery: app.No, Metered: app.Yes, VPN: app.No})
	for metered, want := range map[uint32]app.Fact{0: app.Unknown, 1: app.Yes, 2: app.No, 3: app.Yes, 4: app.No, 7: app.Unknown} {
		s.SetNetwork(metered, bustest.Line{Type: "802-3-ethernet", Default: true})
		until(t, got, app.Surroundings{Battery: app.No, Metered: want, VPN: app.No})
	}
	ether := bustest.Line{Type: "802-3-ethernet"}
	for _, c := range []struct {
		lines []bustest.Line
		want  app.Fact
	}{
		{[]bustest.Line{ether, {Type: "wireguard", Default: true}}, app.Yes},
		{[]bustest.Line{ether, {Type: "wireguard"}}, app.No}, // only to the office
		{[]bustest.Line{{Type: "vpn"}, ether}, app.Yes},
		{[]bustest.Line{ether, {Type: "tun", Default: true}}, app.Yes},
		{nil, app.No},
	} {
		s.SetNetwork(4, c.lines...)
		until(t, got, app.Surroundings{Battery: app.No, Metered: app.No, VPN: c.want})
	}
}

// TestServicesComeAndGo: what nobody says any more is unknown.
func TestServicesComeAndGo(t *testing.T) {
	s := bustest.StartSystem(t)
	got := following(t, bare(t).run)
	until(t, got, app.Surroundings{})
	for range 2 {
		s.SetPower(true)
		until(t, got, app.Surroundings{Battery: app.Yes})
		s.EndPower()
		until(t, got, app.Surroundings{})
	}
	s.SetPower(true)
	until(t, got, app.Surroundings{Battery: app.Yes})
	s.End()
	until(t, got, app.Surroundings{})
}

// TestWithoutBus: the kernel's own files answer, and a bus that comes later is
// found.
func TestWithoutBus(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	w := bare(t)
	write(t, filepath.Join(w.sys, "class/power_supply/BAT0/type"), "Battery\n")
	write(t, filepath.Join(w.sys, "class/power_supply/BAT0/status"), "Discharging\n")
	write(t, filepath.Join(w.sys, "class/net/wg0/uevent"), "DEVTYPE=wireguard\nINTERFACE=wg0\n")
	w.way, w.again = func() string { return "wg0" }, 0
	got := following(t, w.run)
	until(t, got, app.Surroundings{Battery: app.Yes, VPN: app.Yes})
	s := bustest.StartSystem(t)
	s.SetPower(false)
	s.SetNetwork(1)
	until(t, got, app.Surroundings{Battery: app.No, Metered: app.Yes, VPN: app.Yes})
}

func TestOnBattery(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  app.Fact
	}{
		"nothing": {nil, app.Unknown},
		"plugged": {map[string]string{"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery", "BAT0/status": "Discharging"}, app.No},
		"unplugged": {map[string]string{"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Full",
			"BAT1/type": "Battery", "BAT1/status": "Discharging"}, app.Yes},
		"full, no plug to be seen":    {map[string]string{"BAT0/type": "Battery", "BAT0/status": "Full"}, app.No},
		"a mouse, which is not meant": {map[string]string{"hid/type": "Battery", "hid/status": "Discharging", "hid/scope": "Device"}, app.Unknown},
		"a desk":                      {map[string]string{"AC/type": "Mains", "AC/online": "0"}, app.Unknown},
	} {
		dir := t.TempDir()
		for file, content := range c.files {
			write(t, filepath.Join(dir, file), content+"\n")
		}
		if got := onBattery(dir); got != c.want {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
	if got := onBattery(filepath.Join(t.TempDir(), "none")); got != app.Unknown {
		t.Errorf("without the folder %v", got)
	}
}

func TestIsTunnel(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		dialled bool
		want    bool
	}{
		"ether":      {map[string]string{"type": "1", "uevent": "INTERFACE=eth0"}, false, false},
		"wifi":       {map[string]string{"type": "1", "uevent": "DEVTYPE=wlan\nINTERFACE=wlan0"}, false, false},
		"tun":        {map[string]string{"type": "65534", "tun_flags": "0x1001"}, false, true},
		"wireguard":  {map[string]string{"type": "65534", "uevent": "DEVTYPE=wireguard\nINTERFACE=wg0"}, false, true},
		"ppp":        {map[string]string{"type": "512", "uevent": "DEVTYPE=ppp\nINTERFACE=ppp0"}, false, true},
		"dialled":    {map[string]string{"type": "512", "uevent": "DEVTYPE=ppp\nINTERFACE=ppp0"}, true, false},
		"it is gone": {nil, false, false},
	} {
		dir := t.TempDir()
		for file, content := range c.files {
			write(t, filepath.Join(dir, file), content+"\n")
		}
		if got := isTunnel(dir, c.dialled); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWayOut follows real routes, in a network of its own: a default route, two
// halves of one over it as OpenVPN sets them, and a table of its own as wg-quick
// does.
func TestWayOut(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		ended <- waysOut(t)
	}()
	err := <-ended
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Error(err)
	}
}

func waysOut(t *testing.T) error {
	ip := func(line string) error {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return errors.New("ip " + line + ": " + string(out))
		}
		return nil
	}
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if err := ip("link add eth7 type veth peer name eth8"); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if w := wayName(); w != "" {
		t.Errorf("without a line the way out is %s", w)
	}
	for _, step := range []struct{ do, way string }{
		{"addr add 10.7.0.2/24 dev eth7", ""},
		{"link set eth7 up", ""},
		{"route add default via 10.7.0.1", "eth7"},
		{"link add tun7 type veth peer name tun8", "eth7"},
		{"addr add 10.8.0.2/24 dev tun7", "eth7"},
		{"link set tun7 up", "eth7"},
		{"route add 10.9.0.0/16 dev tun7", "eth7"}, // to the office only
		{"route add 128.0.0.0/1 via 10.8.0.1", "tun7"},
		{"route del 128.0.0.0/1", "eth7"},
		{"route add default dev tun7 table 51820", "eth7"},
		{"rule add not fwmark 51820 table 51820", "tun7"},
		{"link del tun7", "eth7"},
		{"link set eth7 down", ""},
	} {
		if err := ip(step.do); err != nil {
			return err
		}
		if w := wayName(); w != step.way {
			t.Errorf("after ip %s the way out is %q, not %q", step.do, w, step.way)
		}
	}
	return nil
}
