package boot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"grove/app"
	"grove/storage"
)

// A damaged database can kill the process that maps it, or keep it busy until
// memory runs out. So a child process looks first: the program runs itself as
//
//	<program> internal probe PATH
//
// and the exit code says what it saw.

// probePatience is above the limit that storage.ProbeFile sets itself: a child
// that takes longer hangs where no Go code runs.
const probePatience = 30 * time.Second

// Probe is the child's side. nil means that the database at path can be
// opened; StoreInUse, that somebody has it open; anything else is damage.
func Probe(path string) error {
	err := storage.ProbeFile(path)
	if p := (*app.Problem)(nil); err == nil || errors.As(err, &p) {
		return err
	}
	return app.NewProblem(app.StoreDamaged, path, err)
}

// probeInChild runs Probe in a child process. Only a child that had its say is
// believed: one that could not be started, or that was interrupted with us,
// proves nothing about the file.
func probeInChild(ctx context.Context, path string) error {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probePatience)
	defer cancel()
	var said tail
	c := exec.CommandContext(ctx, self, "internal", "probe", path)
	c.Stderr = &said
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		return nil
	}
	err = c.Wait()
	if err == nil {
		return nil
	}
	if c.ProcessState.ExitCode() == app.NewProblem(app.StoreInUse, path, nil).Meaning().Exit {
		return app.NewProblem(app.StoreInUse, path, nil)
	}
	if s, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() &&
		(s.Signal() == syscall.SIGINT || s.Signal() == syscall.SIGTERM) {
		return nil
	}
	return fmt.Errorf("the look at %s ended with: %w %s", path, err, strings.TrimSpace(said.String()))
}

// tail keeps the first few hundred bytes of what a child said: a crash names
// its cause first.
type tail struct{ bytes.Buffer }

func (t *tail) Write(b []byte) (int, error) {
	if room := 400 - t.Len(); room > 0 {
		t.Buffer.Write(b[:min(len(b), room)])
	}
	return len(b), nil
}
