package system

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"

	"grove/app"
)

// setValue writes what another program, or Windows itself, would.
func setValue(t *testing.T, path string, set func(registry.Key) error) {
	t.Helper()
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(set(key), key.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAutostart(t *testing.T) {
	if os.Getenv("GROVE_CI") != "1" {
		t.Skip("it changes this user's registry")
	}
	t.Cleanup(func() {
		if err := errors.Join(removeValue(runKey), removeValue(approvedKey)); err != nil {
			t.Error(err)
		}
	})
	a := Autostart{Program: `C:\Program Files\Grove\grove-desktop.exe`}
	set := func(on bool) {
		t.Helper()
		if err := a.Set(on); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want bool) {
		t.Helper()
		if on, err := a.On(); err != nil || on != want {
			t.Errorf("On is %v, %v; want %v", on, err, want)
		}
	}
	want(false)
	set(false)
	set(true)
	want(true)
	if line, err := readRun(); err != nil || line != `"C:\Program Files\Grove\grove-desktop.exe" --hidden` {
		t.Errorf("the entry is %s, %v", line, err)
	}

	// Turned off in the Task Manager, and on again here.
	setValue(t, approvedKey, func(k registry.Key) error { return k.SetBinaryValue(runValue, []byte{3, 0, 0, 0, 9, 9, 9, 9}) })
	want(false)
	set(true)
	want(true)

	// Elsewhere after an update.
	a.Program = `D:\New\GROVE-desktop.exe`
	want(true)
	set(true)
	if line, err := readRun(); err != nil || !strings.Contains(line, `D:\New\`) {
		t.Errorf("the entry is %s, %v", line, err)
	}
	set(false)
	want(false)

	// Somebody else's.
	const foreign = `"C:\other\other.exe" -x`
	setValue(t, runKey, func(k registry.Key) error { return k.SetStringValue(runValue, foreign) })
	want(false)
	if p := app.AsProblem(a.Set(true)); p == nil || p.Kind != app.TargetExists {
		t.Errorf("in another's place: %v", p)
	}
	set(false)
	if line, err := readRun(); err != nil || line != foreign {
		t.Errorf("the other entry is %s, %v", line, err)
	}
}
