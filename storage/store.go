// Package storage keeps what must outlive the process: the records of
// transfers, their logs and the publishers seen so far in a bolt database,
// and the files of packages on disk. It implements [app.Store].
//
// What must hold, whatever happens to the process or the power:
//
//   - A saved bitmap claims only pieces whose bytes were synced before it was
//     written ([payload.Checkpoint] is the only writer).
//   - Nothing is renamed over something that is there, and a finished file is
//     never deleted.
//   - The database is a cache: sidecars beside the payload hold enough to
//     rebuild every transfer, so a lost or damaged database loses only logs.
//   - Every open of a package file goes through an [os.Root], and no symbolic
//     link below it is followed.
//   - After a failed sync nothing is synced again through the same payload;
//     it has to be closed and opened, and goes on from its last checkpoint.
//
// No goroutine outlives a call. Only this package imports bolt; "bolt" is
// go.etcd.io/bbolt, the maintained continuation with the same file format.
package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// Names in the data folder.
const (
	dbName     = "grove.db"
	backupName = "grove.db.bak" // a good copy, written at a clean Close among others
	cleanName  = "clean"        // size and time of the database at the last clean Close
	lockName   = "lock-holder"  // locked while a Store is open; says who holds it
	packages   = "packages"     // <package ID>/<transfer>/: sidecars of finished and shared packages
	pointers   = "parts"        // <transfer>: the absolute path of its part folder
)

// Options change how a Store is opened. The zero value will do for tests.
type Options struct {
	// Probe says whether the database at path can be opened without harm. A
	// damaged file can kill the process that maps it, so a program gives a
	// function here that runs [ProbeFile] in a child process with a time limit.
	// It is asked only when the last stop was not a clean one. An error means
	// that the database is damaged; when no child can be started the answer is
	// nil. A nil Probe looks in this process, which survives most damage but
	// not all.
	Probe func(path string) error

	hooks hooks
}

// hooks let tests watch and disturb what reaches the disk.
type hooks struct {
	wrap  func(n int, f file) file    // around each open payload file
	step  func(name string) error     // between the steps of Create and Finish
	saved func(have app.Bitmap) error // right before a bitmap is saved
}

// Store implements [app.Store] over one data folder, which it holds locked
// until Close. Safe for concurrent use.
type Store struct {
	// immutable after Open
	dir  string
	root *os.Root // of dir
	lock *os.File
	db   *bolt.DB
	// dbFile is the file below db, and locked. It is closed by db, or alone when
	// db can no longer be.
	dbFile *os.File
	opts   Options

	broken  atomic.Pointer[app.Problem] // set once the database can no longer be used
	changed atomic.Bool                 // since the last backup

	backing   sync.Mutex // one backup at a time
	recording sync.Mutex // one transfer.json at a time

	mu     sync.Mutex
	notice *app.Problem           // guarded by mu
	inUse  map[string]uuid.UUID   // guarded by mu; part folders with an open payload
	beside map[uuid.UUID][32]byte // guarded by mu; digest of the record in the sidecar
}

var _ app.Store = (*Store)(nil)

// Open opens the store in the data folder dir and makes the folder if it is
// not there. It fails with StoreInUse while another Store has the folder,
// with BadInput if the folder belongs to somebody else, and repairs a damaged
// or lost database, which Notice then reports. Transfers whose Finish was
// interrupted are finished.
func Open(dir string, opts Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%q is not a folder", dir), err)
	}
	if err := ownFolder(dir); err != nil {
		return nil, err
	}
	s := &Store{
		dir:    dir,
		opts:   opts,
		inUse:  map[string]uuid.UUID{},
		beside: map[uuid.UUID][32]byte{},
	}
	if s.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

// Exists reports whether there is a database in dir, without opening it.
func Exists(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, dbName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, trouble(err, dir)
}

func (s *Store) open() (err error) {
	if s.root, err = os.OpenRoot(s.dir); err != nil {
		return trouble(err, s.dir)
	}
	for _, name := range []string{packages, pointers} {
		if err := s.root.MkdirAll(name, 0o700); err != nil {
			return trouble(err, filepath.Join(s.dir, name))
		}
	}
	if err := s.openDB(); err != nil {
		return err
	}
	return s.settle()
}

// ownFolder makes dir, private to this user.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return trouble(err, dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return trouble(err, dir)
	}
	if !info.IsDir() {
		return app.NewProblem(app.BadInput, dir+" is not a folder", nil)
	}
	if !ours(info) {
		return app.NewProblem(app.BadInput, "The data folder "+dir+" belongs to somebody else", nil)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return trouble(err, dir)
		}
	}
	return nil
}

// Notice is what the user should hear about the opening of the store in one
// line, a StoreDamaged problem, or nil.
func (s *Store) Notice() *app.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notice
}

func (s *Store) setNotice(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notice == nil {
		s.notice = app.NewProblem(app.StoreDamaged, s.dir, cause)
	}
}

// Close leaves a good copy of the database and gives the data folder up.
// Payloads are closed before. What it reports is for the log: everything that
// was saved is saved, and the next Open looks closely if something is amiss.
func (s *Store) Close() error {
	if s.broken.Load() != nil {
		// Closing bolt could wait for a lock that its panic left behind.
		return errors.Join(unlock(s.dbFile), s.dbFile.Close(), s.release())
	}
	var errs []error
	if s.changed.Load() {
		errs = append(errs, s.backup())
	}
	if err := s.db.Close(); err != nil {
		errs = append(errs, trouble(err, s.dir))
	} else {
		errs = append(errs, s.markClean())
	}
	return errors.Join(append(errs, s.release())...)
}

// abandon gives up what a failed Open took.
func (s *Store) abandon() error {
	switch {
	case s.dbFile == nil:
		return s.release()
	case s.db == nil || s.broken.Load() != nil:
		_ = s.dbFile.Close() // bolt may have closed it
		return s.release()
	}
	return errors.Join(s.db.Close(), s.release())
}

func (s *Store) release() error {
	var err error
	if s.root != nil {
		err = s.root.Close()
	}
	return errors.Join(err, unlockFolder(s.lock))
}

// step tells the tests how far a sequence of disk operations came.
func (s *Store) step(name string) error {
	if s.opts.hooks.step == nil {
		return nil
	}
	return s.opts.hooks.step(name)
}

// Free is the space left for files in folder, in bytes. The folder need not
// exist yet.
func (s *Store) Free(folder string) (int64, error) {
	for {
		n, err := freeBytes(folder)
		if err == nil {
			return n, nil
		}
		up := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || up == folder {
			return 0, trouble(err, folder)
		}
		folder = up
	}
}
