package storage

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// renameNew renames from to to, both in root, in one step, and fails with
// fs.ErrExist if there is something at to.
func renameNew(root *os.Root, from, to string) error {
	old, err := windows.UTF16PtrFromString(filepath.Join(root.Name(), from))
	if err != nil {
		return err
	}
	name := filepath.Join(root.Name(), to)
	new, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	// Without MOVEFILE_REPLACE_EXISTING it never replaces.
	if err := windows.MoveFileEx(old, new, windows.MOVEFILE_WRITE_THROUGH); err != nil {
		return &fs.PathError{Op: "rename", Path: name, Err: err}
	}
	return nil
}
