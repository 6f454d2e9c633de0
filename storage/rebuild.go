package storage

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// rebuild replaces a lost or damaged database: the damaged file is moved
// aside, the last good copy takes its place if there is one, else an empty
// database, and the sidecars say what the copy cannot know.
func (s *Store) rebuild(damage error) error {
	lost := s.hasSidecars()
	if err := s.moveAside(); err != nil {
		return err
	}
	restored, err := s.restore()
	if err != nil {
		return err
	}
	if !restored {
		if err := s.createDB(); err != nil {
			return err
		}
	}
	if err := s.mount(); err != nil {
		return err
	}
	if lost || restored || !errors.Is(damage, fs.ErrNotExist) {
		s.setNotice(damage)
	}
	return s.merge()
}

func (s *Store) hasSidecars() bool {
	for _, pattern := range []string{packages + "/*/*", pointers + "/*"} {
		if found, err := fs.Glob(s.root.FS(), pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// moveAside keeps a damaged database for whoever wants to look into it.
func (s *Store) moveAside() error {
	aside := dbName + ".damaged-" + time.Now().UTC().Format("20060102T150405.000")
	err := s.root.Rename(dbName, aside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return trouble(err, s.path(dbName))
}

// restore puts the last good copy in the place of the database.
func (s *Store) restore() (bool, error) {
	src, err := s.root.Open(backupName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, trouble(err, s.path(backupName))
	}
	defer func() { _ = src.Close() }() // only read
	const temp = dbName + ".copy"
	err = replaceFile(s.root, temp, func(f *os.File) error {
		_, err := io.Copy(f, src)
		return err
	})
	if err != nil {
		return false, trouble(err, s.dir)
	}
	damage, err := s.probe(s.path(temp))
	if err != nil {
		return false, err
	}
	if damage != nil {
		return false, trouble(s.root.Remove(temp), s.path(temp))
	}
	return true, s.install(temp)
}

// merge brings the database to what the sidecars say. They are at least as
// new as any copy; a transfer that has none any more was deleted since.
func (s *Store) merge() error {
	known, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	before := map[uuid.UUID]app.Record{}
	for _, rec := range known {
		before[rec.ID] = rec
	}
	ids, err := s.sidecarIDs()
	if err != nil {
		return err
	}
	for _, rec := range known {
		if !ids[rec.ID] {
			if err := s.DeleteTransfer(rec.ID); err != nil {
				return err
			}
		}
	}
	var found []app.Record
	for id := range ids {
		rec, err := s.recall(id)
		if err != nil {
			continue // its disk is not there now, or it is lost; a known record stays
		}
		rec.Counts = rec.Counts.Most(before[id].Counts)
		rec.Have = max(rec.Have, before[id].Have)
		found = append(found, rec)
	}
	return s.update(func(tx *bolt.Tx) error {
		for _, rec := range found {
			if err := putRecord(tx, rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// sidecarIDs are the transfers that have a sidecar in the data folder or a
// pointer to a part folder.
func (s *Store) sidecarIDs() (map[uuid.UUID]bool, error) {
	ids := map[uuid.UUID]bool{}
	for _, pattern := range []string{packages + "/*/*", pointers + "/*"} {
		found, err := fs.Glob(s.root.FS(), pattern)
		if err != nil {
			return nil, trouble(err, s.dir)
		}
		for _, name := range found {
			if id, err := uuid.Parse(path.Base(name)); err == nil {
				ids[id] = true
			}
		}
	}
	return ids, nil
}

// recall reads the record of a transfer from its sidecar: of a finished or
// shared package before that of a part folder, which is then a leftover, and
// that of a part folder before what was kept until it was made.
func (s *Store) recall(id uuid.UUID) (app.Record, error) {
	kept, err := s.recallHere(id)
	if err == nil && kept.Path != "" {
		return kept, nil
	}
	rec, perr := s.recallPart(id)
	if err == nil && errors.Is(perr, errNoPointer) {
		return kept, nil
	}
	return rec, perr
}

// recallHere reads the record of a transfer from its sidecar in the data
// folder. One without Path waits for its part folder, or waited once.
func (s *Store) recallHere(id uuid.UUID) (app.Record, error) {
	found, err := fs.Glob(s.root.FS(), packages+"/*/"+id.String())
	if err != nil {
		return app.Record{}, err
	}
	for _, name := range found {
		c, err := openSidecar(s.root, name)
		if err != nil {
			continue
		}
		rec, err := c.readRecord(id)
		c.close()
		if err == nil && rec.Package.String() == path.Base(path.Dir(name)) {
			return rec, nil
		}
	}
	return app.Record{}, fs.ErrNotExist
}

// errNoPointer says that a transfer has no part folder.
var errNoPointer = errors.New("storage: no part folder")

// recallPart reads the record of an unfinished transfer from its part folder.
// If only the record is lost there, one is made that the user can go on with.
func (s *Store) recallPart(id uuid.UUID) (app.Record, error) {
	part, err := s.pointer(id)
	if errors.Is(err, fs.ErrNotExist) {
		return app.Record{}, errNoPointer
	}
	if err != nil {
		return app.Record{}, err
	}
	c, err := openPartSidecar(part)
	if err != nil {
		return app.Record{}, err
	}
	defer c.close()
	rec, err := c.readRecord(id)
	if errors.Is(err, errOther) {
		return app.Record{}, err
	}
	if err != nil {
		p, perr := c.readPackage()
		if perr != nil {
			return app.Record{}, errors.Join(err, perr)
		}
		info, serr := c.root.Stat(".")
		if serr != nil {
			return app.Record{}, serr
		}
		rec = app.Record{
			ID: id, Package: p.ID, Name: p.Manifest.Name,
			State: app.Paused, Created: info.ModTime().UTC(),
		}
	}
	// The place is known better than what was written down there.
	rec.Folder, rec.Target, rec.Path = filepath.Dir(part), targetOf(part), ""
	return rec, nil
}
