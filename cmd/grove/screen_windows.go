package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// controlCodes makes a console understand control codes, which older ones
// have to be asked for, and reports whether it does.
func controlCodes(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	var mode uint32
	if windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(windows.Handle(f.Fd()), mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
