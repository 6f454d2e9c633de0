package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typing is what is typed when a text comes.
type typing struct{ at, typed string }

// chosen is a data folder where somebody said long ago that he gives.
func chosen(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	grove(t, "config", "set", "giving.on", "on", "--data", data).want(t, 0)
	return data
}

// atScreen runs a command at a terminal of 80 columns and returns what the
// terminal showed.
func atScreen(t *testing.T, answers []typing, args ...string) (code int, out, shown string) {
	t.Helper()
	keyboard, screen := pseudo(t)
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	show := newWatched()
	read := make(chan struct{})
	go func() { // ends when the last end of the screen is closed
		defer close(read)
		b := make([]byte, 4096)
		for {
			n, err := keyboard.Read(b)
			if err != nil {
				return
			}
			_, _ = show.Write(b[:n])
		}
	}()
	stdout := newWatched()
	done := make(chan int, 1)
	go func() { done <- runUntil(context.Background(), args, screen, stdout, screen) }()
	for _, a := range answers {
		show.await(t, a.at)
		if _, err := keyboard.WriteString(a.typed); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case code = <-done:
	case <-time.After(3 * testPatience):
		t.Fatalf("still running:\n%s", show)
	}
	screen.Close()
	<-read
	return code, stdout.String(), show.String()
}

func TestQuestion(t *testing.T) {
	t.Setenv("TERM", "xterm")
	s, made := startCDN(t, film(2*mib))
	for name, c := range map[string]struct {
		answer string
		code   int
		says   string
	}{
		"yes":       {"y\r", 0, "is complete"},
		"long yes":  {"YES\r", 0, "is complete"},
		"no":        {"n\r", 1, "Nothing was downloaded."},
		"enter":     {"\r", 1, "Nothing was downloaded."},
		"something": {"ja\r", 1, "Nothing was downloaded."},
		"Ctrl-C":    {"\x03", 1, "Nothing was downloaded."},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sent, _ := s.counts()
			code, out, shown := atScreen(t, []typing{{"[y/N]", c.answer}}, "get", s.grove(made), "-d", dir, "--data", chosen(t))
			if code != c.code || !strings.Contains(shown, c.says) || !strings.Contains(shown, "first time seen") {
				t.Fatalf("exit code %d:\n%s", code, shown)
			}
			path := filepath.Join(dir, "film.bin")
			if code == 0 {
				wantFiles(t, made, path)
				if out != path+"\n" {
					t.Errorf("stdout is %q", out)
				}
				return
			}
			wantNothing(t, dir)
			if now, _ := s.counts(); now != sent || out != "" {
				t.Errorf("%d bytes were fetched, stdout is %q", now-sent, out)
			}
		})
	}
}

func TestLiveLineAtScreen(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	s, made := startCDN(t, film(2*mib))
	get := func() string {
		code, _, shown := atScreen(t, nil, "get", s.grove(made), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--limit", "4Mi")
		if code != 0 {
			t.Fatalf("exit code %d:\n%s", code, shown)
		}
		return shown
	}
	if shown := get(); !strings.Contains(shown, "\r") || !strings.Contains(shown, blue+"▓") || strings.Contains(shown, green) {
		t.Errorf("an origin is blue and people are green: %q", shown)
	}
	t.Setenv("NO_COLOR", "1")
	if shown := get(); !strings.Contains(shown, "\r") || !strings.Contains(shown, "===") || strings.Contains(shown, "\x1b[9") {
		t.Errorf("colour with NO_COLOR: %q", shown)
	}
	t.Setenv("TERM", "dumb")
	if shown := get(); strings.Contains(shown, "\x1b") {
		t.Errorf("control codes on a dumb terminal: %q", shown)
	}
}

// Somewhere else than on a terminal there are no control codes at all.
func TestNoControlCodes(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(2*mib))
	for _, how := range []string{"auto", "bar", "plain", "json", "none"} {
		r := grove(t, "get", s.grove(made), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "-v", "--progress", how).want(t, 0)
		if strings.ContainsAny(r.out+r.errs, "\r\x1b") {
			t.Errorf("%s: %q", how, r.out+r.errs)
		}
	}
	r := grove(t, "get", s.grove(made), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "-q").want(t, 0)
	if r.errs != "" {
		t.Errorf("--quiet says %q", r.errs)
	}
}

// An interrupt from the keyboard is what it takes to stop in order.
func TestInterruptedProcess(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(2*mib))
	s.pause(1)
	p := startProcess(t, "get", s.grove(made), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--patience", "0")
	p.errs.await(t, "Signed by")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != 7 {
		t.Errorf("exit code %d after an interrupt, want 7:\n%s", code, p.errs)
	}
}
