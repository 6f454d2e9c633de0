//go:build unix

package main

import (
	"os"
	"syscall"
)

var interrupts = []os.Signal{os.Interrupt, syscall.SIGTERM}
