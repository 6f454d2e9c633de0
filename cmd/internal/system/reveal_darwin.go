package system

import (
	"context"
	"os"
)

// Reveal shows the file or folder at path, which is absolute, in the Finder.
func Reveal(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return trouble(err, path)
	}
	if err := run(ctx, letGo, "/usr/bin/open", "-R", path); err != nil {
		return cannotOpen(path, err)
	}
	return nil
}
