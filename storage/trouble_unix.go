//go:build !windows

package storage

import (
	"syscall"

	"grove/app"
)

var diskErrors = errnos{
	{syscall.ENOSPC, app.NoSpace, ""},
	{syscall.EDQUOT, app.NoSpace, ""},
	{syscall.EIO, app.DiskFault, ""},
	{syscall.EROFS, app.ReadOnly, ""},
	{syscall.EACCES, app.ReadOnly, ""},
	{syscall.EPERM, app.ReadOnly, ""},
	{syscall.ENAMETOOLONG, app.BadInput, "is too long a name for this disk"},
	{syscall.EFBIG, app.BadInput, "is larger than a file on this disk may be"},
	{syscall.ENOTDIR, app.BadInput, "is not inside a folder"},
}
