//go:build !windows

package system

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// letGo is how long a program of the system may take to pass something on.
// xdg-open ends at once where a desktop answers; where none does, it stays for
// as long as the player it started.
const letGo = 10 * time.Second

// opener is the program that finds the program for a file or an address.
var opener = map[string]string{"linux": "xdg-open", "darwin": "/usr/bin/open"}[runtime.GOOS]

// launch opens a file by its absolute path, or a web address. what names it
// where that fails.
func launch(ctx context.Context, target, what string) error {
	if err := run(ctx, letGo, opener, target); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return cannotOpen(what, err)
	}
	return nil
}

// run runs a program of the system and waits for it. One that is still there
// after limit is taken for done: it alone is ended, and what it started goes
// on, in a session of its own that a Ctrl-C in Grove's terminal does not reach.
func run(ctx context.Context, limit time.Duration, name string, args ...string) error {
	patience, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(patience, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err := cmd.Run()
	if err != nil && patience.Err() != nil {
		return ctx.Err()
	}
	return err
}
