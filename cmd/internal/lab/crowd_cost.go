package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// What programs cost: read from /proc, where the kernel counts.

// tick is the unit of processor times in /proc.
const tick = 10 * time.Millisecond

// work is the processor time of every program of the world so far, with what
// the kernel did for them.
func (w *world) work() (all time.Duration) {
	running := groupTimes()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.procs {
		select {
		case <-p.ended:
			all += p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
		default:
			all += running[p.cmd.Process.Pid]
		}
	}
	return all
}

// groupTimes is the processor time of each process group. Whatever the lab
// starts is the first of a group.
func groupTimes() map[int]time.Duration {
	all := map[int]time.Duration{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		b, _ := os.ReadFile("/proc/" + e.Name() + "/stat") // it may have ended
		if group, took, ok := parseStat(string(b)); ok {
			all[group] += took
		}
	}
	return all
}

// parseStat reads the group and the processor time from /proc/N/stat.
func parseStat(text string) (group int, took time.Duration, ok bool) {
	// The name is in parentheses and may hold anything.
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(f) < 13 {
		return 0, 0, false
	}
	group, err := strconv.Atoi(f[2])
	if err != nil {
		return 0, 0, false
	}
	for _, s := range f[11:13] { // user, system
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		took += time.Duration(n) * tick
	}
	return group, took, true
}

// mostMemory is the most memory of its own that p had, looked at twice a
// second until over is closed or p has ended. Pages of files do not count.
func (p *proc) mostMemory(over <-chan struct{}) (most int64) {
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)) // it may have ended
		most = max(most, parseOwn(string(b)))
		select {
		case <-over:
			return most
		case <-p.ended:
			return most
		case <-every.C:
		}
	}
}

// parseOwn reads the bytes of a process's own memory from /proc/N/status.
func parseOwn(text string) int64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64) // the kernel wrote a number
			return kib << 10
		}
	}
	return 0
}

// hostTime is what the machine's processors did, in ticks.
type hostTime struct{ all, idle, stolen int64 }

func readHostTime() hostTime {
	b, _ := os.ReadFile("/proc/stat")
	return parseHostTime(string(b))
}

// stolenSince is the part of the time since before that other machines took.
func (t hostTime) stolenSince(before hostTime) float64 {
	return float64(t.stolen-before.stolen) / float64(max(1, t.all-before.all))
}

// parseHostTime reads /proc/stat. The first line is the sum of all processors:
// user, nice, system, idle, iowait, irq, softirq, steal; what follows is in
// these already.
func parseHostTime(text string) (t hostTime) {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	for i := 1; i < min(len(f), 9); i++ {
		n, _ := strconv.ParseInt(f[i], 10, 64) // the kernel wrote a number
		t.all += n
		switch i {
		case 4:
			t.idle = n
		case 8:
			t.stolen = n
		}
	}
	return t
}
