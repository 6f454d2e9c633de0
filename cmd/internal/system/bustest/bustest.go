//go:build linux

// Package bustest is a small desktop for tests: a session bus of its own, and
// on it a tray, a notification server and a file manager that write down what
// they are asked.
//
// What happens comes over channels; nothing has to be polled or slept for.
// Everything ends with the test.
package bustest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Options say what the desktop is like. The zero value has everything.
type Options struct {
	NoWatcher       bool // nobody keeps a list of tray icons
	NoHost          bool // nobody shows them
	NoNotifications bool
	NoFileManager   bool
	Markup          bool // bodies of notifications are read as markup
}

// Notice is a notification as it was asked for.
type Notice struct {
	App, Icon, Summary, Body string
	Hints                    map[string]dbus.Variant
}

// Desktop is what Start started.
type Desktop struct {
	Address string // of the bus, for DBUS_SESSION_BUS_ADDRESS
	// Each holds what happened in order. A test that lets one of them fill up
	// fails.
	Notices <-chan Notice
	Shown   <-chan []string // URIs of files, of one call each
	Items   <-chan *Item    // tray icons

	t       testing.TB
	bus     *dbus.Conn
	notices chan Notice
	shown   chan []string
	items   chan *Item
	options Options
}

// capacity is how much of one kind may happen before a test reads it.
const capacity = 64

// busConfig lets everybody do everything and starts no services.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// Start starts a desktop and makes its bus the session bus of this process,
// until the test ends. Without dbus-daemon the test is skipped, or fails with
// GROVE_CI=1.
func Start(t testing.TB, o Options) *Desktop {
	t.Helper()
	address, _ := startBus(t)
	d := &Desktop{
		Address: address, t: t, options: o,
		notices: make(chan Notice, capacity), shown: make(chan []string, capacity), items: make(chan *Item, capacity),
	}
	d.Notices, d.Shown, d.Items = d.notices, d.shown, d.items
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", d.Address)
	var err error
	if d.bus, err = dbus.Connect(d.Address); err != nil {
		t.Fatalf("connect to the test's bus: %v", err)
	}
	t.Cleanup(func() { d.bus.Close() })
	d.serve()
	return d
}

// startBus starts a bus in a folder of its own and returns its address, when
// it listens. It ends with the test.
func startBus(t testing.TB) (address string, daemon *exec.Cmd) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		if os.Getenv("GROVE_CI") == "1" {
			t.Fatalf("the Debian package dbus is needed: %v", err)
		}
		t.Skipf("dbus-daemon is not installed: %v", err)
	}
	folder, err := os.MkdirTemp("", "bus") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	config := filepath.Join(folder, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, filepath.Join(folder, "bus")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config-file="+config, "--nofork", "--nopidfile", "--print-address")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // also where the test is killed
	said := &strings.Builder{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("%s did not say where it listens: %v: %s", program, err, said)
	}
	return strings.TrimSpace(line), cmd
}

// send keeps what happened, without waiting for the test to read it.
func send[T any](t testing.TB, to chan T, what T) {
	select {
	case to <- what:
	default:
		t.Errorf("bustest: more than %d of %T are unread", capacity, what)
	}
}
