package storage

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"grove/app"
	"grove/app/pack"
)

// part is an open part folder.
type part struct {
	side  sidecar
	files *os.Root // its payload
	path  string
	names []string
}

// newPart makes the payload of a part folder, which it owns on success. found
// is the saved bitmap, nil if there is none that can be read.
func (s *Store) newPart(at part, rec app.Record, d app.Described) (p *payload, found *savedBitmap, err error) {
	slots, err := openSlots(at.side, d.Package.Layout.Pieces())
	if err != nil {
		return nil, nil, errors.Join(err, at.files.Close())
	}
	m, ok := s.newest(rec.ID, slots)
	p = &payload{
		store: s, id: rec.ID, desc: d,
		number: m.number, slots: slots, side: at.side,
		tree: newTree(at.files, at.names, os.O_RDWR, nil, s.opts.hooks.wrap),
		part: at.path,
	}
	if ok {
		found = &m
	}
	return p, found, nil
}

// Open opens the payload of a saved transfer. Without its part folder it
// fails with NotFound, which wraps fs.ErrNotExist; without one of its
// finished or shared files, with FileChanged.
func (s *Store) Open(rec app.Record) (app.Payload, app.Described, app.Bitmap, bool, error) {
	open := s.openPart
	if rec.Path != "" {
		open = s.openPlaced
	}
	p, have, recheck, err := open(rec)
	if err != nil {
		return nil, app.Described{}, app.Bitmap{}, false, err
	}
	return p, p.desc, have, recheck, nil
}

func (s *Store) openPart(rec app.Record) (*payload, app.Bitmap, bool, error) {
	at := s.partOf(rec)
	if err := s.occupy(at, rec.ID); err != nil {
		return nil, app.Bitmap{}, false, err
	}
	// A Finish that failed after its rename left nothing to open here.
	if done, err := s.resume(rec, at); err == nil {
		s.vacate(at)
		return s.openPlaced(done)
	}
	side, err := openPartSidecar(at)
	if errors.Is(err, fs.ErrNotExist) {
		err = app.NewProblem(app.NotFound, at, err)
	}
	if err != nil {
		s.vacate(at)
		return nil, app.Bitmap{}, false, trouble(err, at)
	}
	p, have, recheck, err := s.openFiles(rec, at, side)
	if err != nil {
		side.close()
		s.vacate(at)
		return nil, app.Bitmap{}, false, err
	}
	return p, have, recheck, nil
}

func (s *Store) openFiles(rec app.Record, at string, side sidecar) (*payload, app.Bitmap, bool, error) {
	fail := func(err error) (*payload, app.Bitmap, bool, error) { return nil, app.Bitmap{}, false, err }
	d, err := side.readDescription(rec.Package)
	if err != nil {
		return fail(err)
	}
	names, err := fileNames(d.Package, rec)
	if err != nil {
		return fail(err)
	}
	// A missing folder for the payload is as bad as an empty one: everything
	// has to be fetched again.
	if err := side.root.Mkdir(filesDir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return fail(trouble(err, at))
	}
	files, err := openSidecar(side.root, filesDir)
	if err != nil {
		return fail(trouble(err, at))
	}
	wrong, err := reserver{root: files.root, pkg: d.Package, names: names}.reserve(s, filepath.Join(rec.Folder, rec.Target))
	if err != nil {
		files.close()
		return fail(err)
	}
	p, found, err := s.newPart(part{side: side, files: files.root, path: at, names: names}, rec, d)
	if err != nil {
		return fail(err)
	}
	have := app.NewBitmap(d.Package.Layout.Pieces())
	if found != nil {
		have = intersect(found.have, selectedPieces(d.Package, names))
	}
	return p, have, wrong || found == nil, nil
}

// openPlaced opens files in their final place: finished, or shared where they
// lie.
func (s *Store) openPlaced(rec app.Record) (*payload, app.Bitmap, bool, error) {
	fail := func(err error) (*payload, app.Bitmap, bool, error) { return nil, app.Bitmap{}, false, err }
	side, err := openSidecar(s.root, packageDir(rec))
	if errors.Is(err, fs.ErrNotExist) {
		err = app.NewProblem(app.NotFound, s.path(packageDir(rec)), err)
	}
	if err != nil {
		return fail(trouble(err, s.path(packageDir(rec))))
	}
	d, err := side.readDescription(rec.Package)
	if err != nil {
		side.close()
		return fail(err)
	}
	t, err := s.openPlace(rec.Path, rec, d.Package)
	if err != nil {
		side.close()
		return fail(err)
	}
	p, m, ok, err := s.newPlaced(side, t, rec, d)
	if err != nil {
		side.close()
		return fail(errors.Join(err, t.close()))
	}
	var list identList
	if side.readJSON(identsFile, &list) != nil || !list.matches(t.idents, t.names) {
		ok = false
	}
	p.unsaved = !ok
	return p, intersect(m.have, selectedPieces(d.Package, t.names)), !ok, nil
}

