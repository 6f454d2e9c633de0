package storage

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"grove/app"
	"grove/app/pack"
)

// reserver gives the selected files of a package their sizes below root.
type reserver struct {
	root  *os.Root
	pkg   *pack.Package
	names []string
}

// reserve makes what is missing. wrong says that something was missing or had
// another size. target is what there has to be room for.
func (r reserver) reserve(s *Store, target string) (wrong bool, err error) {
	todo, need, err := r.missing()
	if err != nil || len(todo) == 0 {
		return false, err
	}
	// Found out before a full disk stops whatever else runs on it.
	if free, err := s.Free(r.root.Name()); err != nil {
		return true, err
	} else if free < need {
		return true, app.NewProblem(app.NoSpace, target, nil)
	}
	made := map[string]bool{".": true}
	for _, n := range todo {
		if err := s.step("reserve"); err != nil {
			return true, err
		}
		if err := r.makeFolders(path.Dir(r.names[n]), made); err != nil {
			return true, r.failed(n, target, err)
		}
		if err := r.make(n); err != nil {
			return true, r.failed(n, target, err)
		}
	}
	for dir := range made {
		if err := syncDir(r.root, dir); err != nil {
			return true, trouble(err, r.root.Name())
		}
	}
	return true, nil
}

// failed names the target where room is missing, else the file.
func (r reserver) failed(n int, target string, err error) error {
	if kind, _ := classify(err); kind == app.NoSpace {
		return trouble(err, target)
	}
	return trouble(err, filepath.Join(r.root.Name(), filepath.FromSlash(r.names[n])))
}

// missing lists the files that are not there in full, and the bytes they need.
func (r reserver) missing() (todo []int, need int64, err error) {
	for n, name := range r.names {
		if name == "" {
			continue
		}
		size := r.pkg.Manifest.Files[n].Size
		info, err := plain(r.root, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			todo, need = append(todo, n), need+size
		case err != nil:
			return nil, 0, trouble(err, filepath.Join(r.root.Name(), filepath.FromSlash(name)))
		case info.Size() != size:
			todo, need = append(todo, n), need+max(0, size-info.Size())
		}
	}
	return todo, need, nil
}

// makeFolders makes dir and those above it, and adds them to made.
func (r reserver) makeFolders(dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := r.makeFolders(path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	if err := r.root.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (r reserver) make(n int) error {
	f, err := r.root.OpenFile(filepath.FromSlash(r.names[n]), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	err = preallocate(f, r.pkg.Manifest.Files[n].Size)
	return errors.Join(err, f.Close())
}
