//go:build !unix

package tracker

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
