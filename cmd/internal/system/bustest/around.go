//go:build linux

package bustest

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	upowerName  = "org.freedesktop.UPower"
	upowerPath  = "/org/freedesktop/UPower"
	networkName = "org.freedesktop.NetworkManager"
	networkPath = "/org/freedesktop/NetworkManager"
	activeName  = "org.freedesktop.NetworkManager.Connection.Active"
)

// System is the bus of a computer, with UPower and NetworkManager on it. Each
// begins when something is first said in its name.
type System struct {
	t       testing.TB
	bus     *dbus.Conn
	power   *prop.Properties
	network *prop.Properties
	daemon  *exec.Cmd
}

// Line is a connection that NetworkManager keeps.
type Line struct {
	Type    string // such as wireguard
	Default bool   // everything goes by it
}

// StartSystem starts a bus and makes it the system's for this process, until
// the test ends.
func StartSystem(t testing.TB) *System {
	t.Helper()
	address, daemon := startBus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	bus, err := dbus.Connect(address)
	if err != nil {
		t.Fatalf("connect to the test's bus: %v", err)
	}
	t.Cleanup(func() { bus.Close() })
	return &System{t: t, bus: bus, daemon: daemon}
}

// SetPower has UPower say whether the computer runs on battery.
func (s *System) SetPower(onBattery bool) {
	s.t.Helper()
	if s.power != nil {
		s.power.SetMust(upowerName, "OnBattery", onBattery)
		return
	}
	var err error
	s.power, err = prop.Export(s.bus, upowerPath, prop.Map{upowerName: {"OnBattery": {Value: onBattery, Emit: prop.EmitTrue}}})
	s.check(err)
	s.own(upowerName)
}

// EndPower ends UPower.
func (s *System) EndPower() {
	s.t.Helper()
	_, err := s.bus.ReleaseName(upowerName)
	s.check(err)
	s.power = nil
}

// SetNetwork has NetworkManager say an NMMetered, and what connections there
// are; the first is the primary one.
func (s *System) SetNetwork(metered uint32, lines ...Line) {
	s.t.Helper()
	primary, paths := "", []dbus.ObjectPath{}
	for i, l := range lines {
		path := dbus.ObjectPath(fmt.Sprintf("%s/ActiveConnection/%d", networkPath, i))
		if i == 0 {
			primary = l.Type
		}
		_, err := prop.Export(s.bus, path, prop.Map{activeName: {
			"Type": {Value: l.Type}, "Default": {Value: l.Default}, "Default6": {Value: false},
		}})
		s.check(err)
		paths = append(paths, path)
	}
	if s.network != nil {
		s.network.SetMust(networkName, "ActiveConnections", paths)
		s.network.SetMust(networkName, "PrimaryConnectionType", primary)
		s.network.SetMust(networkName, "Metered", metered)
		return
	}
	var err error
	s.network, err = prop.Export(s.bus, networkPath, prop.Map{networkName: {
		"Metered":               {Value: metered, Emit: prop.EmitTrue},
		"PrimaryConnectionType": {Value: primary, Emit: prop.EmitTrue},
		"ActiveConnections":     {Value: paths, Emit: prop.EmitTrue},
	}})
	s.check(err)
	s.own(networkName)
}

// End ends the bus.
func (s *System) End() { _ = s.daemon.Process.Kill() }

func (s *System) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("bustest: %v", err)
	}
}

func (s *System) own(name string) {
	s.t.Helper()
	reply, err := s.bus.RequestName(name, dbus.NameFlagDoNotQueue)
	s.check(err)
	if reply != dbus.RequestNameReplyPrimaryOwner {
		s.t.Fatalf("bustest: %s is taken", name)
	}
}
