//go:build !windows

package main

import "io"

// controlCodes reports whether a terminal understands them.
func controlCodes(io.Writer) bool { return true }
