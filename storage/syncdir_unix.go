//go:build !windows

package storage

import (
	"errors"
	"os"
	"syscall"
)

// syncDir makes the names in folder name of root durable.
func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // a file system without the notion
	}
	return errors.Join(err, d.Close())
}
