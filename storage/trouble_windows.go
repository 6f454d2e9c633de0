package storage

import (
	"golang.org/x/sys/windows"

	"grove/app"
)

var diskErrors = errnos{
	{windows.ERROR_DISK_FULL, app.NoSpace, ""},
	{windows.ERROR_HANDLE_DISK_FULL, app.NoSpace, ""},
	{windows.ERROR_DISK_QUOTA_EXCEEDED, app.NoSpace, ""},
	{windows.ERROR_CRC, app.DiskFault, ""},
	{windows.ERROR_IO_DEVICE, app.DiskFault, ""},
	{windows.ERROR_WRITE_FAULT, app.DiskFault, ""},
	{windows.ERROR_READ_FAULT, app.DiskFault, ""},
	{windows.ERROR_WRITE_PROTECT, app.ReadOnly, ""},
	{windows.ERROR_ACCESS_DENIED, app.ReadOnly, ""},
	{windows.ERROR_FILENAME_EXCED_RANGE, app.BadInput, "is too long a name for this disk"},
	{windows.ERROR_INVALID_NAME, app.BadInput, "is not a name for a file on this disk"},
	{windows.ERROR_FILE_TOO_LARGE, app.BadInput, "is larger than a file on this disk may be"},
}
