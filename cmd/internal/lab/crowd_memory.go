package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// memorySize is what the largest crowd needs, with room.
const memorySize = 20*128*mib + 1<<30

// memory is a folder in memory, made when first asked for. The mount bears the
// lab's number, so that a later run finds what this one may leave.
func (l *lab) memory() (string, error) {
	dir := filepath.Join(l.dir, "memory")
	if l.mounted {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := syscall.Mount(strings.TrimSuffix(l.prefix, "-"), dir, "tmpfs", 0, fmt.Sprintf("size=%d", int64(memorySize))); err != nil {
		return "", fmt.Errorf("mount a tmpfs at %s: %w", dir, err)
	}
	l.mounted = true
	return dir, nil
}

// forget takes the folder in memory away.
func (l *lab) forget() error {
	if !l.mounted {
		return nil
	}
	dir := filepath.Join(l.dir, "memory")
	return errors.Join(syscall.Unmount(dir, syscall.MNT_DETACH), os.Remove(dir))
}

// sweepMemory takes away folders in memory of runs that ended without doing
// so.
func sweepMemory() {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for _, dir := range staleMounts(string(mounts), func(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }) {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH) // the next run tries again
		_ = os.Remove(dir)
	}
}

// staleMounts finds the folders of runs that are gone in a table of mounts.
func staleMounts(table string, gone func(pid int) bool) (dirs []string) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		var pid int
		if len(f) < 3 || f[2] != "tmpfs" {
			continue
		}
		if _, err := fmt.Sscanf(f[0], "grlab-%d", &pid); err == nil && gone(pid) {
			dirs = append(dirs, f[1])
		}
	}
	return dirs
}

// video is a file of random bytes that every run of that size has under
// another name, and its hash.
func (l *lab) video(size int64) (path string, sum [sha256.Size]byte, err error) {
	dir, err := l.memory()
	if err != nil {
		return "", sum, err
	}
	path = filepath.Join(dir, fmt.Sprintf("video-%d", size))
	if _, err := os.Stat(path); err != nil {
		f, err := os.Create(path)
		if err != nil {
			return "", sum, err
		}
		_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), size)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", sum, err
		}
	}
	sum, err = fileSum(path)
	return path, sum, err
}

// fileSum is the SHA-256 of a file. It may run beside the scenario.
func fileSum(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [sha256.Size]byte(h.Sum(nil)), err
}
