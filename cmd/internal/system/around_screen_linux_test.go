package system

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"grove/app"
)

// manager is a window manager that says what the tests have it say.
type manager struct {
	*screen
	t *testing.T
}

// startScreen starts an X server without a monitor and makes it the display of
// this process. Without one the test is skipped, or fails with GROVE_CI=1.
func startScreen(t *testing.T) (end func()) {
	t.Helper()
	program, err := exec.LookPath("Xvfb")
	if err != nil {
		if os.Getenv("GROVE_CI") == "1" {
			t.Fatalf("the Debian package xvfb is needed: %v", err)
		}
		t.Skipf("Xvfb is not installed: %v", err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	cmd := exec.Command(program, "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{to}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	to.Close()
	end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	t.Cleanup(end)
	number, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not say its number: %v", err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	return end
}

func newManager(t *testing.T) *manager {
	t.Helper()
	s := openScreen()
	if s == nil {
		t.Fatal("the display cannot be opened")
	}
	t.Cleanup(s.conn.Close)
	return &manager{s, t}
}

// window makes a window of a program.
func (m *manager) window(program int) xproto.Window {
	m.t.Helper()
	w, err := xproto.NewWindowId(m.conn)
	if err == nil {
		err = xproto.CreateWindowChecked(m.conn, 0, w, m.root, 0, 0, 10, 10, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.put(w, m.id, xproto.AtomCardinal, uint32(program))
	return w
}

func (m *manager) put(w xproto.Window, p, kind xproto.Atom, list ...uint32) {
	m.t.Helper()
	b := make([]byte, 4*len(list))
	for i, v := range list {
		xgb.Put32(b[4*i:], v)
	}
	if err := xproto.ChangePropertyChecked(m.conn, xproto.PropModeReplace, w, p, kind, 32, uint32(len(list)), b).Check(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *manager) front(w xproto.Window) { m.put(m.root, m.active, xproto.AtomWindow, uint32(w)) }

func (m *manager) fill(w xproto.Window, states ...xproto.Atom) {
	var list []uint32
	for _, s := range states {
		list = append(list, uint32(s))
	}
	m.put(w, m.state, xproto.AtomAtom, list...)
}

func TestScreen(t *testing.T) {
	end := startScreen(t)
	m := newManager(t)
	got := following(t, watchScreen)
	no, yes := app.Surroundings{FullScreen: app.No}, app.Surroundings{FullScreen: app.Yes}
	until(t, got, app.Surroundings{}) // nobody manages windows yet
	m.front(0)
	until(t, got, no)
	game, editor, own := m.window(1), m.window(2), m.window(os.Getpid())
	m.fill(game, m.state, m.full)
	m.front(game)
	until(t, got, yes)
	m.front(editor)
	until(t, got, no)
	m.fill(editor, m.full) // while it is in front
	until(t, got, yes)
	m.fill(editor)
	until(t, got, no)
	m.front(game)
	until(t, got, yes)
	m.fill(own, m.full)
	m.front(own)
	until(t, got, no)
	m.front(game)
	until(t, got, yes)
	if err := xproto.DestroyWindowChecked(m.conn, game).Check(); err != nil { // before anybody said what is in front now
		t.Fatal(err)
	}
	m.front(game)
	until(t, got, no)
	m.front(own + 77) // of nobody
	until(t, got, no)
	m.fill(editor, m.full)
	m.front(editor)
	until(t, got, yes)
	end()
	until(t, got, app.Surroundings{})
}

// TestScreenOfAnother: what is on another computer's screen does not matter,
// and no display is no fault.
func TestScreenOfAnother(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked++
			conn.Close()
		}
	}()
	far := fmt.Sprintf("127.0.0.1:%d.0", l.Addr().(*net.TCPAddr).Port-6000)
	for _, display := range []string{"", far, "nonsense", freeDisplay(t)} {
		t.Setenv("DISPLAY", display)
		if s := openScreen(); s != nil {
			t.Errorf("%q was opened", display)
		}
	}
	l.Close()
	if <-done; asked > 0 {
		t.Error("another computer's display was asked")
	}
}
