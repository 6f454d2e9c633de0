package system

import (
	"context"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"

	"grove/app"
)

const (
	upower      = "org.freedesktop.UPower"
	upowerPath  = "/org/freedesktop/UPower"
	network     = "org.freedesktop.NetworkManager"
	networkPath = "/org/freedesktop/NetworkManager"
	active      = "org.freedesktop.NetworkManager.Connection.Active"
	properties  = "org.freedesktop.DBus.Properties"
)

// busFacts are what UPower and NetworkManager say.
type busFacts struct {
	battery, metered, vpn app.Fact
	dialled               bool // the line is a modem's, or PPPoE
}

// join connects to the system's bus and asks. Where there is none, nothing is
// known.
func (w *lineWatch) join(ctx context.Context) {
	ask, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	bus, err := dialBus(ask, systemAddress())
	if err != nil {
		return
	}
	words := make(chan *dbus.Signal, 64)
	bus.Signal(words)
	for _, match := range [][]dbus.MatchOption{
		changes(upower), changes(network), changes(active), owners(upower), owners(network),
	} {
		if err := bus.AddMatchSignalContext(ask, match...); err != nil {
			bus.Close()
			return
		}
	}
	w.bus, w.words, w.said = bus, words, askBus(ctx, bus)
}

// leave forgets what was said.
func (w *lineWatch) leave() {
	if w.bus != nil {
		w.bus.Close()
	}
	w.bus, w.words, w.said = nil, nil, busFacts{}
}

func systemAddress() string {
	if a := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
		return a
	}
	return "unix:path=/run/dbus/system_bus_socket"
}

// changes are the signals about properties of an interface.
func changes(of string) []dbus.MatchOption {
	return []dbus.MatchOption{dbus.WithMatchInterface(properties), dbus.WithMatchMember("PropertiesChanged"), dbus.WithMatchArg(0, of)}
}

// owners are the signals that a service comes and goes.
func owners(of string) []dbus.MatchOption {
	return []dbus.MatchOption{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, of)}
}

// askBus asks the services that run; none is started. What they do not say is
// unknown.
func askBus(ctx context.Context, bus *dbus.Conn) (f busFacts) {
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	if on, ok := property[bool](ctx, bus, upower, upowerPath, "OnBattery"); ok {
		f.battery = app.FactOf(on)
	}
	if m, ok := property[uint32](ctx, bus, network, networkPath, "Metered"); ok {
		f.metered = meteredOf[m]
	}
	if kind, ok := property[string](ctx, bus, network, networkPath, "PrimaryConnectionType"); ok {
		f.dialled = slices.Contains([]string{"gsm", "cdma", "pppoe"}, kind)
		f.vpn = app.FactOf(isVPN(kind) || defaultVPN(ctx, bus))
	}
	return f
}

// meteredOf is NMMetered: yes, no, and each as a guess.
var meteredOf = map[uint32]app.Fact{1: app.Yes, 2: app.No, 3: app.Yes, 4: app.No}

func isVPN(kind string) bool { return slices.Contains([]string{"vpn", "wireguard", "tun"}, kind) }

// defaultVPN reports whether the way to everywhere leads through a VPN that
// NetworkManager keeps.
func defaultVPN(ctx context.Context, bus *dbus.Conn) bool {
	all, _ := property[[]dbus.ObjectPath](ctx, bus, network, networkPath, "ActiveConnections")
	return slices.ContainsFunc(all, func(p dbus.ObjectPath) bool {
		var is map[string]dbus.Variant
		err := bus.Object(network, p).CallWithContext(ctx, properties+".GetAll", dbus.FlagNoAutoStart, active).Store(&is)
		if err != nil { // it has ended
			return false
		}
		kind, _ := is["Type"].Value().(string)
		four, _ := is["Default"].Value().(bool)
		six, _ := is["Default6"].Value().(bool)
		return isVPN(kind) && (four || six)
	})
}

// property reads one of a service that runs.
func property[T any](ctx context.Context, bus *dbus.Conn, service string, path dbus.ObjectPath, name string) (v T, ok bool) {
	var got dbus.Variant
	err := bus.Object(service, path).CallWithContext(ctx, properties+".Get", dbus.FlagNoAutoStart, service, name).Store(&got)
	if err != nil {
		return v, false
	}
	v, ok = got.Value().(T)
	return v, ok
}
