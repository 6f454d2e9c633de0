// Package files reads and writes small files whole, and says what went wrong
// with a file as an app.Problem that the user can be told.
package files

import (
	"context"
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

// ReadProblem is the problem of a read of path that failed: NotFound,
// BadInput where it may not be read, DiskFault.
func ReadProblem(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return app.NewProblem(app.NotFound, path, nil)
	case errors.Is(err, fs.ErrPermission):
		return app.NewProblem(app.BadInput, path+" may not be read", err)
	}
	return app.NewProblem(app.DiskFault, path, err)
}

// WriteProblem is the problem of a write to path that failed: TargetExists,
// NotFound (of its folder), ReadOnly, NoSpace, DiskFault.
func WriteProblem(path string, err error) error {
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

// Read reads a file of at most limit bytes. A larger one is BadInput.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, ReadProblem(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, ReadProblem(path, err)
	}
	if int64(len(b)) > limit {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%s is larger than %d bytes, so it is not what was expected here", path, limit), nil)
	}
	return b, nil
}

// Counted is r that tells count of every read and ends with ctx's error when
// ctx does.
func Counted(ctx context.Context, r io.Reader, count func(n int)) io.Reader {
	return counted{ctx, r, count}
}

type counted struct {
	ctx   context.Context
	r     io.Reader
	count func(n int)
}

func (c counted) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	c.count(n)
	return n, err
}
