//go:build unix

package mirror

import (
	"syscall"
	"testing"
	"time"
)

// cost is what something took, this process and its ended children together.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(f func()) {
	cpu, start := cpuTime(), time.Now()
	f()
	c.wall += time.Since(start)
	c.cpu += cpuTime() - cpu
}

func (c *cost) report(b *testing.B, who string, bytes int64) {
	all := float64(bytes) * float64(b.N)
	b.ReportMetric(all/(1<<20)/c.wall.Seconds(), who+"-MiB/s")
	b.ReportMetric(c.cpu.Seconds()/all*(1<<30), who+"-cpu-s/GiB")
}

func cpuTime() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return sum
}
