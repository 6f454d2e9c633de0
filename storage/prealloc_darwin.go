package storage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// preallocate gives f its full size, with room on the disk where the file
// system can promise that.
func preallocate(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if more := size - info.Size(); more > 0 {
		room := unix.Fstore_t{Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: more}
		err := unix.FcntlFstore(f.Fd(), unix.F_PREALLOCATE, &room)
		if errors.Is(err, unix.ENOSPC) {
			return os.NewSyscallError("fcntl", err)
		}
		// Anything else means that this file system cannot; Truncate will do.
	}
	return f.Truncate(size)
}
