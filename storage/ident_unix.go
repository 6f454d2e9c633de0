//go:build unix

package storage

import (
	"os"
	"syscall"
)

// inode is the number of the file, which the operating system alone sets.
func inode(info os.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Ino
}
