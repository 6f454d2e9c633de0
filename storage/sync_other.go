//go:build !linux

package storage

import "os"

// syncBytes makes the content of f durable.
func syncBytes(f *os.File) error { return f.Sync() }
