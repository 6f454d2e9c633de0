package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"grove/app"
)

// readProblem is the problem of a read that failed.
func readProblem(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return app.NewProblem(app.NotFound, path, nil)
	case errors.Is(err, fs.ErrPermission):
		return app.NewProblem(app.BadInput, path+" may not be read", err)
	}
	return app.NewProblem(app.DiskFault, path, err)
}

// writeProblem is the problem of a write that failed.
func writeProblem(path string, err error) error {
	kind := app.DiskFault
	switch {
	case errors.Is(err, fs.ErrExist):
		return app.NewProblem(app.TargetExists, path, nil)
	case errors.Is(err, fs.ErrNotExist):
		return app.NewProblem(app.NotFound, filepath.Dir(path), nil)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		kind = app.ReadOnly
	case errors.Is(err, syscall.ENOSPC), runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(112)): // ERROR_DISK_FULL
		kind = app.NoSpace
	}
	return app.NewProblem(kind, path, err)
}

// readSmall reads a file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readProblem(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, readProblem(path, err)
	}
	if int64(len(b)) > limit {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%s is larger than %d bytes, so it is not what was expected here", path, limit), nil)
	}
	return b, nil
}

// placeFile puts data at path in one step: there is the whole file or none,
// also after a crash. What is at path already stays: TargetExists.
func placeFile(path string, data []byte, perm fs.FileMode) error {
	temp, err := writeTemp(path, data, perm)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); errors.Is(err, fs.ErrExist) {
		return writeProblem(path, err)
	} else if err != nil {
		// A file system without hard links: look, then rename.
		if _, err := os.Lstat(path); err == nil {
			return writeProblem(path, fs.ErrExist)
		}
		if err := os.Rename(temp, path); err != nil {
			return writeProblem(path, err)
		}
	}
	return syncFolder(path)
}

// replaceFile is placeFile over what is there: at every moment path is the
// whole old file or the whole new one.
func replaceFile(path string, data []byte, perm fs.FileMode) error {
	temp, err := writeTemp(path, data, perm)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return writeProblem(path, err)
	}
	return syncFolder(path)
}

// writeTemp writes and syncs data beside path.
func writeTemp(path string, data []byte, perm fs.FileMode) (temp string, err error) {
	temp = filepath.Join(filepath.Dir(path), ".grove-"+rand.Text()+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", writeProblem(path, err)
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
		return "", writeProblem(path, err)
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
		return writeProblem(path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // EINVAL: not on this file system
		return writeProblem(path, err)
	}
	return nil
}

// outFile is one file that a command writes.
type outFile struct {
	path string
	data []byte
}

// placeAll writes all files, or none where one of them would replace another
// with other contents. A file that is there with the same bytes is left
// alone. With replace, files are written over.
func placeAll(files []outFile, replace bool) error {
	var missing []outFile
	for _, f := range files {
		same, err := sameContents(f)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return writeProblem(f.path, err)
		case err == nil && same:
			continue
		case err == nil && !replace:
			return app.NewProblem(app.TargetExists, f.path, errors.New("with other contents; --overwrite replaces it"))
		}
		missing = append(missing, f)
	}
	write := placeFile
	if replace {
		write = replaceFile
	}
	for _, f := range missing {
		if err := write(f.path, f.data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sameContents reports whether f is there already, byte for byte.
func sameContents(f outFile) (bool, error) {
	info, err := os.Lstat(f.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(f.data)) {
		return false, err
	}
	old, err := os.ReadFile(f.path)
	return bytes.Equal(old, f.data), err
}
