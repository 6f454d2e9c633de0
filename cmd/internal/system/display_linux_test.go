package system

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
)

func TestNoDisplay(t *testing.T) {
	dir := t.TempDir()
	closed := freeDisplay(t)
	for _, row := range []struct{ display, wayland, why string }{
		{"", "", "neither"},
		{"", "wayland-0", "Xwayland"},
		{closed, "", "refused"},
		{closed, "wayland-0", "refused"},
		{"127.0.0.1" + closed, "", "refused"},
		{"unix" + closed, "", "refused"},
		{dir + "/gone", "", "gone"},
		{"nonsense", "", "nonsense"}, {":", "", ":"}, {":x", "", ":x"}, {":-1", "", ":-1"}, {":59536", "", ":59536"}, {":99999999999", "", ":9"},
	} {
		t.Setenv("DISPLAY", row.display)
		t.Setenv("WAYLAND_DISPLAY", row.wayland)
		began := time.Now()
		err := Display()
		if took := time.Since(began); took > displayWait+patience {
			t.Errorf("DISPLAY=%s took %v", row.display, took)
		}
		wantKind(t, err, app.BadInput, "There is no display to open a window on. In a terminal, grove get LINK does the same.")
		if err != nil && !strings.Contains(err.Error(), row.why) {
			t.Errorf("DISPLAY=%s: %v", row.display, err)
		}
	}
}

// freeDisplay is a number that nothing listens under.
func freeDisplay(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := l.Addr().(*net.TCPAddr).Port - 6000
	if n < 0 {
		t.Skip("the system hands out ports below 6000")
	}
	return fmt.Sprintf(":%d", n)
}

func TestDisplay(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	here := freeDisplay(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	overTCP := fmt.Sprintf(":%d", tcp.Addr().(*net.TCPAddr).Port-6000)
	abstract, err := net.Listen("unix", "@/tmp/.X11-unix/X"+here[1:])
	if err != nil {
		t.Fatal(err)
	}
	defer abstract.Close()
	socket := filepath.Join(t.TempDir(), "x:0")
	file, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, name := range []string{here, here + ".0", "unix" + here, "127.0.0.1" + overTCP, "localhost" + overTCP + ".1", overTCP, socket, "unix:" + socket} {
		t.Setenv("DISPLAY", name)
		if err := Display(); err != nil {
			t.Errorf("DISPLAY=%s: %v", name, err)
		}
	}
}

func TestDisplayPlaces(t *testing.T) {
	for name, want := range map[string]string{
		":0":             "[{unix @/tmp/.X11-unix/X0} {unix /tmp/.X11-unix/X0} {tcp localhost:6000}]",
		":10.2":          "[{unix @/tmp/.X11-unix/X10} {unix /tmp/.X11-unix/X10} {tcp localhost:6010}]",
		"unix:1":         "[{unix @/tmp/.X11-unix/X1} {unix /tmp/.X11-unix/X1}]",
		"far.example:10": "[{tcp far.example:6010}]",
		"[::1]:2":        "[{tcp [::1]:6002}]",
		"::1:2":          "[{tcp [::1]:6002}]",
		"/run/x":         "[{unix /run/x}]",
	} {
		if got, err := displayPlaces(name); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
