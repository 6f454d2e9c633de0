package storage

import (
	"errors"
	"io/fs"

	"grove/app"
)

// Keep saves the description of a transfer that waits for Create, in the place
// that its sidecar will have once it is finished.
func (s *Store) Keep(rec app.Record, d app.Described) error {
	if d.Package == nil || d.Package.ID != rec.Package {
		return app.NewProblem(app.Internal, "the record is of another package", nil)
	}
	c, err := s.makeSidecar(rec, d)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.writeRecord(rec); err != nil { // by which a lost database finds the rest
		return err
	}
	return c.sync()
}

// Kept returns what Keep saved. It fails for a transfer that has a part folder,
// even one that is out of reach.
func (s *Store) Kept(rec app.Record) (app.Described, error) {
	if part, err := s.pointer(rec.ID); !errors.Is(err, fs.ErrNotExist) {
		return app.Described{}, errors.Join(app.NewProblem(app.TargetExists, part, nil), err)
	}
	c, err := openSidecar(s.root, packageDir(rec))
	if err != nil {
		return app.Described{}, trouble(err, s.path(packageDir(rec)))
	}
	defer c.close()
	was, err := c.readRecord(rec.ID)
	if err == nil && was.Path != "" { // finished since, or shared in place
		err = app.NewProblem(app.TargetExists, was.Path, nil)
	}
	if err != nil {
		return app.Described{}, err
	}
	return c.readDescription(rec.Package)
}
