//go:build e2e

// Package e2e uses the desktop program as its user would: in a real window on
// a screen without a monitor, with a real peer, a real web server and a
// desktop's tray, notifications and file manager.
package e2e

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/cmd/internal/system/bustest"
)

// next waits for what is to come over a channel.
func next[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(60 * time.Second):
		t.Fatal("it did not come: ", what)
	}
	panic("unreachable")
}

// A link is typed, the offer accepted, the package comes from a peer and an
// origin, the finished file is shown in its folder; a dropped file becomes a
// link that somebody else downloads; the tray pauses and quits.
func TestEvening(t *testing.T) {
	ada := newHome(t)    // in front of the window
	friend := newHome(t) // somebody with the film, and a terminal
	bus := bustest.Start(t, bustest.Options{Markup: true})
	s := newScreen(t, append(ada.env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address))

	// The publisher: a signed film on a web server, and a friend who seeds it.
	want := film(t, friend.at("www", "film.mkv"), 24<<20, 1)
	server := origin(t, friend.at("www"))
	friend.grove("keys", "new", "--no-passphrase")
	friend.grove("publish", friend.at("www", "film.mkv"), "--name", "Evening film <b>$(calc)</b>", "--origin", server+"/film.mkv", "--out", friend.at("www"))
	link := friend.share(friend.at("www", "film.mkv"), "--package", only(t, friend.at("www", "*.grove")), "--limit", "4M")

	var log lockedBuffer
	desktop := exec.Command(*desktopProgram)
	desktop.Env, desktop.Stderr = s.env, &log
	start(t, desktop)
	ended := make(chan error, 1)
	w := s.window("Grove")
	tray := next(t, "the tray icon", bus.Items)
	w.move(0, 0)

	// Welcome, then the link, typed.
	s.untilQuiet(w)
	s.shot("welcome")
	w.key("Return")
	s.untilQuiet(w)
	w.click(500, 60)
	w.write(link)
	w.key("Return")
	s.untilQuiet(w)
	s.shot("offer")
	finished := filepath.Join(ada.dir, "Downloads", "film.mkv")
	s.eventually("the download", func() bool {
		if _, err := os.Stat(finished + ".grove-part"); err == nil {
			return true
		}
		if _, err := os.Stat(finished); err == nil {
			return true
		}
		w.key("Return") // Download, once it can be pressed
		return false
	})
	s.shot("watch")
	note := next(t, "the notification", bus.Notices)
	if strings.Contains(note.Summary+note.Body, "<b>") || !strings.Contains(note.Body, "$(calc)") {
		t.Errorf("the notification says %q, %q", note.Summary, note.Body)
	}
	if got := sum(t, finished); got != want {
		t.Fatalf("%x arrived, %x was published", got, want)
	}
	w.key("ctrl+shift+Return")
	shown := next(t, "the file manager", bus.Shown)
	if u, err := url.Parse(shown[0]); err != nil || u.Path != finished {
		t.Errorf("shown is %q", shown)
	}
	s.shot("finished")

	// What was pasted with nothing in focus is looked at like what was typed.
	s.setClipboard(link)
	w.key("Escape")
	w.key("ctrl+2")
	w.key("ctrl+v")
	s.untilQuiet(w)
	s.shot("pasted")
	w.key("Escape")
	w.key("ctrl+1")

	// A file is dropped on the window; somebody downloads it by the link.
	mine := film(t, ada.at("Videos", "our summer.mp4"), 8<<20, 2)
	source := exec.Command("/usr/bin/python3", "drag.py", ada.at("Videos", "our summer.mp4"))
	source.Env = s.env
	start(t, source)
	from := s.window("drag source")
	from.move(1090, 400)
	s.drag(from, w)
	s.untilQuiet(w)
	s.shot("share")
	var own string
	s.eventually("the link on the clipboard", func() bool {
		w.key("Return") // Share
		own = s.clipboard()
		return strings.HasPrefix(own, "grove:1/") && own != link
	})
	s.untilQuiet(w)
	s.shot("shared")
	bob := newHome(t)
	bob.grove("get", own, "--yes", "-d", bob.at("Downloads"))
	if got := sum(t, bob.at("Downloads", "our summer.mp4")); got != mine {
		t.Fatalf("%x arrived, %x was shared", got, mine)
	}

	// Closing the window says what it does and leaves the tray, which brings
	// the window back, pauses, goes on and quits; then nothing runs any more.
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	w.key("alt+F4")
	s.untilQuiet(w)
	s.shot("closing")
	w.key("Tab")
	w.key("space")
	s.eventually("a hidden window", func() bool { return s.windows("Grove") == 0 })
	for _, entry := range []string{"Pause all", "Go on with all", "Show Grove"} {
		if err := tray.Click(ctx, entry); err != nil {
			t.Fatalf("%s: %v", entry, err)
		}
	}
	w = s.window("Grove")
	s.untilQuiet(w)
	s.shot("back")
	if err := tray.Click(ctx, "Quit"); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- desktop.Wait() }()
	if err := next(t, "the end", ended); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if text := log.String(); strings.Contains(text, "Error in Fyne call thread") || strings.Contains(text, "panic") {
		t.Error(text)
	}
}

// A second program on the same data folder says so, as does one without a
// screen, and both end by themselves.
func TestWhatCannotStart(t *testing.T) {
	h := newHome(t)
	c := exec.Command(*desktopProgram)
	c.Env = h.env
	out, err := c.CombinedOutput()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != 2 || strings.Count(strings.TrimSpace(string(out)), "\n") != 0 || !strings.Contains(string(out), "grove get") {
		t.Errorf("without a display: %v, %s", err, out)
	}

	s := newScreen(t, h.env)
	first := exec.Command(*desktopProgram)
	first.Env = s.env
	start(t, first)
	s.window("Grove")
	second := exec.Command(*desktopProgram)
	second.Env = s.env
	var errs bytes.Buffer
	second.Stderr = &errs
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- second.Wait() }()
	s.eventually("the second window", func() bool { return s.windows("Grove") == 2 })
	s.shot("second")
	s.out("xdotool", "key", "space")
	s.eventually("its end", func() bool {
		select {
		case <-ended:
			return true
		default:
			s.out("xdotool", "key", "space")
			return false
		}
	})
	if code := second.ProcessState.ExitCode(); code != 11 || !strings.Contains(errs.String(), "Another Grove") {
		t.Errorf("the second ended with %d: %s", code, errs.String())
	}
}

// share starts sharing and returns the link when it is there.
func (h *home) share(args ...string) string {
	h.t.Helper()
	file := h.at("link")
	c := exec.Command(*groveProgram, append([]string{"share", "--link-out", file}, args...)...)
	c.Env = h.env
	start(h.t, c)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if b, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(b))
		}
	}
	h.t.Fatal("there is no link")
	return ""
}

func only(t *testing.T, pattern string) string {
	t.Helper()
	m, err := filepath.Glob(pattern)
	if err != nil || len(m) != 1 {
		t.Fatalf("%s: %q, %v", pattern, m, err)
	}
	return m[0]
}

// lockedBuffer takes what a program says while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
