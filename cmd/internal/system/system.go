// Package system is what the programs ask of the operating system: open a
// finished file, show it in its folder, put it into the trash, say that a
// download is complete, start with the session, and what is around.
//
// Whatever has a stranger's words in it, a file's name or a package's title,
// goes to the system as an argument of its own or as a value in a message,
// never as part of a command line, a script or markup.
//
// The calls wait for the system, some of them seconds: none is for the
// goroutine of the window. Goroutines: none but those of a connection to the
// session bus, which end with the call, a Notifier's with its Close, and
// Around's before it returns.
package system

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"grove/app"
)

// absolute refuses a path that depends on where the program was started, and
// cleans the others.
func absolute(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", app.NewProblem(app.Internal, "a path that is not absolute: "+path, nil)
	}
	return filepath.Clean(path), nil
}

// trouble gives an error about path the kind that the user can be told.
func trouble(err error, path string) error {
	kind := app.DiskFault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		kind = app.NotFound
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		kind = app.ReadOnly
	case errors.Is(err, syscall.ENOSPC):
		kind = app.NoSpace
	}
	return app.NewProblem(kind, path, err)
}
