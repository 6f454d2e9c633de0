package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

const (
	partSuffix = ".grove-part" // of the part folder beside the target
	filesDir   = "files"       // in it: the payload, laid out as it will be
)

func targetOf(part string) string { return strings.TrimSuffix(filepath.Base(part), partSuffix) }

// single reports whether the package is one file, which then becomes the
// target itself; the target of any other is a folder.
func single(p *pack.Package) bool {
	return len(p.Manifest.Files) == 1 && len(p.Manifest.Files[0].Path) == 1
}

// fileNames are the slash-separated paths of the selected files, "" for the
// others.
func fileNames(p *pack.Package, rec app.Record) ([]string, error) {
	names := make([]string, len(p.Manifest.Files))
	if len(rec.Selected) == 0 {
		for n, f := range p.Manifest.Files {
			names[n] = path.Join(f.Path...)
		}
	}
	for _, n := range rec.Selected {
		if n < 0 || n >= len(names) {
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("The package has no file number %d", n), nil)
		}
		names[n] = path.Join(p.Manifest.Files[n].Path...)
	}
	return names, nil
}

// selectedPieces is the set of all pieces of the files that have a name.
func selectedPieces(p *pack.Package, names []string) app.Bitmap {
	all := app.NewBitmap(p.Layout.Pieces())
	for n, name := range names {
		if name == "" {
			continue
		}
		for i, end := p.Layout.FilePieces(n); i < end; i++ {
			all.Set(i)
		}
	}
	return all
}

func intersect(a, b app.Bitmap) app.Bitmap {
	both := app.NewBitmap(a.Len())
	a.Each(func(i int) bool {
		if b.Has(i) {
			both.Set(i)
		}
		return true
	})
	return both
}

// Create makes the part folder of a new transfer, or adopts the one that is
// there for the same package, and saves the record. What it made is gone
// again when it fails.
func (s *Store) Create(rec app.Record, d app.Described) (app.Payload, app.Bitmap, bool, error) {
	fail := func(err error) (app.Payload, app.Bitmap, bool, error) { return nil, app.Bitmap{}, false, err }
	if err := checkPlace(rec, d); err != nil {
		return fail(err)
	}
	names, err := fileNames(d.Package, rec)
	if err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(rec.Folder, 0o777); err != nil {
		return fail(trouble(err, rec.Folder))
	}
	folder, err := os.OpenRoot(rec.Folder)
	if err != nil {
		return fail(trouble(err, rec.Folder))
	}
	defer func() { _ = folder.Close() }() // names in it are synced on their own
	at := filepath.Join(rec.Folder, rec.Target) + partSuffix
	if err := s.occupy(at, rec.ID); err != nil {
		return fail(err)
	}
	b := &partBuilder{store: s, folder: folder, path: at, rec: rec, desc: d, names: names}
	p, have, err := b.build()
	if err != nil {
		err = errors.Join(err, b.undo())
		s.vacate(at)
		return fail(err)
	}
	return p, have, b.recheck, nil
}

// checkPlace refuses a record that does not say where its target lies.
func checkPlace(rec app.Record, d app.Described) error {
	if d.Package == nil || d.Package.ID != rec.Package {
		return app.NewProblem(app.Internal, "the record is of another package", nil)
	}
	if !filepath.IsAbs(rec.Folder) {
		return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not the full path of a folder", rec.Folder), nil)
	}
	if !filepath.IsLocal(rec.Target) || filepath.Base(rec.Target) != rec.Target || rec.Target == "." ||
		strings.ContainsAny(rec.Target, "/\\\x00") {
		return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not a name for a file or folder", rec.Target), nil)
	}
	return nil
}

// partBuilder makes one part folder.
type partBuilder struct {
	store  *Store
	folder *os.Root // where the target will lie
	path   string   // of the part folder
	rec    app.Record
	desc   app.Described
	names  []string

	side    sidecar
	fresh   bool // the folder was made here
	pointed bool // so was the pointer to it
	recheck bool // what an adopted folder holds is not certain
}

