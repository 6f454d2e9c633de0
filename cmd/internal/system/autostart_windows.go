package system

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const (
	runKey = `Software\Microsoft\Windows\CurrentVersion\Run`
	// approvedKey is where Windows keeps what the user turned off in the
	// Task Manager.
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	runValue    = "Grove"
)

// On reports whether the program starts with the session.
func (a Autostart) On() (bool, error) {
	line, err := readRun()
	if err != nil {
		return false, trouble(err, runKey)
	}
	return a.isOwn(line) && !turnedOff(), nil
}

// Set turns it on or off. Where somebody else's entry has the name, turning
// it on is a TargetExists problem.
func (a Autostart) Set(on bool) error {
	line, err := readRun()
	if err != nil {
		return trouble(err, runKey)
	}
	own := a.isOwn(line)
	switch {
	case !on && own:
		return trouble(removeValue(runKey), runKey)
	case !on:
		return nil
	case line != "" && !own:
		return taken(runKey + `\` + runValue)
	}
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return trouble(err, runKey)
	}
	err = key.SetStringValue(runValue, `"`+a.Program+`" `+hidden) // a path has no quotes on Windows
	return trouble(errors.Join(err, key.Close(), removeValue(approvedKey)), runKey)
}

// isOwn reports whether the command line starts a program of our name: it may
// have been elsewhere before an update.
func (a Autostart) isOwn(line string) bool {
	program, _, _ := strings.Cut(strings.TrimPrefix(line, `"`), `"`)
	return line != "" && strings.EqualFold(filepath.Base(program), filepath.Base(a.Program))
}

// readRun is the command line that is there, "" for none.
func readRun() (string, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if err == nil {
		defer key.Close()
		var line string
		if line, _, err = key.GetStringValue(runValue); err == nil {
			return line, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return "", err
}

// turnedOff reads the user's choice: an odd first byte is off.
func turnedOff() bool {
	key, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	choice, _, err := key.GetBinaryValue(runValue)
	return err == nil && len(choice) > 0 && choice[0]&1 == 1
}

// removeValue removes Grove's value; none is no error.
func removeValue(path string) error {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err == nil {
		err = errors.Join(key.DeleteValue(runValue), key.Close())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
