package storage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// preallocate gives f its full size, with room on the disk where the file
// system can promise that.
func preallocate(f *os.File, size int64) error {
	if size == 0 {
		return f.Truncate(0)
	}
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
			return f.Truncate(size)
		case err != nil:
			return os.NewSyscallError("fallocate", err)
		default:
			return f.Truncate(size) // it may have been longer before
		}
	}
}
