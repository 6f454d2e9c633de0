//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	groveProgram   = flag.String("grove", "", "the terminal program")
	desktopProgram = flag.String("desktop", "", "the desktop program")
	emptyProgram   = flag.String("empty", "", "an empty window of the toolkit, to measure against")
)

// TestMeasure says how long the window takes to come and what it costs while
// nothing happens, beside an empty window of the toolkit, in turns.
func TestMeasure(t *testing.T) {
	if *emptyProgram == "" {
		t.Skip("-empty is not given")
	}
	h := newHome(t)
	s := newScreen(t, h.env)
	fmt.Printf("%-8s %14s %14s %10s\n", "window", "seen after", "CPU idle", "memory")
	for range 3 {
		for name, c := range map[string]*exec.Cmd{
			"empty": exec.Command(*emptyProgram),
			"grove": exec.Command(*desktopProgram, "--data", filepath.Join(h.dir, "data")),
		} {
			title := map[string]string{"empty": "Empty", "grove": "Grove"}[name]
			c.Env = s.env
			begun := time.Now()
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			w := s.window(title)
			seen := time.Since(begun)
			time.Sleep(5 * time.Second) // what is done once at the start
			before := cpu(t, c.Process.Pid)
			const watched = 20 * time.Second
			time.Sleep(watched)
			used := cpu(t, c.Process.Pid) - before
			fmt.Printf("%-8s %13.2fs %13.1f%% %8d MB\n", name, seen.Seconds(), 100*used.Seconds()/watched.Seconds(), resident(t, c.Process.Pid)>>20)
			_ = w
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
}

// cpu is the time a process has used so far.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	f := procStat(t, pid)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * time.Second / 100
}

// resident is the memory a process has, in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	pages, _ := strconv.Atoi(procStat(t, pid)[21])
	return pages * os.Getpagesize()
}

// procStat is the fields of /proc/PID/stat behind the name, from the state on.
func procStat(t *testing.T, pid int) []string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b)[strings.LastIndex(string(b), ")")+2:])
}
