package storage

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// Finish goes through steps that a crash may separate:
//
//  1. the payload is synced; what was not selected is deleted;
//  2. finish.json in the part folder says what is about to happen;
//  3. the payload is renamed into place;
//  4. the sidecar is written in the data folder, then the record, with Path;
//  5. the part folder and the pointer to it are deleted.
//
// Until 3 the transfer is as it was. From 3 on Finish, or resume at the next
// start, can only go on: finish.json knows the files that were renamed.

// finishJob is finish.json.
type finishJob struct {
	Record app.Record `json:"record"` // as it will be, with Path
	Files  identList  `json:"files"`  // what the files were before the rename
}

// finishStage is how far Finish came.
type finishStage uint8

const (
	inPart  finishStage = iota // the files are in the part folder
	renamed                    // they are in place, which is not saved yet
	placed                     // everything is saved
)

// Finish puts the files in place, saves rec with Path, and returns the path.
// The caller has seen every selected piece written. It may be called again
// after it failed. A file that is not as long as it must be is FileChanged.
func (p *payload) Finish(rec app.Record) (string, error) {
	p.saving.Lock()
	defer p.saving.Unlock()
	if err := p.usable(rec); err != nil {
		return "", err
	}
	target := filepath.Join(rec.Folder, rec.Target)
	if p.stage == placed {
		if rec.Path != "" {
			target = rec.Path
		}
		return target, nil
	}
	if err := checkPlace(rec, p.desc); err != nil {
		return "", err
	}
	if filepath.Dir(p.part) != filepath.Clean(rec.Folder) {
		return "", p.misuse("finish %s in %s", p.part, rec.Folder)
	}
	p.moving.RLock()
	err := p.tree.sync() // the long part, while pieces can still be read
	p.moving.RUnlock()
	if err != nil {
		return "", err
	}
	rec.Path = target
	if err := p.move(rec); err != nil {
		return "", err
	}
	_ = p.store.backup() // a convenience; Close tries again
	return target, nil
}

// move does every step, those that were done before excepted. Called with
// saving held.
func (p *payload) move(rec app.Record) error {
	p.moving.Lock()
	defer p.moving.Unlock()
	if p.stage == inPart {
		if err := p.rename(rec); err != nil {
			return err
		}
	}
	return p.complete(rec)
}

// rename does steps 1 to 3. When it fails the payload is usable as before.
// Called with saving and moving held.
func (p *payload) rename(rec app.Record) error {
	if err := p.tree.sync(); err != nil { // of what was written meanwhile
		return err
	}
	if err := p.tree.prune(); err != nil {
		return err
	}
	idents, err := p.tree.identify()
	if err != nil {
		return err
	}
	for n, name := range p.tree.names {
		if name != "" && idents[n].Size != p.desc.Package.Manifest.Files[n].Size {
			return app.NewProblem(app.FileChanged, p.tree.where(n), nil)
		}
	}
	names := p.tree.names
	if err := p.store.step("intend"); err != nil {
		return err
	}
	job := finishJob{Record: rec, Files: listOf(idents, names)}
	if err := errors.Join(p.side.writeJSON(finishFile, job), p.side.sync()); err != nil {
		return err
	}
	if err := p.store.step("rename"); err != nil {
		return err
	}
	// Windows renames no folder with open files in it.
	if err := p.tree.close(); err != nil {
		return trouble(err, p.part)
	}
	if err := p.moveIntoPlace(rec); err != nil {
		files, oerr := openSidecar(p.side.root, filesDir)
		if oerr != nil {
			return errors.Join(err, oerr)
		}
		p.tree = newTree(files.root, names, os.O_RDWR, nil, p.store.opts.hooks.wrap)
		return errors.Join(err, p.side.root.Remove(finishFile))
	}
	p.stage = renamed
	return nil
}

func (p *payload) moveIntoPlace(rec app.Record) error {
	folder, err := os.OpenRoot(rec.Folder)
	if err != nil {
		return trouble(err, rec.Folder)
	}
	defer func() { _ = folder.Close() }() // names in it are synced below
	from := path.Join(filepath.Base(p.part), filesDir)
	if single(p.desc.Package) {
		from = path.Join(from, p.desc.Package.Manifest.Files[0].Path[0])
	}
	err = renameNew(folder, from, rec.Target)
	if errors.Is(err, fs.ErrExist) {
		return app.NewProblem(app.TargetExists, rec.Path, err)
	}
	if err != nil {
		return trouble(err, rec.Path)
	}
	// The rename stands whatever this says; step 4 is what must come after it.
	return nil
}

