package shelf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/depot"
)

// shown is a complete copy as the web sees it. Immutable.
type shown struct {
	id      pack.ID
	place   string
	private bool
	created time.Time
	root    string              // folder that names are relative to
	files   map[string]fileHere // by path in the package
	side    map[string][]byte   // by name
}

// fileHere is one file, as it was when the engine trusted it.
type fileHere struct {
	name string // below root
	tag  string
	info fs.FileInfo
}

// newShown looks at the files of a complete copy, whose bytes the engine
// vouches for.
func newShown(r record, d *app.Described, path string) (*shown, error) {
	m := d.Package.Manifest
	w := &shown{id: d.Package.ID, place: r.Place, private: r.Private, created: m.Created, root: path,
		files: map[string]fileHere{}, side: map[string][]byte{d.Package.ID.HashesName(): d.Hashes}}
	single := len(m.Files) == 1 && len(m.Files[0].Path) == 1
	if single {
		w.root = filepath.Dir(path)
	}
	root, err := os.OpenRoot(w.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, f := range m.Files {
		h := fileHere{name: filepath.FromSlash(f.Name()), tag: f.SHA256.String()}
		if single {
			h.name = filepath.Base(path)
		}
		if h.info, err = root.Lstat(h.name); err != nil {
			return nil, err
		}
		if !h.info.Mode().IsRegular() || h.info.Size() != f.Size {
			return nil, fmt.Errorf("%s is not the file that was checked", h.name)
		}
		w.files[f.Name()] = h
	}
	for _, name := range depot.SideNames(d.Package) {
		w.side[name] = d.Package.Bytes()
	}
	if d.Poster != nil {
		w.side[d.Package.ID.PosterName()] = d.Poster
	}
	return w, nil
}

// show puts a complete copy on the web. Called with mu held.
func (s *Shelf) show(k *kept, w *shown) {
	s.hide(k)
	k.shown = w
	all := append(s.places[w.place], w)
	slices.SortFunc(all, func(a, b *shown) int { return b.created.Compare(a.created) })
	s.places[w.place] = all
}

// hide takes a copy off the web; files that are being read are read to their
// end. Called with mu held.
func (s *Shelf) hide(k *kept) {
	if k.shown == nil {
		return
	}
	place := k.shown.place
	rest := slices.DeleteFunc(slices.Clone(s.places[place]), func(w *shown) bool { return w == k.shown })
	if s.places[place] = rest; len(rest) == 0 {
		delete(s.places, place)
	}
	k.shown = nil
}

// Open implements depot.Shelf. Packages of the same contents share a place;
// what one of them holds goes before a side file of another.
func (s *Shelf) Open(place, path string) (*depot.File, error) {
	s.mu.Lock()
	all := s.places[place]
	s.mu.Unlock()
	for _, w := range all {
		if h, ok := w.files[path]; ok {
			return s.open(w, h)
		}
	}
	for _, w := range all {
		if b, ok := w.side[path]; ok {
			sum := sha256.Sum256(b)
			return &depot.File{ReadSeeker: bytes.NewReader(b), Closer: io.NopCloser(nil), Tag: hex.EncodeToString(sum[:]), Private: w.private}, nil
		}
	}
	return nil, fs.ErrNotExist
}

// open opens a file of a package, if it still is what it was.
func (s *Shelf) open(w *shown, h fileHere) (*depot.File, error) {
	root, err := os.OpenRoot(w.root)
	if err != nil {
		return nil, s.doubt(w, err)
	}
	defer root.Close()
	f, err := root.Open(h.name)
	if err != nil {
		return nil, s.doubt(w, err)
	}
	c := &checked{File: f, was: h.info, doubt: func(err error) error { return s.doubt(w, err) }}
	if err := c.check(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &depot.File{ReadSeeker: c, Closer: f, Tag: h.tag, Modified: h.info.ModTime(), Private: w.private}, nil
}

// doubt takes a copy off the web until the engine has compared it with its
// hashes again. It returns why.
func (s *Shelf) doubt(w *shown, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.copies[w.id]; k != nil && k.shown == w {
		s.log.Error("a file of a copy is not as it was", "package", w.id.Short(), "err", why)
		s.hide(k)
		k.suspect = true
		s.nudge()
	}
	return why
}

// checkEvery is how long a file is trusted not to have changed while it is
// read; storage does the same for peers.
const checkEvery = 100 * time.Millisecond

// checked is an open file that fails to be read once it has changed. One
// goroutine uses it.
type checked struct {
	*os.File
	was   fs.FileInfo
	next  time.Time
	doubt func(error) error
}

var errChanged = errors.New("the file changed since it was checked")

func (c *checked) check() error {
	now := time.Now()
	if now.Before(c.next) {
		return nil
	}
	is, err := c.Stat()
	if err == nil && (!os.SameFile(is, c.was) || is.Size() != c.was.Size() || !is.ModTime().Equal(c.was.ModTime())) {
		err = errChanged
	}
	if err != nil {
		return c.doubt(err)
	}
	c.next = now.Add(checkEvery)
	return nil
}

func (c *checked) Read(b []byte) (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	return c.File.Read(b)
}
