package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

// Names in a sidecar.
const (
	groveFile  = "package.grove"
	hashesFile = "hashes"
	posterFile = "poster"
	bitmapFile = "bitmap"
	recordFile = "transfer.json"
	identsFile = "files.json"  // of finished and shared packages: what the files were when verified
	finishFile = "finish.json" // only while Finish is under way
)

// maxRecord bounds transfer.json, files.json and finish.json; 20,000 files
// take about 2 MiB.
const maxRecord = 16 << 20

// maxGrove bounds package.grove: the manifest and the four lines before it.
const maxGrove = pack.MaxManifest + 4<<10

// sidecar is a folder that holds the description of a package and what is
// known of its files, so that the database can be lost.
type sidecar struct{ root *os.Root }

// openSidecar opens folder name in root.
func openSidecar(root *os.Root, name string) (sidecar, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return sidecar{}, err
	}
	if !info.IsDir() {
		return sidecar{}, planted(root, name, info)
	}
	sub, err := root.OpenRoot(name)
	return sidecar{sub}, err
}

// openPartSidecar opens the part folder at an absolute path.
func openPartSidecar(part string) (sidecar, error) {
	folder, err := os.OpenRoot(filepath.Dir(part))
	if err != nil {
		return sidecar{}, err
	}
	defer func() { _ = folder.Close() }() // nothing was written through it
	return openSidecar(folder, filepath.Base(part))
}

// packageDir is the name of a transfer's sidecar in the data folder. Two
// transfers of one package each have their own below the package's.
func packageDir(rec app.Record) string {
	return path.Join(packages, rec.Package.String(), rec.ID.String())
}

// sidecarOf opens the sidecar of a transfer where it is now.
func (s *Store) sidecarOf(rec app.Record) (sidecar, error) {
	if rec.Path != "" {
		return openSidecar(s.root, packageDir(rec))
	}
	part, err := s.pointer(rec.ID)
	if err != nil {
		return sidecar{}, err
	}
	return openPartSidecar(part)
}

// makeSidecar makes the sidecar of a transfer in the data folder, durably.
func (s *Store) makeSidecar(rec app.Record, d app.Described) (sidecar, error) {
	name := packageDir(rec)
	if err := s.root.MkdirAll(name, 0o700); err != nil {
		return sidecar{}, trouble(err, s.path(name))
	}
	for _, dir := range []string{path.Dir(name), packages} {
		if err := syncDir(s.root, dir); err != nil {
			return sidecar{}, trouble(err, s.path(dir))
		}
	}
	c, err := openSidecar(s.root, name)
	if err != nil {
		return sidecar{}, trouble(err, s.path(name))
	}
	if err := c.writeDescription(d); err != nil {
		c.close()
		return sidecar{}, err
	}
	return c, nil
}

func (c sidecar) close() { _ = c.root.Close() } // files in it were closed on their own

func (c sidecar) where(name string) string { return filepath.Join(c.root.Name(), name) }

func (c sidecar) write(name string, b []byte) error {
	return trouble(writeFile(c.root, name, b), c.where(name))
}

// read returns a file of at most limit bytes.
func (c sidecar) read(name string, limit int64) ([]byte, error) {
	info, err := plain(c.root, name)
	if err != nil {
		return nil, trouble(err, c.where(name))
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("storage: %s has %d bytes", c.where(name), info.Size())
	}
	f, err := c.root.Open(name)
	if err != nil {
		return nil, trouble(err, c.where(name))
	}
	b, err := io.ReadAll(io.LimitReader(f, limit))
	return b, trouble(errors.Join(err, f.Close()), c.where(name))
}

// sync makes the names in the sidecar durable.
func (c sidecar) sync() error { return trouble(syncDir(c.root, "."), c.root.Name()) }

func (c sidecar) writeDescription(d app.Described) error {
	if err := c.write(hashesFile, d.Hashes); err != nil {
		return err
	}
	if len(d.Poster) > 0 {
		if err := c.write(posterFile, d.Poster); err != nil {
			return err
		}
	}
	// Last, for it is what a part folder is recognised by.
	return c.write(groveFile, d.Package.Bytes())
}

func (c sidecar) readPackage() (*pack.Package, error) {
	b, err := c.read(groveFile, maxGrove)
	if err != nil {
		return nil, err
	}
	p, err := pack.Open(b)
	if err != nil {
		return nil, app.NewProblem(app.BadPackage, c.where(groveFile), err)
	}
	return p, nil
}

// readDescription returns the verified description of package id.
func (c sidecar) readDescription(id pack.ID) (app.Described, error) {
	p, err := c.readPackage()
	if err != nil {
		return app.Described{}, err
	}
	if p.ID != id {
		return app.Described{}, app.NewProblem(app.WrongPackage, c.where(groveFile), nil)
	}
	b, err := c.read(hashesFile, pack.MaxPieces*32)
	if err != nil {
		return app.Described{}, err
	}
	hashes, err := p.CheckHashes(b)
	if err != nil {
		return app.Described{}, app.NewProblem(app.BadPackage, c.where(hashesFile), err)
	}
	d := app.Described{Package: p, Hashes: hashes}
	// A package does without its poster.
	if b, err := c.read(posterFile, pack.MaxPoster); err == nil && p.CheckPoster(b) == nil {
		d.Poster = b
	}
	return d, nil
}

func (c sidecar) writeRecord(rec app.Record) error { return c.writeJSON(recordFile, rec) }

// errOther says that a sidecar has come to belong to another transfer.
var errOther = errors.New("of transfer")

// readRecord returns the record of transfer id and no other.
func (c sidecar) readRecord(id uuid.UUID) (rec app.Record, err error) {
	if err := c.readJSON(recordFile, &rec); err != nil {
		return app.Record{}, err
	}
	if rec.ID != id {
		return app.Record{}, fmt.Errorf("storage: %s: %w %s", c.where(recordFile), errOther, rec.ID)
	}
	return rec, nil
}

// identList is files.json: one entry a file of the manifest, null where the
// file was not selected.
type identList []*ident

func listOf(idents []ident, names []string) identList {
	list := make(identList, len(idents))
	for n := range idents {
		if names[n] != "" {
			list[n] = &idents[n]
		}
	}
	return list
}

func (c sidecar) writeIdents(t *tree) error {
	return c.writeJSON(identsFile, listOf(t.idents, t.names))
}

// matches reports whether every selected file is what the list says.
func (l identList) matches(idents []ident, names []string) bool {
	if len(l) != len(idents) {
		return false
	}
	for n, name := range names {
		if name != "" && (l[n] == nil || *l[n] != idents[n]) {
			return false
		}
	}
	return true
}

func (c sidecar) writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.write(name, b)
}

func (c sidecar) readJSON(name string, v any) error {
	b, err := c.read(name, maxRecord)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("storage: %s: %w", c.where(name), err)
	}
	return nil
}
