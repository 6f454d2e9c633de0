package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"grove/app"
)

// Buckets of the database.
var (
	transfersBucket  = []byte("transfers")  // transfer ID: record, JSON
	bitmapsBucket    = []byte("bitmaps")    // transfer ID: savedBitmap
	logsBucket       = []byte("logs")       // transfer ID: bucket of entries, JSON, by sequence number
	publishersBucket = []byte("publishers") // public key: publisher, JSON

	buckets = [][]byte{transfersBucket, bitmapsBucket, logsBucket, publishersBucket}

	// These come with the first write to them: databases of earlier versions do
	// without.
	ledgerBucket   = []byte("ledger")   // day and package ID: row, JSON
	settingsBucket = []byte("settings") // settingsKey: settings, JSON
	marksBucket    = []byte("marks")    // account: bytes, 8 of them, big-endian
)

// dbTimeout is how long another program may still hold the database file.
const dbTimeout = time.Second

// openDB opens the database, which it first probes, creates or repairs where
// that is needed. The data folder is locked.
func (s *Store) openDB() error {
	damage, err := s.examine()
	if err != nil {
		return err
	}
	// From here on the file may change; the mark must be gone for certain, for
	// its comparison of size and time does not notice every lost write.
	if err := s.root.Remove(cleanName); err == nil {
		err = syncDir(s.root, ".")
		if err != nil {
			return trouble(err, s.dir)
		}
	}
	if damage == nil {
		if damage = s.mount(); damage == nil {
			return nil
		}
		if p := app.AsProblem(damage); p.Kind != app.StoreDamaged {
			return damage
		}
	}
	return s.rebuild(damage)
}

// examine returns what is wrong with the database, nil if nothing is.
func (s *Store) examine() (damage, err error) {
	info, err := s.root.Lstat(dbName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist, nil
	case err != nil:
		return nil, trouble(err, s.path(dbName))
	}
	if err := s.unheld(); err != nil || s.isClean(info) {
		return nil, err
	}
	return s.probe(s.path(dbName))
}

// unheld fails with StoreInUse while another program, which does not know of
// the data folder's lock, has the database open: that is no damage.
func (s *Store) unheld() error {
	f, err := s.root.OpenFile(dbName, os.O_RDWR, 0)
	if err != nil {
		return trouble(err, s.path(dbName))
	}
	err = waitLock(f)
	if errors.Is(err, errLocked) {
		err = app.NewProblem(app.StoreInUse, s.dir, err)
	}
	return trouble(errors.Join(err, f.Close()), s.path(dbName))
}

// probe looks at a database file; err says that looking was impossible.
func (s *Store) probe(path string) (damage, err error) {
	if s.opts.Probe == nil {
		damage = probeHere(path)
	} else {
		damage = s.opts.Probe(path)
	}
	var p *app.Problem
	if errors.As(damage, &p) && p.Kind == app.StoreInUse {
		return nil, p
	}
	return damage, nil
}

// mount opens the database for use.
func (s *Store) mount() error {
	return s.guard(func() error {
		options := boltOptions()
		options.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
			f, err = os.OpenFile(name, flag, mode)
			s.dbFile = f
			return f, err
		}
		db, err := bolt.Open(s.path(dbName), 0o600, options)
		switch {
		case errors.Is(err, berrors.ErrTimeout):
			return app.NewProblem(app.StoreInUse, s.dir, err)
		case err != nil:
			if kind, _ := classify(err); kind != "" {
				return trouble(err, s.dir)
			}
			return app.NewProblem(app.StoreDamaged, s.dir, err)
		}
		s.db = db
		return nil
	}, func(*app.Problem) {})
}

// boltOptions: the freelist is kept in the file, so that any Bolt tool can
// read it, and in a map, which stays fast when it is long.
func boltOptions() *bolt.Options {
	return &bolt.Options{Timeout: dbTimeout, FreelistType: bolt.FreelistMapType}
}

// createDB makes an empty database as a whole or not at all: a file torn in
// its first write could not even be opened safely.
func (s *Store) createDB() error {
	temp := dbName + ".new"
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trouble(err, s.path(temp))
	}
	db, err := bolt.Open(s.path(temp), 0o600, boltOptions())
	if err != nil {
		return trouble(err, s.dir)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucket(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.Sync()
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return trouble(err, s.dir)
	}
	return s.install(temp)
}

// install gives a complete and synced database file its name.
func (s *Store) install(temp string) error {
	if err := s.root.Rename(temp, dbName); err != nil {
		return trouble(err, s.dir)
	}
	return trouble(syncDir(s.root, "."), s.dir)
}

func (s *Store) view(f func(*bolt.Tx) error) error {
	return s.guard(func() error { return s.db.View(f) }, s.breakOff)
}

func (s *Store) update(f func(*bolt.Tx) error) error {
	s.changed.Store(true)
	return s.guard(func() error { return s.db.Update(f) }, s.breakOff)
}

// guard runs f, in which bolt may meet damaged pages: a panic or a memory
// fault becomes StoreDamaged and is handed to broke, as is a failed write or
// sync, after which the file must not be synced again.
func (s *Store) guard(f func() error, broke func(*app.Problem)) (err error) {
	if p := s.broken.Load(); p != nil {
		return p
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			p := app.NewProblem(app.StoreDamaged, s.dir, fmt.Errorf("bolt: %v", r))
			broke(p)
			err = p
		}
	}()
	err = trouble(f(), s.dir)
	if err != nil && isFault(err) {
		broke(app.AsProblem(err))
	}
	return err
}

func (s *Store) breakOff(p *app.Problem) { s.broken.CompareAndSwap(nil, p) }

// cleanMark describes the database as the last Close left it.
type cleanMark struct {
	Size    int64 `json:"size"`
	Written int64 `json:"written"` // Unix nanoseconds
}

func (s *Store) isClean(info os.FileInfo) bool {
	b, err := s.root.ReadFile(cleanName)
	var mark cleanMark
	return err == nil && json.Unmarshal(b, &mark) == nil &&
		mark == cleanMark{info.Size(), info.ModTime().UnixNano()}
}

func (s *Store) markClean() error {
	info, err := s.root.Lstat(dbName)
	if err != nil {
		return trouble(err, s.dir)
	}
	b, err := json.Marshal(cleanMark{info.Size(), info.ModTime().UnixNano()})
	if err != nil {
		return err
	}
	return trouble(writeFile(s.root, cleanName, b), s.dir)
}

// backup leaves a copy of the database as it is now.
func (s *Store) backup() error {
	s.backing.Lock()
	defer s.backing.Unlock()
	s.changed.Store(false)
	err := s.view(func(tx *bolt.Tx) error {
		return replaceFile(s.root, backupName, func(f *os.File) error {
			_, err := tx.WriteTo(f)
			return err
		})
	})
	if err != nil {
		s.changed.Store(true)
	}
	return err
}

// path is the path of a name in the data folder, for bolt and for messages.
func (s *Store) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

// writeFile replaces the file name in root by b, durably, in one step.
func writeFile(root *os.Root, name string, b []byte) error {
	return replaceFile(root, name, func(f *os.File) error {
		_, err := f.Write(b)
		return err
	})
}

// replaceFile replaces the file name in root by what write writes, durably,
// in one step; only this user can read it.
func replaceFile(root *os.Root, name string, write func(*os.File) error) error {
	temp := name + ".new"
	// What lies there is a leftover, or a link that must not be followed.
	if err := root.RemoveAll(temp); err != nil {
		return err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return root.Rename(temp, name)
}
