package system

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/godbus/dbus/v5"
)

// revealWait is how long a file manager may take to start.
const revealWait = 10 * time.Second

// Reveal shows the file or folder at path, which is absolute, in the file
// manager, chosen in its folder; where no file manager can do that, the
// folder.
func Reveal(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return trouble(err, path)
	}
	if showItem(ctx, path) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	folder := filepath.Dir(path)
	return launch(ctx, folder, folder)
}

func showItem(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, revealWait)
	defer cancel()
	bus, err := sessionBus(ctx)
	if err != nil {
		return err
	}
	defer bus.Close()
	const startup = "" // of no window
	return bus.Object("org.freedesktop.FileManager1", dbus.ObjectPath("/org/freedesktop/FileManager1")).
		CallWithContext(ctx, "org.freedesktop.FileManager1.ShowItems", 0, []string{fileURI(path)}, startup).Err
}

// fileURI is the address of an absolute path, every byte that is not plain
// escaped.
func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }
