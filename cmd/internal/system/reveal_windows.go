package system

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	shell32              = windows.NewLazySystemDLL("shell32.dll")
	procILCreateFromPath = shell32.NewProc("ILCreateFromPathW")
	procILFree           = shell32.NewProc("ILFree")
	procOpenAndSelect    = shell32.NewProc("SHOpenFolderAndSelectItems")
)

// Reveal shows the file or folder at path, which is absolute, in the Explorer,
// chosen in its folder; where it cannot do that, the folder.
func Reveal(ctx context.Context, path string) error {
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
	if withCOM(func() error { return selectItem(path) }) == nil {
		return nil
	}
	// Without the backslash at its end, the shell takes the name of a folder
	// also for that of a program beside it, with .exe left out.
	folder := strings.TrimSuffix(filepath.Dir(path), `\`) + `\`
	return shellExecute(ctx, "explore", folder, folder)
}

// selectItem asks the shell and not by a command line, in which a path would
// have to be quoted.
func selectItem(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	item, _, _ := procILCreateFromPath.Call(uintptr(unsafe.Pointer(name)))
	if item == 0 {
		return windows.ERROR_FILE_NOT_FOUND
	}
	defer procILFree.Call(item)
	if result, _, _ := procOpenAndSelect.Call(item, 0, 0, 0); int32(result) < 0 {
		return syscall.Errno(result)
	}
	return nil
}
