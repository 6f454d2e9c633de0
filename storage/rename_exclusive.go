//go:build linux || darwin

package storage

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// renameNew renames from to to, both in root, in one step, and fails with
// fs.ErrExist if there is something at to.
func renameNew(root *os.Root, from, to string) error {
	dir, err := root.Open(path.Dir(from))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // opened for its number only
	up, err := root.Open(path.Dir(to))
	if err != nil {
		return err
	}
	defer func() { _ = up.Close() }() // opened for its number only
	err = renameNoReplace(int(dir.Fd()), path.Base(from), int(up.Fd()), path.Base(to))
	// Not every file system, and not every kernel, can do it in one step.
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOTSUP) {
		return renameChecked(root, from, to)
	}
	if err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return nil
}
