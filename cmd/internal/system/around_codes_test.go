package system

import (
	"fmt"
	"testing"

	"grove/app"
)

func TestCodes(t *testing.T) {
	facts := func(of func(uint32) app.Fact, codes ...uint32) (out []app.Fact) {
		for _, c := range codes {
			out = append(out, of(c))
		}
		return out
	}
	for _, c := range []struct {
		name string
		got  []app.Fact
		want []app.Fact
	}{
		{"power", facts(func(c uint32) app.Fact { return powerOf(byte(c)) }, 0, 1, 255), []app.Fact{app.Yes, app.No, app.Unknown}},
		{"cost", facts(costOf, 0, 1, 2, 4, 0x10001, 0x20001, 0x40001), []app.Fact{app.Unknown, app.No, app.Yes, app.Yes, app.Yes, app.No, app.Yes}},
		{"screen", facts(screenOf, 0, 1, 2, 3, 4, 5, 6, 7), []app.Fact{app.Unknown, app.No, app.Yes, app.Yes, app.Yes, app.No, app.No, app.Unknown}},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, not %v", c.name, c.got, c.want)
		}
	}
	for kind, want := range map[uint32]bool{6: false, 71: false, 23: true, 53: true, 131: true, 24: false} {
		if isVirtual(kind, "Intel(R) Ethernet Connection") != want {
			t.Errorf("an adapter of kind %d", kind)
		}
	}
	if !isVirtual(6, "TAP-Windows Adapter V9") {
		t.Error("OpenVPN's Ethernet adapter")
	}
	for name, want := range map[string]bool{"en0": false, "bridge100": false, "utun4": true, "ipsec0": true, "ppp0": true, "awdl0": false} {
		if isMacTunnel(name) != want {
			t.Errorf("%s", name)
		}
	}
}

// TestSource reads what pmset -g batt printed on a notebook, on a desk and with
// a UPS.
func TestSource(t *testing.T) {
	for said, want := range map[string]app.Fact{
		"Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4522083)\t84%; discharging; 5:12 remaining present: true\n": app.Yes,
		"Now drawing from 'AC Power'\n -InternalBattery-0 (id=4522083)\t100%; charged; 0:00 remaining present: true\n":         app.No,
		"Now drawing from 'AC Power'\n": app.No,
		"Now drawing from 'UPS Power'\n -UPS (id=1)\t97%; discharging; present: true\n": app.No,
		"":                         app.Unknown,
		"pmset: command not found": app.Unknown,
	} {
		if got := sourceOf(said); got != want {
			t.Errorf("%q: %v, not %v", said, got, want)
		}
	}
}
