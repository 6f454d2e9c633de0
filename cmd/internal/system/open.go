package system

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"

	"grove/app"
)

// Open opens the file at path, which is absolute, with the system's program
// for it. What CanOpen does not take, and what is something else by its
// content, is an UnsafeFile problem.
func Open(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if !CanOpen(path) {
		return refuseOpen(path, "it is not a film, sound, a picture or subtitles")
	}
	if err := checkContent(path); err != nil {
		return err
	}
	return launch(ctx, path, filepath.Base(path))
}

// OpenWeb opens an http or https address in the browser; another one is a
// BadInput problem.
func OpenWeb(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return app.NewProblem(app.BadInput, "This is not a web address", errors.New("only http and https addresses without a user name"))
	}
	return launch(ctx, u.String(), u.Host)
}

// cannotOpen is the problem of a system that has no program for what.
func cannotOpen(what string, cause error) error {
	return app.NewProblem(app.BadInput, "No program on this computer opens "+what, cause)
}
