// Package announces keeps what a tracker was told, in bolt files that hold a
// few minutes each and are deleted whole: nothing outlives its time in a page
// that was freed and not overwritten.
//
// A file holds the entries that end within one Period and is named by its
// beginning in Unix seconds. Entries are appended under a running number, which
// costs a tenth of the pages that keys in no order would dirty; a later entry of
// a key does not replace an earlier one, and who reads them tells them apart.
//
// Nothing is synced: what a loss of power takes is announced again within the
// half hour. A crash of the program takes nothing, since the system has the
// pages by then. For the same reason a file that cannot be read is deleted.
package announces

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Period is how much of the future one file holds, and so how long after its
// end an entry may still lie on the disk of a computer that is on.
const Period = 5 * time.Minute

// farthest is how far ahead an entry may end. A file beyond it was written
// while the clock was wrong and would never be deleted.
const farthest = 24 * time.Hour

const (
	suffix = ".announces"
	// opening is behind the name of a file while it is opened and read for the
	// first time. A damaged bolt file can end the program; what still has this
	// name at the next start did, and is deleted unread.
	opening = ".opening"
	// lockName is an empty bolt file whose lock keeps a second Store out.
	lockName = "lock"

	lockTimeout = time.Second
)

var bucket = []byte("announces") // running number, 8 bytes: an encoded entry

// Entry is a value with an end.
type Entry = struct {
	Until      time.Time
	Key, Value []byte
}

// Store is a folder of entries. Not safe for concurrent use.
type Store struct {
	dir   string
	lock  *bolt.DB
	files map[int64]*bolt.DB // by beginning of the period; those that are open
	swept int64              // the period in which Expire last looked
}

// Open opens the folder dir, which is made if it is not there, and deletes
// what had ended by now. The error names the folder; it wraps fs errors, and is
// a timeout where another Store has it.
func Open(dir string, now time.Time) (*Store, error) {
	s := &Store{dir: dir, files: map[int64]*bolt.DB{}}
	if err := s.open(now); err != nil {
		return nil, errors.Join(fmt.Errorf("announces in %s: %w", dir, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(now time.Time) (err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(s.dir, lockName)
	s.lock, err = openBolt(path)
	if err != nil && !errors.Is(err, berrors.ErrTimeout) && isBolt(err) {
		// Cut off in the moment it was made.
		if err = os.Remove(path); err == nil {
			s.lock, err = openBolt(path)
		}
	}
	if err != nil {
		return err
	}
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, f := range list {
		if strings.HasSuffix(f.Name(), suffix+opening) {
			if err := os.Remove(filepath.Join(s.dir, f.Name())); err != nil {
				return err
			}
		}
	}
	return s.Expire(now)
}

// Close closes the files and lets others have the folder.
func (s *Store) Close() error {
	var errs []error
	for _, db := range s.files {
		errs = append(errs, db.Close())
	}
	clear(s.files)
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Put appends entries, in one transaction for each file they belong to. What
// ended in a period that Expire has seen the end of is not kept. An entry that
// ends more than a day ahead is an error, and is not kept.
func (s *Store) Put(entries []Entry) error {
	byFile := map[int64][]Entry{}
	for _, e := range entries {
		p := periodOf(e.Until)
		if p < s.swept {
			continue
		}
		byFile[p] = append(byFile[p], e)
	}
	var errs []error
	for p, list := range byFile {
		if err := s.put(p, list); err != nil {
			errs = append(errs, fmt.Errorf("announces in %s: %w", s.path(p), err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) put(period int64, list []Entry) error {
	if time.Until(time.Unix(period, 0)) > farthest {
		return errors.New("an end too far ahead")
	}
	err := guard(func() error {
		db, err := s.file(period)
		if err != nil {
			return err
		}
		return db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			b.FillPercent = 1 // nothing is ever put between
			for _, e := range list {
				n, err := b.NextSequence()
				if err != nil {
					return err
				}
				if err := b.Put(binary.BigEndian.AppendUint64(nil, n), encode(e)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil && isBolt(err) {
		return errors.Join(err, s.remove(period))
	}
	return err
}

// file is the open file of a period, which is made if there is none.
func (s *Store) file(period int64) (*bolt.DB, error) {
	if db := s.files[period]; db != nil {
		return db, nil
	}
	db, err := openBolt(s.path(period))
	if err == nil {
		s.files[period] = db
	}
	return db, err
}

// Each calls f with every entry of every file, in no order that matters. f
// must not keep what it is given. A file that cannot be read is deleted, and is
// part of the error; the entries of the others are all there.
func (s *Store) Each(f func(Entry)) error {
	periods, err := s.periods()
	errs := []error{err}
	for _, p := range periods {
		if err := s.each(p, f); err != nil {
			errs = append(errs, fmt.Errorf("announces in %s: %w", s.path(p), err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) each(period int64, f func(Entry)) error {
	path := s.path(period)
	if s.files[period] == nil {
		if err := os.Rename(path, path+opening); err != nil {
			return err
		}
	}
	err := guard(func() error {
		db := s.files[period]
		if db == nil {
			var err error
			if db, err = openBolt(path + opening); err != nil {
				return err
			}
			defer db.Close()
		}
		return db.View(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucket)
			if b == nil {
				return nil
			}
			return b.ForEach(func(_, v []byte) error {
				e, err := decode(v)
				if err == nil {
					f(e)
				}
				return err
			})
		})
	})
	if s.files[period] != nil {
		return err
	}
	if err != nil {
		return errors.Join(err, os.Remove(path+opening))
	}
	return os.Rename(path+opening, path)
}

// Expire deletes the files whose period is over by now, and those that only a
// wrong clock can have made. It looks once in a period: only then one ends.
func (s *Store) Expire(now time.Time) error {
	if periodOf(now) == s.swept {
		return nil
	}
	periods, err := s.periods()
	errs := []error{err}
	for _, p := range periods {
		begin := time.Unix(p, 0)
		if !now.Before(begin.Add(Period)) || begin.Sub(now) > farthest {
			errs = append(errs, s.remove(p))
		}
	}
	if err = errors.Join(errs...); err == nil {
		s.swept = periodOf(now)
	}
	return err
}

// remove deletes the file of a period.
func (s *Store) remove(period int64) error {
	var err error
	if db := s.files[period]; db != nil {
		delete(s.files, period)
		err = guard(db.Close)
	}
	gone := os.Remove(s.path(period))
	if errors.Is(gone, fs.ErrNotExist) {
		gone = nil
	}
	return errors.Join(err, gone)
}

// periods are those that have a file, the earliest first.
func (s *Store) periods() ([]int64, error) {
	list, err := os.ReadDir(s.dir)
	var out []int64
	for _, f := range list {
		name, ok := strings.CutSuffix(f.Name(), suffix)
		p, err := strconv.ParseInt(name, 10, 64)
		if ok && err == nil && filepath.Base(s.path(p)) == f.Name() {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out, err
}

func (s *Store) path(period int64) string {
	return filepath.Join(s.dir, strconv.FormatInt(period, 10)+suffix)
}

// periodOf is the beginning of the period that t lies in, in Unix seconds.
func periodOf(t time.Time) int64 {
	const step = int64(Period / time.Second)
	return t.Unix() / step * step
}
