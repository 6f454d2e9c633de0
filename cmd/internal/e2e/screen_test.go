//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// screen is an X server without a monitor, with a window manager.
type screen struct {
	t       *testing.T
	display string
	env     []string
}

const screenSize = "1280x900x24"

// newScreen starts them; they end with the test.
func newScreen(t *testing.T, env []string) *screen {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", screenSize, "-nolisten", "tcp",
		"-noreset") // or it begins anew, and refuses who comes meanwhile, when the first client leaves before the second came
	x.ExtraFiles = []*os.File{w}
	start(t, x)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb did not start: ", err)
	}
	s := &screen{t: t, display: ":" + strings.TrimSpace(number)}
	s.env = append(env, "DISPLAY="+s.display)
	wm := exec.Command("openbox")
	wm.Env = s.env
	start(t, wm)
	s.eventually("the window manager", func() bool {
		c := exec.Command("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		c.Env = s.env
		b, err := c.Output()
		return err == nil && bytes.Contains(b, []byte("#"))
	})
	return s
}

// start starts a program that ends with the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatalf("%s: %v", c.Path, err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = c.Wait()
	})
}

// out runs a small X program and returns what it printed.
func (s *screen) out(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = s.env
	var errs bytes.Buffer
	c.Stderr = &errs
	b, err := c.Output()
	if err != nil {
		s.t.Fatalf("%v: %v %s", args, err, errs.String())
	}
	return string(b)
}

func (s *screen) try(args ...string) bool {
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = s.env
	return c.Run() == nil
}

// eventually asks again until ok; the X server tells nobody.
func (s *screen) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	s.shot("failed")
	s.t.Fatal("it did not come to this: ", what)
}

// window is a window on the screen.
type window struct {
	s  *screen
	id string
}

// window waits for one with this title.
func (s *screen) window(title string) *window {
	s.t.Helper()
	w := &window{s: s}
	s.eventually("a window "+title, func() bool {
		c := exec.Command("xdotool", "search", "--onlyvisible", "--name", "^"+title+"$")
		c.Env = s.env
		b, err := c.Output()
		ids := strings.Fields(string(b))
		if err != nil || len(ids) == 0 {
			return false
		}
		w.id = ids[len(ids)-1]
		return true
	})
	return w
}

// at is the absolute place of a point of the window.
func (w *window) at(x, y int) (string, string) {
	var left, top int
	for line := range strings.Lines(w.s.out("xwininfo", "-id", w.id)) {
		f := strings.Fields(line)
		if n := len(f); n > 1 {
			v, _ := strconv.Atoi(f[n-1])
			switch {
			case strings.Contains(line, "Absolute upper-left X"):
				left = v
			case strings.Contains(line, "Absolute upper-left Y"):
				top = v
			}
		}
	}
	return strconv.Itoa(left + x), strconv.Itoa(top + y)
}

func (w *window) click(x, y int) {
	w.s.t.Helper()
	ax, ay := w.at(x, y)
	w.s.out("xdotool", "mousemove", ax, ay, "click", "1")
}

func (w *window) key(keys ...string) {
	w.s.t.Helper()
	w.s.out("xdotool", "windowactivate", "--sync", w.id)
	w.s.out(append([]string{"xdotool", "key", "--clearmodifiers"}, keys...)...)
}

func (w *window) write(text string) {
	w.s.t.Helper()
	w.s.out("xdotool", "type", "--clearmodifiers", "--delay", "15", text)
}

func (w *window) move(x, y int) {
	w.s.out("xdotool", "windowmove", "--sync", w.id, strconv.Itoa(x), strconv.Itoa(y))
}

// shot leaves a picture of the screen where the artefacts are.
func (s *screen) shot(name string) {
	path := filepath.Join(s.t.ArtifactDir(), name+".png")
	if s.try("import", "-window", "root", path) {
		s.t.Log("picture: ", path)
	}
}

// clipboard is what lies on it, "" where there is nothing.
func (s *screen) clipboard() string {
	c := exec.Command("xclip", "-o", "-selection", "clipboard")
	c.Env = s.env
	b, err := c.Output()
	if err != nil {
		return ""
	}
	return string(b)
}

// windows is how many with this title can be seen.
func (s *screen) windows(title string) int {
	c := exec.Command("xdotool", "search", "--onlyvisible", "--name", "^"+title+"$")
	c.Env = s.env
	b, _ := c.Output() // it fails where there is none
	return len(strings.Fields(string(b)))
}

// untilQuiet waits until the picture of a window no longer changes, a
// blinking cursor aside.
func (s *screen) untilQuiet(w *window) {
	s.t.Helper()
	const cursor = 400 // pixels
	var last string
	same := 0
	s.eventually("a window that stands still", func() bool {
		now := s.out("import", "-window", w.id, "-depth", "8", "rgb:-")
		if len(now) == len(last) && differing(now, last) < cursor {
			same++
		} else {
			same = 0
		}
		last = now
		return same >= 2
	})
}

// differing is how many pixels differ between two pictures of one size.
func differing(a, b string) int {
	n := 0
	for i := 0; i+3 <= len(a); i += 3 {
		if a[i:i+3] != b[i:i+3] {
			n++
		}
	}
	return n
}

// drag drags from the middle of one window into another.
func (s *screen) drag(from, to *window) {
	s.t.Helper()
	x, y := from.at(80, 50)
	s.out("xdotool", "mousemove", x, y, "mousedown", "1")
	for i := range 12 { // toolkits want to see the way
		tx, ty := to.at(900-40*i, 500)
		s.out("xdotool", "mousemove", tx, ty)
		time.Sleep(50 * time.Millisecond)
	}
	s.out("xdotool", "mouseup", "1")
}

// setClipboard puts text on it.
func (s *screen) setClipboard(text string) {
	s.t.Helper()
	c := exec.Command("xclip", "-i", "-selection", "clipboard")
	c.Env, c.Stdin = s.env, strings.NewReader(text)
	if err := c.Run(); err != nil {
		s.t.Fatal(err)
	}
}
