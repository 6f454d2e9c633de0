//go:build !linux && !darwin

package storage

import "os"

// preallocate gives f its full size. On Windows setting the end of a file
// reserves its clusters.
func preallocate(f *os.File, size int64) error { return f.Truncate(size) }
