package storage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncBytes makes the content of f durable, and of its metadata what is
// needed to read it back.
func syncBytes(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
