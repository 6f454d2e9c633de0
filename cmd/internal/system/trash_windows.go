package system

import (
	"context"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"grove/app"
)

var procFileOperation = shell32.NewProc("SHFileOperationW")

// fileOperation is SHFILEOPSTRUCTW.
type fileOperation struct {
	window   uintptr
	what     uint32
	from     *uint16
	to       *uint16
	flags    uint16
	aborted  int32
	mappings uintptr
	title    *uint16
}

const (
	foDelete = 3

	fofSilent          = 0x0004
	fofNoConfirmation  = 0x0010
	fofAllowUndo       = 0x0040 // into the recycle bin
	fofNoErrorUI       = 0x0400
	fofWantNukeWarning = 0x4000 // ask where there is no recycle bin
)

// What SHFileOperation answers beside the system's error numbers.
const (
	deAccessDenied = 0x78
	deInvalidFiles = 0x7c
)

// Trash moves the file or folder at path, which is absolute, into the recycle
// bin. Where the disk has none, the system asks whether to delete it.
func Trash(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return trouble(err, path)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	from, err := windows.UTF16FromString(path)
	if err != nil {
		return trouble(err, path)
	}
	from = append(from, 0) // a list of one
	op := fileOperation{what: foDelete, from: &from[0], flags: fofSilent | fofNoConfirmation | fofAllowUndo | fofNoErrorUI | fofWantNukeWarning}
	var result uintptr
	_ = withCOM(func() error {
		result, _, _ = procFileOperation.Call(uintptr(unsafe.Pointer(&op)))
		return nil
	})
	return trashResult(path, uint32(result), op.aborted != 0)
}

func trashResult(path string, result uint32, aborted bool) error {
	cause := fmt.Errorf("SHFileOperation answered %#x", result)
	switch windows.Errno(result) {
	case 0:
		if aborted {
			return app.NewProblem(app.Stopped, "Moving "+path+" to the trash", nil)
		}
		return nil
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND, deInvalidFiles:
		return app.NewProblem(app.NotFound, path, cause)
	case windows.ERROR_ACCESS_DENIED, windows.ERROR_SHARING_VIOLATION, windows.ERROR_WRITE_PROTECT, deAccessDenied:
		return app.NewProblem(app.ReadOnly, path, cause)
	}
	return app.NewProblem(app.DiskFault, path, cause)
}
