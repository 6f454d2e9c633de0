//go:build !linux

package system

import "context"

// HasTray reports whether an icon in a tray would be seen, which this system
// always shows.
func HasTray(context.Context) bool { return true }
