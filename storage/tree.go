package storage

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"grove/app"
)

const (
	// maxOpen bounds the open files of a payload that has many; maxDirty bounds
	// those among them that must stay open because they were not synced yet.
	maxOpen  = 64
	maxDirty = 256

	// watchEvery is how long a finished file is trusted not to have changed.
	watchEvery = 100 * time.Millisecond
)

// file is one open file of a payload.
type file interface {
	io.ReaderAt
	io.WriterAt
	Stat() (os.FileInfo, error)
	Sync() error // of the content
	Close() error
}

type osFile struct{ *os.File }

func (f osFile) Sync() error { return syncBytes(f.File) }

// tree reads, writes and syncs the files of one payload by their numbers in
// the manifest. Safe for concurrent use.
//
// A file is dirty from before WriteAt returns until a sync that began after
// it has ended well. The handle of a dirty file is not closed: a write-back
// error could be lost with it.
type tree struct {
	// writing lets one goroutine write at a time. The system does the same to
	// a file's writers, but spins while they wait.
	writing sync.Mutex

	// immutable
	root   *os.Root
	names  []string // in root, with slashes; "" where the file was not selected
	flag   int      // os.O_RDWR while downloading, os.O_RDONLY after
	idents []ident  // what the files were when they were verified; nil while downloading
	wrap   func(int, file) file

	mu     sync.Mutex
	open   map[int]*handle // guarded by mu
	order  list.List       // guarded by mu; handles, least recently used first
	dirty  map[int]uint64  // guarded by mu; number of the last write
	writes uint64          // guarded by mu
	fault  error           // guarded by mu; of the first failed sync
	closed bool            // guarded by mu
}

type handle struct {
	file
	n    int
	refs int // guarded by tree.mu
	elem *list.Element

	watch   sync.Mutex
	watched time.Time // guarded by watch
}

func newTree(root *os.Root, names []string, flag int, idents []ident, wrap func(int, file) file) *tree {
	return &tree{
		root: root, names: names, flag: flag, idents: idents, wrap: wrap,
		open: map[int]*handle{}, dirty: map[int]uint64{},
	}
}

// where is the path of file n for messages.
func (t *tree) where(n int) string {
	return filepath.Join(t.root.Name(), filepath.FromSlash(t.names[n]))
}

func (t *tree) readAt(n int, b []byte, off int64) error {
	h, err := t.acquire(n)
	if err != nil {
		return err
	}
	defer t.release(h)
	if err := t.unchanged(h); err != nil {
		return err
	}
	if _, err := h.ReadAt(b, off); err != nil {
		if errors.Is(err, io.EOF) {
			return app.NewProblem(app.FileChanged, t.where(n), io.ErrUnexpectedEOF)
		}
		return trouble(err, t.where(n))
	}
	return nil
}

func (t *tree) writeAt(n int, b []byte, off int64) error {
	h, err := t.acquire(n)
	if err != nil {
		return err
	}
	defer t.release(h)
	t.writing.Lock()
	_, err = h.WriteAt(b, off)
	t.writing.Unlock()
	if err != nil {
		err = trouble(err, t.where(n))
		if isFault(err) {
			t.setFault(err)
		}
		return err
	}
	t.mu.Lock()
	t.writes++
	t.dirty[n] = t.writes
	crowded := len(t.dirty) > maxDirty
	t.mu.Unlock()
	if crowded {
		return t.syncHandle(h)
	}
	return nil
}

// sync makes durable all that was written before the call.
func (t *tree) sync() error {
	t.mu.Lock()
	dirty := make([]int, 0, len(t.dirty))
	for n := range t.dirty {
		dirty = append(dirty, n)
	}
	t.mu.Unlock()
	for _, n := range dirty {
		h, err := t.acquire(n)
		if err != nil {
			return err
		}
		err = t.syncHandle(h)
		t.release(h)
		if err != nil {
			return err
		}
	}
	return t.faulted()
}

func (t *tree) syncHandle(h *handle) error {
	t.mu.Lock()
	last, fault := t.dirty[h.n], t.fault
	t.mu.Unlock()
	if fault != nil {
		return fault // a second sync could succeed without the bytes
	}
	if err := h.Sync(); err != nil {
		err = trouble(err, t.where(h.n))
		t.setFault(err)
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty[h.n] == last {
		delete(t.dirty, h.n)
	}
	return nil
}

func (t *tree) setFault(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fault == nil {
		t.fault = err
	}
}

// faulted is why nothing more can be written, or nil.
func (t *tree) faulted() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fault
}

