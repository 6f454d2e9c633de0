package local

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// socketName is the socket in the data folder.
const socketName = "grove.sock"

// longest is how many bytes a socket's address may have: a system takes 104 or
// 108, with its end.
const longest = 100

// through calls do with an address of the socket in the folder data. Where the
// folder's own path is too long for an address, a link in a private folder
// stands for it while do runs.
func through(data string, do func(address string) error) (err error) {
	if path := filepath.Join(data, socketName); len(path) <= longest {
		return do(path)
	}
	private, err := os.MkdirTemp("", "grove-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	link := filepath.Join(private, "d")
	if err := os.Symlink(data, link); err != nil {
		return err
	}
	return do(filepath.Join(link, socketName))
}

// listen makes the socket in the folder data, which the caller holds locked:
// one that is there already was left by a Grove that did not end in order.
func listen(data string) (l *net.UnixListener, err error) {
	path := filepath.Join(data, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err = through(data, func(address string) error {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // the address may be gone by then
	// The folder is private already.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(path))
	}
	return l, nil
}

func dial(ctx context.Context, data string) (c net.Conn, err error) {
	err = through(data, func(address string) error {
		c, err = new(net.Dialer).DialContext(ctx, "unix", address)
		return err
	})
	return c, err
}
