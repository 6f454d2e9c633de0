package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pseudo opens a terminal and the keyboard that types into it.
func pseudo(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return keyboard, screen
}

// typist answers each question of a command as it is asked.
type typist struct {
	keyboard io.Writer
	answers  []string
	said     bytes.Buffer
}

func (y *typist) Write(b []byte) (int, error) {
	y.said.Write(b)
	if bytes.HasSuffix(b, []byte(": ")) && len(y.answers) > 0 {
		answer := y.answers[0]
		y.answers = y.answers[1:]
		if _, err := io.WriteString(y.keyboard, answer); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// groveTyped runs a command whose questions are answered at a terminal.
func groveTyped(t *testing.T, data string, answers []string, args ...string) outcome {
	t.Helper()
	keyboard, screen := pseudo(t)
	before, err := term.GetState(int(screen.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	y := &typist{keyboard: keyboard, answers: answers}
	code := run(append([]string{"--data", data}, args...), screen, &out, y)
	if n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCINQ); err != nil || n != 0 {
		t.Errorf("the terminal itself showed %d bytes of what was typed (%v)", n, err)
	}
	after, err := term.GetState(int(screen.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Error("the terminal was left in another state")
	}
	for _, a := range answers {
		if secret := strings.Trim(a, "\r\x03"); secret != "" && strings.Contains(y.said.String(), secret) {
			t.Errorf("%q was shown:\n%s", secret, y.said.String())
		}
	}
	return outcome{out.String(), y.said.String(), code}
}

func TestPassphraseAtThePrompt(t *testing.T) {
	data := t.TempDir()
	groveTyped(t, data, []string{"secret\r", "sekret\r"}, "keys", "new").want(t, 2, "New passphrase: ", "The same again: ", "not the same")
	groveTyped(t, data, []string{"\r", "\r"}, "keys", "new").want(t, 2, "--no-passphrase")
	groveTyped(t, data, []string{"sec\x03"}, "keys", "new").want(t, 7, "was stopped")
	if got, err := os.ReadDir(filepath.Join(data, "keys")); err == nil {
		t.Errorf("keys were made: %v", got)
	}
}

// TestImportOfMinisignKey opens a key that minisign locked, with a passphrase
// that is typed, and signs with it.
func TestImportOfMinisignKey(t *testing.T) {
	costly(t)
	program(t, "minisign")
	there, data := t.TempDir(), t.TempDir()
	key := filepath.Join(there, "k.key")
	shell(t, there, "minisign -G -p k.pub -s k.key", "pässword 1\npässword 1\n")
	groveAt(data, "keys", "import", key).want(t, 33, "it needs a passphrase")
	groveTyped(t, data, []string{"\r"}, "keys", "import", key).want(t, 33, "none was given")
	o := groveTyped(t, data, []string{"pässword 1\r"}, "keys", "import", key).want(t, 0, "Passphrase of "+key)
	if pub := string(getFile(t, filepath.Join(there, "k.pub"))); !strings.Contains(pub, strings.TrimSpace(o.out)) {
		t.Fatalf("%q is not in %q", o.out, pub)
	}
	t.Setenv("GROVE_PASSPHRASE", "pässword 1")
	media := putFile(t, filler("film", 1000), t.TempDir(), "film.mkv")
	out := t.TempDir()
	groveAt(data, "publish", media, "--origin", "https://cdn.example.org/", "--out", out).want(t, 0)
	shell(t, out, "head -n 4 film.mkv.grove > sig && tail -n +5 film.mkv.grove > body && minisign -V -m body -x sig -p "+
		filepath.Join(there, "k.pub"), "")
}
