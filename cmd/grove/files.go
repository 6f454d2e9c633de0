package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"grove/app"
	"grove/cmd/internal/files"
)

// outFile is one file that a command writes.
type outFile struct {
	path string
	data []byte
}

// placeAll writes all files, or none where one of them would replace another
// with other contents. A file that is there with the same bytes is left
// alone. With replace, files are written over.
func placeAll(out []outFile, replace bool) error {
	var missing []outFile
	for _, f := range out {
		same, err := sameContents(f)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return files.WriteProblem(f.path, err)
		case err == nil && same:
			continue
		case err == nil && !replace:
			return app.NewProblem(app.TargetExists, f.path, errors.New("with other contents; --overwrite replaces it"))
		}
		missing = append(missing, f)
	}
	write := files.Place
	if replace {
		write = files.Replace
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
