//go:build !race

// boltdb/bolt v1.3.1 aborts under the race detector, whose pointer checks are
// younger than it is.

package storage

import (
	"bytes"
	"path/filepath"
	"testing"

	oldbolt "github.com/boltdb/bolt"
	bolt "go.etcd.io/bbolt"
)

// TestOldBoltReadsOurs: the library that bolt's name comes from opens our
// database, finds it sound and reads what we wrote.
func TestOldBoltReadsOurs(t *testing.T) {
	k := makeThree(t)
	db, err := oldbolt.Open(filepath.Join(k.dir, dbName), 0o600, nil)
	ok(t, err)
	ok(t, db.Update(func(tx *oldbolt.Tx) error { // it writes as well
		return tx.Bucket(publishersBucket).Put([]byte("old"), seal([]byte("old"), []byte("{}")))
	}))
	ok(t, db.View(func(tx *oldbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		for _, rec := range k.records {
			got, err := decodeRecord(rec.ID[:], tx.Bucket(transfersBucket).Get(rec.ID[:]))
			if err != nil || got.Path != rec.Path {
				t.Errorf("transfer %s: %+v, %v", rec.ID, got, err)
			}
			if tx.Bucket(logsBucket).Bucket(rec.ID[:]) == nil {
				t.Errorf("transfer %s has no log", rec.ID)
			}
		}
		return nil
	}))
	ok(t, db.Close())
	k.wantBack(t, openStore(t, k.dir, Options{}))
}

// TestOursReadsOldBolt: a database that the old library wrote opens, and
// passes our check, with what is in it.
func TestOursReadsOldBolt(t *testing.T) {
	k := makeThree(t)
	path := filepath.Join(k.dir, dbName)
	ours, err := bolt.Open(path, 0o600, boltOptions())
	ok(t, err)
	old, err := oldbolt.Open(path+".old", 0o600, nil)
	ok(t, err)
	ok(t, old.Update(func(to *oldbolt.Tx) error {
		return ours.View(func(from *bolt.Tx) error {
			return from.ForEach(func(name []byte, b *bolt.Bucket) error {
				into, err := to.CreateBucket(name)
				if err != nil {
					return err
				}
				return copyBucket(into, b)
			})
		})
	}))
	for n := range 50 { // pages come free, and the freelist is written
		ok(t, old.Update(func(tx *oldbolt.Tx) error {
			b := tx.Bucket(publishersBucket)
			if n%2 == 1 {
				return b.Delete([]byte("filler"))
			}
			return b.Put([]byte("filler"), bytes.Repeat([]byte{1}, 20_000))
		}))
	}
	ok(t, old.Close())
	ok(t, ours.Close())
	ok(t, probeInChild(path+".old"))
	root := openRoot(t, k.dir)
	ok(t, root.Rename(dbName+".old", dbName))
	s := openStore(t, k.dir, Options{Probe: probeInChild})
	if p := s.Notice(); p != nil {
		t.Errorf("notice %v", p)
	}
	k.wantBack(t, s)
	entries, err := s.LoadLog(k.records[0].ID)
	if err != nil || len(entries) != 1 {
		t.Errorf("log %v, %v", entries, err)
	}
}

func copyBucket(into *oldbolt.Bucket, from *bolt.Bucket) error {
	if err := into.SetSequence(from.Sequence()); err != nil {
		return err
	}
	return from.ForEach(func(k, v []byte) error {
		if v != nil {
			return into.Put(k, v)
		}
		sub, err := into.CreateBucket(k)
		if err != nil {
			return err
		}
		return copyBucket(sub, from.Bucket(k))
	})
}
