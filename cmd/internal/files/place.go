package files

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Place puts data at path in one step: there is the whole file or none, also
// after a crash. What is at path already stays: TargetExists.
func Place(path string, data []byte, perm fs.FileMode) error {
	temp, err := writeTemp(path, data, perm)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); errors.Is(err, fs.ErrExist) {
		return WriteProblem(path, err)
	} else if err != nil {
		// A file system without hard links: look, then rename.
		if _, err := os.Lstat(path); err == nil {
			return WriteProblem(path, fs.ErrExist)
		}
		if err := os.Rename(temp, path); err != nil {
			return WriteProblem(path, err)
		}
	}
	return syncFolder(path)
}

// Replace is Place over what is there: at every moment path is the whole old
// file or the whole new one.
func Replace(path string, data []byte, perm fs.FileMode) error {
	temp, err := writeTemp(path, data, perm)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return WriteProblem(path, err)
	}
	return syncFolder(path)
}

// writeTemp writes and syncs data beside path.
func writeTemp(path string, data []byte, perm fs.FileMode) (temp string, err error) {
	temp = filepath.Join(filepath.Dir(path), ".grove-"+rand.Text()+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", WriteProblem(path, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(temp)
		return "", WriteProblem(path, err)
	}
	return temp, nil
}

// syncFolder makes the name of path durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return WriteProblem(path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // EINVAL: not on this file system
		return WriteProblem(path, err)
	}
	return nil
}
