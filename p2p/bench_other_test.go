//go:build !linux

package p2p

import "os"

// Only Linux is measured.
func cpuSeconds() float64 { return 0 }
func peakKiB() int64      { return 0 }

func preallocate(f *os.File, size int64) error { return f.Truncate(size) }
