package system

import (
	"context"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

var procShellExecuteEx = shell32.NewProc("ShellExecuteExW")

// launch opens a file by its absolute path, or a web address. what names it
// where that fails.
func launch(ctx context.Context, target, what string) error {
	return shellExecute(ctx, "open", target, what)
}

// executeInfo is SHELLEXECUTEINFOW.
type executeInfo struct {
	size       uint32
	mask       uint32
	window     uintptr
	verb       *uint16
	file       *uint16
	parameters *uint16
	directory  *uint16
	show       int32
	instance   uintptr
	idList     uintptr
	class      *uint16
	classKey   uintptr
	hotKey     uint32
	monitor    uintptr
	process    uintptr
}

const (
	maskNoAsync = 0x100 // done when it returns: the thread has no message loop
	maskNoUI    = 0x400 // errors are ours to show
)

// shellExecute has no command line: the shell takes target as one value. It
// should not put a variable's value in the place of a name between percent
// signs, unless it is asked to; Wine's does. An address could so carry what is
// in the environment to a stranger's server, and is refused.
func shellExecute(ctx context.Context, verb, target, what string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if expanded, err := registry.ExpandString(target); err != nil || expanded != target {
		return refuseOpen(what, "the name of a variable is in it, between percent signs")
	}
	file, err := windows.UTF16PtrFromString(target)
	if err != nil {
		return cannotOpen(what, err)
	}
	info := executeInfo{mask: maskNoAsync | maskNoUI, verb: windows.StringToUTF16Ptr(verb), file: file, show: windows.SW_SHOWNORMAL}
	info.size = uint32(unsafe.Sizeof(info))
	err = withCOM(func() error {
		if done, _, err := procShellExecuteEx.Call(uintptr(unsafe.Pointer(&info))); done == 0 {
			return err
		}
		return nil
	})
	if err != nil {
		return cannotOpen(what, err)
	}
	return nil
}

// withCOM runs f on a thread that the shell's extensions can be used on.
func withCOM(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// An error says that the thread is set up already, in this way or another.
	if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE) == nil {
		defer windows.CoUninitialize()
	}
	return f()
}