// newPlaced makes the payload of files in their final place, which owns side
// and t on success. ok says that a bitmap was found.
func (s *Store) newPlaced(side sidecar, t *tree, rec app.Record, d app.Described) (p *payload, m savedBitmap, ok bool, err error) {
	slots, err := openSlots(side, d.Package.Layout.Pieces())
	if err != nil {
		return nil, savedBitmap{}, false, err
	}
	m, ok = s.newest(rec.ID, slots)
	return &payload{
		store: s, id: rec.ID, desc: d,
		number: m.number, slots: slots, side: side, stage: placed, tree: t,
	}, m, ok, nil
}

// openPlace opens the selected files of a package at target for reading, and
// takes down what they are now. A file that is missing, or is none, is
// FileChanged.
func (s *Store) openPlace(target string, rec app.Record, p *pack.Package) (*tree, error) {
	names, err := fileNames(p, rec)
	if err != nil {
		return nil, err
	}
	dir := target
	if single(p) {
		dir = filepath.Dir(target)
		names[0] = filepath.Base(target)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			err = app.NewProblem(app.FileChanged, target, err)
		}
		return nil, trouble(err, target)
	}
	t := newTree(root, names, os.O_RDONLY, nil, s.opts.hooks.wrap)
	if t.idents, err = t.identify(); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// identify says what every selected file is now.
func (t *tree) identify() ([]ident, error) {
	idents := make([]ident, len(t.names))
	for n, name := range t.names {
		if name == "" {
			continue
		}
		info, err := plain(t.root, name)
		if err != nil {
			return nil, t.lost(n, err)
		}
		idents[n] = identOf(info)
	}
	return idents, nil
}

// Adopt shares files where they lie: at rec.Path, which is a file for a
// package of one file and a folder for any other. They must be what the
// caller hashed for the description; of that, Adopt can see only the sizes.
func (s *Store) Adopt(rec app.Record, d app.Described) (app.Payload, error) {
	if d.Package == nil || d.Package.ID != rec.Package {
		return nil, app.NewProblem(app.Internal, "the record is of another package", nil)
	}
	if !filepath.IsAbs(rec.Path) {
		return nil, app.NewProblem(app.BadInput, "\""+rec.Path+"\" is not a full path", nil)
	}
	if info, err := os.Lstat(rec.Path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, app.NewProblem(app.BadInput, rec.Path+" is a symbolic link; share what it leads to", nil)
	}
	t, err := s.openPlace(rec.Path, rec, d.Package)
	if err != nil {
		return nil, err
	}
	for n, name := range t.names {
		if name != "" && t.idents[n].Size != d.Package.Manifest.Files[n].Size {
			return nil, errors.Join(app.NewProblem(app.FileChanged, t.where(n), nil), t.close())
		}
	}
	p, err := s.place(rec, d, t)
	if err != nil {
		return nil, errors.Join(err, t.close(), s.root.RemoveAll(packageDir(rec)))
	}
	return p, nil
}

// place saves a transfer whose files are complete and in their final place:
// sidecar first, then the record. The payload owns t on success.
func (s *Store) place(rec app.Record, d app.Described, t *tree) (*payload, error) {
	side, err := s.makeSidecar(rec, d)
	if err != nil {
		return nil, err
	}
	p, _, _, err := s.newPlaced(side, t, rec, d)
	if err != nil {
		side.close()
		return nil, err
	}
	all := selectedPieces(d.Package, t.names)
	err = side.writeIdents(t)
	if err == nil {
		err = p.slots.write(savedBitmap{number: p.number, have: all})
	}
	if err == nil {
		err = s.writeRecord(side, rec) // by which a lost database finds the rest
	}
	if err == nil {
		err = s.step("described")
	}
	if err == nil {
		err = p.save(rec, all)
	}
	if err == nil {
		err = side.sync()
	}
	if err != nil {
		side.close()
		return nil, errors.Join(err, p.slots.f.Close())
	}
	return p, nil
}

// Remove deletes the part folder and the sidecar of a transfer whose payload
// is closed; never a file in its final place. It is no error if there is
// nothing.
func (s *Store) Remove(rec app.Record) error {
	at := s.partOf(rec)
	s.mu.Lock()
	_, used := s.inUse[at]
	s.mu.Unlock()
	if used {
		return app.NewProblem(app.Internal, "the transfer is still open", nil)
	}
	if err := s.removePart(rec, at); err != nil {
		return err
	}
	if err := s.removePointer(rec.ID); err != nil {
		return err
	}
	name := packageDir(rec)
	if err := s.root.RemoveAll(name); err != nil {
		return trouble(err, s.path(name))
	}
	_ = s.root.Remove(path.Dir(name)) // it stays where another transfer has the same package
	return nil
}

// removePart deletes the part folder of a transfer if it is one and is not
// another transfer's.
func (s *Store) removePart(rec app.Record, at string) error {
	if !filepath.IsAbs(at) {
		return nil // a transfer that never had one
	}
	_, perr := s.pointer(rec.ID)
	side, err := openPartSidecar(at)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return trouble(err, at)
	}
	var found app.Record
	err = side.readJSON(recordFile, &found)
	side.close()
	if err == nil && found.ID != rec.ID || err != nil && perr != nil {
		return nil
	}
	folder, err := os.OpenRoot(filepath.Dir(at))
	if err != nil {
		return trouble(err, at)
	}
	err = folder.RemoveAll(filepath.Base(at))
	return trouble(errors.Join(err, folder.Close()), at)
}
