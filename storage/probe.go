package storage

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"grove/app"
)

// A check of a damaged database was seen to run for minutes and to take
// gigabytes; a sound one of the size Grove writes takes milliseconds.
const (
	probeTime   = 10 * time.Second
	probeMemory = 512 << 20 // bytes
)

// ProbeFile opens the database at path for reading and checks all of it. It
// is meant for a child process that does nothing else and ends after it: a
// damaged file may kill the process, and when time or memory run out the
// check is left running. nil means that the file can be opened without harm;
// StoreInUse, that another process has it open.
func ProbeFile(path string) error {
	debug.SetMaxStack(64 << 20)
	done := make(chan error, 1)
	go func() { done <- probeAll(path) }() // ends with the process at the latest
	late := time.After(probeTime)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-late:
			return fmt.Errorf("storage: %s: not checked after %s", path, probeTime)
		case <-tick.C:
			if n := memoryInUse(); n > probeMemory {
				return fmt.Errorf("storage: %s: the check took %d bytes of memory", path, n)
			}
		}
	}
}

func memoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}

// probeAll is probeHere with bolt's own check, which runs on a goroutine that
// cannot be guarded.
func probeAll(path string) error {
	return probeWith(path, func(tx *bolt.Tx) error {
		var first error
		for err := range tx.Check() {
			if first == nil {
				first = err
			}
		}
		return first
	})
}

// probeHere checks the database in this process: what bolt reads while it
// opens the file, and every key.
func probeHere(path string) error {
	return probeWith(path, func(*bolt.Tx) error { return nil })
}

func probeWith(path string, check func(*bolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("storage: %s: bolt: %v", path, r)
		}
	}()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("storage: %s is empty", path) // bolt would make a new one in place
	}
	options := boltOptions()
	options.ReadOnly = true
	options.PreLoadFreelist = true
	db, err := bolt.Open(path, 0o600, options)
	if errors.Is(err, berrors.ErrTimeout) {
		return app.NewProblem(app.StoreInUse, path, err)
	}
	if err != nil {
		return err
	}
	err = db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("storage: %s has %d of %d bytes", path, info.Size(), tx.Size())
		}
		for _, name := range buckets {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("storage: %s has no %s", path, name)
			}
		}
		left := int(info.Size() / 8) // no more keys than that fit in the file
		if err := walk(tx.Cursor().Bucket(), &left); err != nil {
			return err
		}
		return check(tx)
	})
	return errors.Join(err, db.Close())
}

// walk reads every key and value in b and below.
func walk(b *bolt.Bucket, left *int) error {
	c := b.Cursor()
	sum := byte(0)
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if *left--; *left < 0 {
			return errors.New("storage: more keys than the file can hold")
		}
		if v == nil {
			if err := walk(b.Bucket(k), left); err != nil {
				return err
			}
		}
		for _, x := range v {
			sum ^= x
		}
	}
	_ = sum // read for the faults that reading may bring
	return nil
}
