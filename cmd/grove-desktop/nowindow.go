//go:build !cgo && !ci

// Command grove-desktop needs a C compiler to be built with a window.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "This grove-desktop was built without a window (CGO_ENABLED=0). In a terminal, grove does the same.")
	os.Exit(2)
}
