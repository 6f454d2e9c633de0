package storage

import (
	"errors"
	"io/fs"
	"os"
)

// renameChecked is renameNew for file systems that cannot refuse by
// themselves. A file gets its new name by a hard link, which never replaces;
// where links do not exist, and for folders, it looks before it renames.
func renameChecked(root *os.Root, from, to string) error {
	info, err := root.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		err := root.Link(from, to)
		if err == nil {
			return root.Remove(from)
		}
		if errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	switch _, err := root.Lstat(to); {
	case err == nil:
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return root.Rename(from, to)
}
