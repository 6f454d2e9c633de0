//go:build !windows

package storage

import (
	"os"
	"syscall"
)

// ours reports whether the folder belongs to the user this process runs as.
func ours(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