// acquire returns file n, open; release must follow.
func (t *tree) acquire(n int) (*handle, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, fmt.Errorf("storage: payload: %w", fs.ErrClosed)
	}
	if h, ok := t.open[n]; ok {
		h.refs++
		t.order.MoveToBack(h.elem)
		return h, nil
	}
	if t.names[n] == "" {
		return nil, fmt.Errorf("storage: file %d was not selected: %w", n, fs.ErrNotExist)
	}
	f, err := t.openFile(n)
	if err != nil {
		return nil, err
	}
	h := &handle{file: f, n: n, refs: 1}
	h.elem = t.order.PushBack(h)
	t.open[n] = h
	return h, nil
}

func (t *tree) release(h *handle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h.refs--
	if h.refs == 0 && t.open[h.n] != h {
		_ = h.Close() // it was dropped while in use, and had nothing to sync
	}
	t.evict()
}

// evict closes files, those first that were not used for the longest time,
// until no more than maxOpen are open or no other can be closed. Called with
// mu held.
func (t *tree) evict() {
	var next *list.Element
	for e := t.order.Front(); e != nil && len(t.open) > maxOpen; e = next {
		next = e.Next()
		h := e.Value.(*handle)
		if _, dirty := t.dirty[h.n]; !dirty && h.refs == 0 {
			t.drop(h)
			_ = h.Close() // nothing is left to sync
		}
	}
}

// drop forgets h, so that the next acquire opens the file anew. Called with
// mu held.
func (t *tree) drop(h *handle) {
	if t.open[h.n] == h {
		delete(t.open, h.n)
		t.order.Remove(h.elem)
	}
}

func (t *tree) openFile(n int) (file, error) {
	info, err := plain(t.root, t.names[n])
	if err != nil {
		return nil, t.lost(n, err)
	}
	f, err := t.root.OpenFile(filepath.FromSlash(t.names[n]), t.flag, 0)
	if err != nil {
		return nil, t.lost(n, err)
	}
	// Between the look and the open it may have been replaced.
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, errors.Join(app.NewProblem(app.FileChanged, t.where(n), err), f.Close())
	}
	if t.wrap != nil {
		return t.wrap(n, osFile{f}), nil
	}
	return osFile{f}, nil
}

// lost turns the absence of a file that must be there into FileChanged.
func (t *tree) lost(n int, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return app.NewProblem(app.FileChanged, t.where(n), err)
	}
	return trouble(err, t.where(n))
}

// unchanged fails with FileChanged if a finished file is no longer what was
// verified, or its path leads to another file. It looks at most once in
// watchEvery for each open file.
func (t *tree) unchanged(h *handle) error {
	if t.idents == nil {
		return nil
	}
	h.watch.Lock()
	defer h.watch.Unlock()
	now := time.Now()
	if !h.watched.IsZero() && now.Sub(h.watched) < watchEvery {
		return nil
	}
	info, err := h.Stat()
	if err == nil && identOf(info) != t.idents[h.n] {
		err = errors.New("size or time is another")
	}
	if err == nil {
		var at os.FileInfo
		at, err = plain(t.root, t.names[h.n])
		if err == nil && !os.SameFile(info, at) {
			err = errors.New("replaced by another file")
		}
	}
	if err != nil {
		t.mu.Lock()
		t.drop(h)
		t.mu.Unlock()
		return app.NewProblem(app.FileChanged, t.where(h.n), err)
	}
	h.watched = now
	return nil
}

// close closes every file and the root. Bytes that were not synced are not
// lost, but nobody may count on them.
func (t *tree) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	var errs []error
	for _, h := range t.open {
		errs = append(errs, h.Close())
	}
	clear(t.open)
	return errors.Join(append(errs, t.root.Close())...)
}

// plain returns what lies at name in root if it is a regular file and no part
// of the way to it is a symbolic link.
func plain(root *os.Root, name string) (os.FileInfo, error) {
	for i, c := range name {
		if c != '/' {
			continue
		}
		if info, err := root.Lstat(name[:i]); err != nil {
			return nil, err
		} else if !info.IsDir() {
			return nil, planted(root, name[:i], info)
		}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, planted(root, name, info)
	}
	return info, nil
}

// planted refuses something that lies where a file or folder of a package
// should be.
func planted(root *os.Root, name string, info os.FileInfo) error {
	return app.NewProblem(app.FileChanged, filepath.Join(root.Name(), filepath.FromSlash(name)),
		fmt.Errorf("%s is %s", path.Base(name), info.Mode().Type()))
}
