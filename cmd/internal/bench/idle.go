package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	manyIdle   = 200
	idleSettle = 20 * time.Second // the first tries and their pauses are over
	idleLook   = 30 * time.Second
)

// idleTransfers measures what transfers cost while nothing happens: complete ones
// that are shared with nobody, and downloads whose only source does not answer.
func idleTransfers(ctx context.Context, l *lab) error {
	shared, waiting := l.at("data-idle-shared"), l.at("data-idle-waiting")
	defer os.RemoveAll(shared)
	defer os.RemoveAll(waiting)
	nobody, err := freeAddr()
	if err != nil {
		return err
	}
	for i := range manyIdle {
		path, err := l.file(fmt.Sprintf("idle-%d/%d.bin", i, i), 100_000)
		if err != nil {
			return err
		}
		defer os.RemoveAll(filepath.Dir(path))
		if err := l.shareOnce(ctx, path, shared); err != nil {
			return err
		}
		grove, err := l.published(ctx, path, "http://"+nobody+"/")
		if err != nil {
			return err
		}
		// It fails, since nothing came, and stays on the list.
		_, _, _ = l.do(ctx, l.grove, "get", grove, "--yes", "-q", "--patience", "50ms", "-d", l.at("idle-out"), "--data", waiting)
	}
	defer os.RemoveAll(l.at("idle-out"))
	for _, kind := range []struct{ what, data string }{{"shared with nobody", shared}, {"waiting for a source", waiting}} {
		for _, n := range []int{1, manyIdle} {
			if err := l.idle(ctx, n, kind.what, kind.data); err != nil {
				return err
			}
		}
	}
	return nil
}

// shareOnce puts path on the list of a data folder.
func (l *lab) shareOnce(ctx context.Context, path, data string) error {
	defer l.end(len(l.ends))
	d, err := l.start(ctx, l.grove, "share", path, "--data", data)
	if err == nil {
		_, err = d.link()
	}
	return err
}

// idle runs the first n transfers of a data folder and prints what that takes.
func (l *lab) idle(ctx context.Context, n int, what, data string) error {
	defer l.end(len(l.ends))
	_, list, err := l.do(ctx, l.grove, "ls", "--data", data)
	if err != nil {
		return err
	}
	rows := strings.Split(strings.TrimSpace(list), "\n")[1:]
	if len(rows) != manyIdle {
		return fmt.Errorf("%d transfers in %s, not %d", len(rows), data, manyIdle)
	}
	args := []string{"resume", "--patience", "0", "--progress", "none", "--data", data}
	for _, row := range rows[:n] {
		args = append(args, strings.Fields(row)[0])
	}
	d, err := l.start(ctx, l.grove, args...)
	if err != nil {
		return err
	}
	if err := rest(ctx, idleSettle); err != nil {
		return err
	}
	before := d.cpu()
	if err := rest(ctx, idleLook); err != nil {
		return err
	}
	took := d.cpu() - before
	if d.peak() == 0 {
		return errors.New("grove resume ended by itself")
	}
	fmt.Printf("%-44s %6.2f %% of one core, %d MiB at the most\n", fmt.Sprintf("%d %s", n, what),
		100*took.Seconds()/idleLook.Seconds(), d.peak()/1024)
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