// complete does steps 4 and 5. Called with saving and moving held.
func (p *payload) complete(rec app.Record) error {
	if err := p.store.step("renamed"); err != nil {
		return err
	}
	if p.tree.isClosed() {
		t, err := p.store.openPlace(rec.Path, rec, p.desc.Package)
		if err != nil {
			return err
		}
		p.tree = t
	}
	if err := syncFolder(rec.Folder); err != nil {
		return err
	}
	next, err := p.store.place(rec, p.desc, p.tree)
	if err != nil {
		return err
	}
	_ = p.slots.f.Close() // it is deleted next
	p.side.close()
	p.side, p.slots, p.number = next.side, next.slots, next.number
	p.stage = placed
	part := p.part
	p.part = ""
	p.store.vacate(part)
	if err := p.store.step("placed"); err != nil {
		return err
	}
	// Everything is saved; what cannot be deleted now is at the next start.
	_ = p.store.discardPart(rec, part)
	return nil
}

// discardPart does step 5.
func (s *Store) discardPart(rec app.Record, part string) error {
	if err := s.removePart(rec, part); err != nil {
		return err
	}
	if err := s.step("discarded"); err != nil {
		return err
	}
	return s.removePointer(rec.ID)
}

// settle brings back every transfer that has a sidecar but no record, and
// goes on with every Finish that a crash interrupted.
func (s *Store) settle() error {
	records, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	ids, err := s.sidecarIDs()
	if err != nil {
		return err
	}
	for _, rec := range records {
		delete(ids, rec.ID)
	}
	for id := range ids {
		rec, err := s.recall(id)
		if err != nil {
			continue // its disk is away, or it was never complete
		}
		if err := s.update(func(tx *bolt.Tx) error { return putRecord(tx, rec) }); err != nil {
			return err
		}
		records = append(records, rec)
	}
	for _, rec := range records {
		part, err := s.pointer(rec.ID)
		if err != nil {
			continue
		}
		// A transfer whose disk is away stays as it is; its Open says why. A part
		// folder that cannot be deleted is tried again at the next start.
		if rec.Path == "" {
			_, _ = s.resume(rec, part)
		} else {
			_ = s.discardPart(rec, part)
		}
	}
	return nil
}

// resume goes on with a Finish that came as far as the rename and returns the
// record with Path. Without one it fails, and the transfer is as it was.
func (s *Store) resume(rec app.Record, part string) (app.Record, error) {
	side, err := openPartSidecar(part)
	if err != nil {
		return rec, err
	}
	defer side.close()
	var job finishJob
	if err := side.readJSON(finishFile, &job); err != nil {
		return rec, err
	}
	t, d, err := s.arrived(job, rec, part, side)
	if err != nil {
		// The rename was never made; the engine finishes again.
		return rec, errors.Join(err, side.root.Remove(finishFile))
	}
	if err := syncFolder(filepath.Dir(part)); err != nil {
		return rec, errors.Join(err, t.close())
	}
	p, err := s.place(job.Record, d, t)
	if err != nil {
		return rec, errors.Join(err, t.close())
	}
	_ = p.Close()                       // everything is saved
	side.close()                        // Windows deletes no folder that is open
	_ = s.discardPart(job.Record, part) // what is left goes at the next start
	return job.Record, nil
}

// arrived opens the target of a Finish if the files there are those that were
// to be renamed.
func (s *Store) arrived(job finishJob, rec app.Record, part string, side sidecar) (*tree, app.Described, error) {
	target := filepath.Join(filepath.Dir(part), job.Record.Target)
	if job.Record.ID != rec.ID || job.Record.Package != rec.Package || job.Record.Path != target {
		return nil, app.Described{}, errors.New("storage: another transfer's finish.json")
	}
	d, err := side.readDescription(rec.Package)
	if err != nil {
		return nil, d, err
	}
	t, err := s.openPlace(target, job.Record, d.Package)
	if err != nil {
		return nil, d, err
	}
	if !job.Files.matches(t.idents, t.names) {
		return nil, d, errors.Join(app.NewProblem(app.FileChanged, target, nil), t.close())
	}
	return t, d, nil
}

// prune deletes from the payload what was not selected: files of an earlier
// selection, and anything somebody put there.
func (t *tree) prune() error {
	keep := map[string]bool{".": true}
	for _, name := range t.names {
		for ; name != "" && !keep[name]; name = path.Dir(name) {
			keep[name] = true
		}
	}
	var gone []string
	err := fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || keep[name] {
			return err
		}
		gone = append(gone, name)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	for _, name := range gone {
		err = errors.Join(err, t.root.RemoveAll(name))
	}
	return trouble(err, t.root.Name())
}

func (t *tree) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return trouble(err, dir)
	}
	return trouble(errors.Join(syncDir(root, "."), root.Close()), dir)
}
