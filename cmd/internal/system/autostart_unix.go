//go:build !windows

package system

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"grove/cmd/internal/files"
)

// On reports whether the program starts with the session.
func (a Autostart) On() (bool, error) {
	path, content, err := readEntry()
	if err != nil {
		return false, trouble(err, path)
	}
	return isOwnEntry(content) && !isOffEntry(content), nil
}

// Set turns it on or off. Where somebody else's entry has the name, turning
// it on is a TargetExists problem.
func (a Autostart) Set(on bool) error {
	path, content, err := readEntry()
	if err != nil {
		return trouble(err, path)
	}
	own := isOwnEntry(content)
	if !on {
		if own {
			err = os.Remove(path)
		}
		return trouble(err, path)
	}
	if content != "" && !own {
		return taken(path)
	}
	entry, err := a.entry()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return trouble(err, path)
	}
	return files.Replace(path, []byte(entry), 0o644)
}

// readEntry returns the entry's path and content, "" where there is none.
func readEntry() (path, content string, err error) {
	if path, err = entryPath(); err != nil {
		return "the folder for settings", "", err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return path, string(b), err
}