func (b *partBuilder) build() (*payload, app.Bitmap, error) {
	fail := func(err error) (*payload, app.Bitmap, error) { return nil, app.Bitmap{}, err }
	if err := b.claim(); err != nil {
		return fail(err)
	}
	_, err := b.store.pointer(b.rec.ID)
	b.pointed = err != nil
	if err := b.store.writePointer(b.rec.ID, b.path); err != nil {
		return fail(err)
	}
	if err := b.side.writeDescription(b.desc); err != nil {
		return fail(err)
	}
	if err := b.store.writeRecord(b.side, b.rec); err != nil {
		return fail(err)
	}
	files, err := b.reserve()
	if err != nil {
		return fail(err)
	}
	p, found, err := b.store.newPart(part{side: b.side, files: files, path: b.path, names: b.names}, b.rec, b.desc)
	if err != nil {
		return fail(err)
	}
	have := app.NewBitmap(b.desc.Package.Layout.Pieces())
	if found != nil && !b.fresh {
		have = intersect(found.have, selectedPieces(b.desc.Package, b.names))
	}
	b.recheck = !b.fresh && (b.recheck || found == nil)
	err = p.save(b.rec, have)
	if err == nil {
		err = errors.Join(b.side.sync(), syncDir(b.folder, "."))
	}
	if err != nil {
		return fail(errors.Join(trouble(err, b.path), p.slots.f.Close(), p.tree.close()))
	}
	return p, have, nil
}

// reserve makes the payload files that are missing and gives every one its
// size.
func (b *partBuilder) reserve() (*os.Root, error) {
	if err := b.side.root.Mkdir(filesDir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, trouble(err, b.path)
	}
	files, err := openSidecar(b.side.root, filesDir)
	if err != nil {
		return nil, trouble(err, b.path)
	}
	r := reserver{root: files.root, pkg: b.desc.Package, names: b.names}
	b.recheck, err = r.reserve(b.store, filepath.Join(b.rec.Folder, b.rec.Target))
	if err != nil {
		files.close()
		return nil, err
	}
	return files.root, nil
}

// claim makes the part folder, or makes sure that the one that is there is of
// this package and nobody else's.
func (b *partBuilder) claim() error {
	target := filepath.Join(b.rec.Folder, b.rec.Target)
	switch _, err := b.folder.Lstat(b.rec.Target); {
	case err == nil:
		return app.NewProblem(app.TargetExists, target, nil)
	case !errors.Is(err, fs.ErrNotExist):
		return trouble(err, target)
	}
	name := filepath.Base(b.path)
	err := b.folder.Mkdir(name, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return trouble(err, b.path)
	}
	b.fresh = err == nil
	if b.side, err = openSidecar(b.folder, name); err != nil {
		return b.taken(err)
	}
	if b.fresh {
		return nil
	}
	if err := b.ours(); err != nil {
		b.side.close()
		return err
	}
	// A Finish that was broken off elsewhere is of no use here.
	return trouble(b.side.root.RemoveAll(finishFile), b.path)
}

func (b *partBuilder) taken(cause error) error {
	return app.NewProblem(app.TargetExists, b.path, cause)
}

// ours returns nil if the part folder may be adopted.
func (b *partBuilder) ours() error {
	if other, err := b.store.owner(b.path, b.rec.ID); err != nil {
		return err
	} else if other != uuid.Nil {
		return b.taken(fmt.Errorf("of transfer %s", other))
	}
	p, err := b.side.readPackage()
	if err == nil {
		if p.ID != b.rec.Package {
			return b.taken(errors.New("of another package"))
		}
		return nil
	}
	var rec app.Record
	if b.side.readJSON(recordFile, &rec) == nil && rec.Package == b.rec.Package {
		return nil
	}
	// A crash between the making of the folder and of its description leaves no
	// payload behind.
	d, derr := b.side.root.Lstat(filesDir)
	if errors.Is(derr, fs.ErrNotExist) {
		return nil
	}
	if derr == nil && d.IsDir() && b.side.root.Remove(filesDir) == nil {
		return nil
	}
	return b.taken(err)
}

// owner returns the saved transfer other than id that a part folder belongs
// to, or the nil ID.
func (s *Store) owner(part string, id uuid.UUID) (uuid.UUID, error) {
	records, err := s.LoadTransfers()
	if err != nil {
		return uuid.Nil, err
	}
	for _, rec := range records {
		if rec.ID == id || rec.Path != "" {
			continue
		}
		if at, err := s.pointer(rec.ID); err == nil && at == part {
			return rec.ID, nil
		}
	}
	return uuid.Nil, nil
}

// undo takes away what build made.
func (b *partBuilder) undo() error {
	if b.side.root != nil {
		b.side.close()
	}
	var errs []error
	if b.fresh {
		errs = append(errs, b.folder.RemoveAll(filepath.Base(b.path)))
	}
	if b.pointed {
		errs = append(errs, b.store.removePointer(b.rec.ID))
	}
	return errors.Join(errs...)
}
