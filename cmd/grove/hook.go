package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"grove/app"
	"grove/cmd/internal/keyring"
)

// hook is a command that runs when a transfer is complete: a program and its
// arguments. No shell reads it, and nothing that others chose is put into it:
// what it needs to know is in its environment.
type hook []string

// parseHook splits s at spaces and finds the program, so that a wrong name is
// noticed before the download and not after it. nil for "".
func parseHook(s string) (hook, error) {
	if s == "" {
		return nil, nil
	}
	h := hook(strings.Fields(s))
	if len(h) == 0 {
		return nil, app.NewProblem(app.BadInput, "--on-complete names no program", nil)
	}
	path, err := exec.LookPath(h[0])
	if err != nil {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("--on-complete: there is no program %q", h[0]), errors.Unwrap(err))
	}
	h[0] = path
	return h, nil
}

// run runs the hook for a complete transfer and waits for it. The download
// stays complete whatever it does, so a failure is only told.
func (h hook) run(ctx context.Context, t *terminal, v app.View) {
	if h == nil {
		return
	}
	c := exec.CommandContext(ctx, h[0], h[1:]...)
	c.Env = append(keyring.Environ(), "GROVE_PATH="+v.Path, "GROVE_ID="+v.Package.String(), "GROVE_NAME="+v.Name)
	c.Stdout, c.Stderr = t.errs, t.errs
	c.WaitDelay = time.Second
	if err := c.Run(); err != nil {
		t.say("The command given with --on-complete failed: %s", clean(err.Error()))
	}
}
