package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grove/app"
)

// lockWait is how long a start waits for a Grove that is just ending.
const lockWait = time.Second

// errLocked says that another process holds a lock.
var errLocked = errors.New("locked by another process")

// lockFolder takes the data folder for this process and writes down who has
// it. Bolt locks its file too, but only once it is open: looking at a damaged
// database and moving it aside must not happen in two processes at once.
func lockFolder(dir string) (*os.File, error) {
	name := filepath.Join(dir, lockName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, trouble(err, dir)
	}
	if err := waitLock(f); err != nil {
		if errors.Is(err, errLocked) {
			err = app.NewProblem(app.StoreInUse, dir, fmt.Errorf("held by %s: %w", holder(f), err))
		}
		return nil, errors.Join(trouble(err, dir), f.Close())
	}
	who := fmt.Sprintf("pid %d since %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(who), 0)
	}
	if err != nil {
		return nil, errors.Join(trouble(err, dir), f.Close())
	}
	return f, nil
}

func waitLock(f *os.File) error {
	err := tryLock(f)
	if !errors.Is(err, errLocked) {
		return err
	}
	late := time.After(lockWait)
	tick := time.NewTicker(lockWait / 20)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := tryLock(f); !errors.Is(err, errLocked) {
				return err
			}
		case <-late:
			return errLocked
		}
	}
}

// holder is what the process that has the lock wrote about itself.
func holder(f *os.File) string {
	b, _ := io.ReadAll(io.NewSectionReader(f, 0, 100))
	if who := strings.TrimSpace(string(b)); who != "" {
		return who
	}
	return "another process"
}

func unlockFolder(f *os.File) error {
	if f == nil {
		return nil
	}
	// What it says is no longer true; the lock itself ends with the handle.
	return errors.Join(f.Truncate(0), f.Close())
}
