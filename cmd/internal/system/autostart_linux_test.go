package system

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"grove/app"
)

// autostartEntry gives the test settings of its own and returns the path of
// the entry in them.
func autostartEntry(t *testing.T) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "config")
	t.Setenv("XDG_CONFIG_HOME", config)
	return filepath.Join(config, "autostart", "grove.desktop")
}

func wantOn(t *testing.T, a Autostart, want bool) {
	t.Helper()
	if on, err := a.On(); err != nil || on != want {
		t.Errorf("On is %v, %v; want %v", on, err, want)
	}
}

func TestAutostart(t *testing.T) {
	path := autostartEntry(t)
	a := Autostart{Program: "/opt/grove/grove-desktop"}
	wantOn(t, a, false)
	if err := a.Set(false); err != nil {
		t.Errorf("off when it is off: %v", err)
	}
	for range 2 {
		if err := a.Set(true); err != nil {
			t.Fatal(err)
		}
		wantOn(t, a, true)
	}
	entry, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"[Desktop Entry]", "Type=Application", "Name=Grove", `Exec="/opt/grove/grove-desktop" --hidden`, "Terminal=false"} {
		if !slices.Contains(strings.Split(string(entry), "\n"), line) {
			t.Errorf("no line %q in\n%s", line, entry)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("beside it lie %v, %v", left, err)
	}
	// An update may move the program.
	a.Program = "/opt/grove-2/grove-desktop"
	wantOn(t, a, true)
	if err := a.Set(true); err != nil {
		t.Fatal(err)
	}
	if entry, _ := os.ReadFile(path); !strings.Contains(string(entry), "/opt/grove-2/") {
		t.Errorf("the entry is\n%s", entry)
	}
	if err := a.Set(false); err != nil {
		t.Fatal(err)
	}
	wantOn(t, a, false)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the entry is still there: %v", err)
	}
}

// TestAutostartTurnedOffElsewhere: what the user chose in the desktop's own
// settings counts, until it is turned on here again.
func TestAutostartTurnedOffElsewhere(t *testing.T) {
	path := autostartEntry(t)
	a := Autostart{Program: "/opt/grove"}
	for _, line := range []string{"Hidden=true", "Hidden = true ", "X-GNOME-Autostart-enabled=false"} {
		if err := a.Set(true); err != nil {
			t.Fatal(err)
		}
		entry, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, string(entry)+line+"\n")
		wantOn(t, a, false)
		if err := a.Set(true); err != nil {
			t.Fatal(err)
		}
		wantOn(t, a, true)
	}
}

func TestAutostartLeavesOthersAlone(t *testing.T) {
	path := autostartEntry(t)
	const foreign = "[Desktop Entry]\nName=Grove\nExec=another-grove\n"
	write(t, path, foreign)
	a := Autostart{Program: "/opt/grove"}
	wantOn(t, a, false)
	wantKind(t, a.Set(true), app.TargetExists, path)
	if err := a.Set(false); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != foreign {
		t.Errorf("the other entry is %q, %v", b, err)
	}
}

func TestAutostartErrors(t *testing.T) {
	path := autostartEntry(t)
	for _, program := range []string{"", "grove-desktop", "/opt/a\nb", "/opt/a=b", "/opt/100%"} {
		wantKind(t, Autostart{Program: program}.Set(true), app.BadInput, "cannot be started with the session")
	}
	write(t, filepath.Dir(path), "no folder")
	if err := (Autostart{Program: "/opt/grove"}).Set(true); app.AsProblem(err) == nil {
		t.Errorf("there is no folder for it: %v", err)
	}
	t.Setenv("XDG_CONFIG_HOME", "relative")
	if _, err := (Autostart{Program: "/opt/grove"}).On(); err == nil {
		t.Error("a relative folder for settings is taken")
	}
}

func TestQuoteExec(t *testing.T) {
	for _, name := range oddPrograms {
		path := "/opt/" + name
		line, err := quoteExec(path)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if args := readExec(t, line+" --hidden"); !slices.Equal(args, []string{path, "--hidden"}) {
			t.Errorf("%q is written %s and read as %q", path, line, args)
		}
	}
}

// readExec reads an Exec value as the desktop entry specification says.
func readExec(t *testing.T, value string) (args []string) {
	t.Helper()
	text := strings.NewReplacer(`\s`, " ", `\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`).Replace(value)
	var arg strings.Builder
	quoted, begun := false, false
	end := func() {
		if begun {
			args = append(args, arg.String())
		}
		arg.Reset()
		begun = false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			quoted, begun = !quoted, true
		case quoted && c == '\\':
			if i++; i == len(text) || !strings.ContainsRune("\"`$\\", rune(text[i])) {
				t.Errorf("%s: a backslash before nothing to escape", value)
				return nil
			}
			arg.WriteByte(text[i])
		case quoted && strings.IndexByte("`$", c) >= 0, !quoted && strings.IndexByte("'\\><~|&;$*?#()`", c) >= 0:
			t.Errorf("%s: %c is reserved", value, c)
			return nil
		case !quoted && c == ' ':
			end()
		default:
			arg.WriteByte(c)
			begun = true
		}
	}
	end()
	return args
}

// TestAutostartEntryStarts has the desktop's own library read the entry.
func TestAutostartEntryStarts(t *testing.T) {
	gio, err := exec.LookPath("gio")
	if err != nil {
		t.Skip("gio is not installed")
	}
	if err := exec.Command(gio, "help", "launch").Run(); err != nil {
		t.Skip("this gio cannot launch")
	}
	path := autostartEntry(t)
	dir := t.TempDir()
	for _, name := range oddPrograms {
		said := filepath.Join(dir, "said")
		program := write(t, filepath.Join(dir, name, "grove"), "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" >'"+said+".part' && mv '"+said+".part' '"+said+"'\n")
		if err := os.Chmod(program, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := (Autostart{Program: program}).Set(true); err != nil {
			t.Fatal(err)
		}
		// The program is started and not waited for, but it has gio's output
		// open for as long as it runs.
		out, err := exec.Command(gio, "launch", path).CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", name, err, out)
			continue
		}
		b, err := os.ReadFile(said)
		if want := program + "\n--hidden\n"; err != nil || string(b) != want {
			t.Errorf("%q was started as %q, %v", name, b, err)
		}
		_ = os.Remove(said)
	}
}
