package system

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/cmd/internal/system/bustest"
)

func TestHasTray(t *testing.T) {
	for name, row := range map[string]struct {
		options bustest.Options
		want    bool
	}{
		"a tray":              {bustest.Options{}, true},
		"nobody shows icons":  {bustest.Options{NoHost: true}, false},
		"nobody keeps a list": {bustest.Options{NoWatcher: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bustest.Start(t, row.options)
			if got := HasTray(t.Context()); got != row.want {
				t.Errorf("HasTray is %v", got)
			}
		})
	}
}

// TestNoBusIsStarted: without an address there is no tray, and nothing that
// could start a bus is called.
func TestNoBusIsStarted(t *testing.T) {
	dir := t.TempDir()
	for _, program := range []string{"dbus-launch", "dbus-daemon", "dbus-run-session"} {
		if err := os.Chmod(write(t, filepath.Join(dir, program), "#!/bin/sh\n: >'"+dir+"/called'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	runtime := t.TempDir()
	for _, address := range []string{"", "autolaunch:", "unixexec:path=" + dir + "/dbus-launch", "unix:path=" + runtime + "/gone", "nonsense"} {
		for _, folder := range []string{"", runtime} {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			t.Setenv("XDG_RUNTIME_DIR", folder)
			if HasTray(t.Context()) {
				t.Errorf("there is a tray at %q", address)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "called")); err == nil {
		t.Error("a bus was started")
	}
}

// TestBusAtItsUsualPlace: the environment need not name it.
func TestBusAtItsUsualPlace(t *testing.T) {
	desk := bustest.Start(t, bustest.Options{})
	path, _, _ := strings.Cut(strings.TrimPrefix(desk.Address, "unix:path="), ",")
	runtime := filepath.Join(t.TempDir(), "with space % ,;")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(runtime, "bus")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	if !HasTray(t.Context()) {
		t.Error("the bus was not found")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if HasTray(ctx) {
		t.Error("a context that has ended finds a tray")
	}
}

// TestBusThatDoesNotAnswer holds nobody up for longer than was allowed.
func TestBusThatDoesNotAnswer(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", socket) // the kernel accepts, nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if HasTray(ctx) {
		t.Error("there is a tray")
	}
	if err := newNotifier(t).Notify(ctx, Notice{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a notice is shown: %v", err)
	}
}
