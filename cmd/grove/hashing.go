package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
)

// hashed is what became of the PATHs of a command: the files of a package.
type hashed struct {
	build *pack.Build
	// path is where they lie, as app.Sharing wants it: the file, or the folder
	// that the package's paths are relative to. "" where the PATHs lie in
	// several folders; they can be published then, and not shared in place.
	path string
	name string // of the package, unless the user gives another; "" with several PATHs
	size int64  // bytes
}

// hashPaths finds the files at paths and reads each once, with the progress on
// stderr. A folder given alone is the package; given with others, it is a
// folder in it. Links, special files and names that are not safe on every
// computer are refused: BadInput or UnsafeName, naming file and rule.
func hashPaths(ctx context.Context, t *terminal, paths []string) (*hashed, error) {
	s, err := selectFiles(ctx, paths)
	if err != nil {
		return nil, err
	}
	return s.hash(ctx, t)
}

// selection is files that were found and not yet read.
type selection struct {
	files []selected
	path  string // as in hashed
	name  string // as in hashed
	size  int64

	folders []string // absolute: the PATHs that are folders
}

type selected struct {
	folder string   // absolute; the file is opened relative to it
	within string   // with slashes, relative to folder
	path   []string // in the package
	info   fs.FileInfo
}

// file is where it lies, for messages.
func (f selected) file() string { return filepath.Join(f.folder, filepath.FromSlash(f.within)) }

// selectFiles lists the files at paths without reading them.
func selectFiles(ctx context.Context, paths []string) (*selection, error) {
	s := &selection{}
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, app.NewProblem(app.BadInput, strconv.Quote(p)+" is not a path", err)
		}
		info, err := os.Lstat(abs)
		if err != nil {
			return nil, readProblem(abs, err)
		}
		parent, base := filepath.Split(abs)
		if info.IsDir() {
			s.folders = append(s.folders, abs)
		}
		switch {
		case info.IsDir() && len(paths) == 1:
			s.path, s.name = abs, base
			err = s.addFolder(ctx, abs, ".", nil)
		case info.IsDir():
			err = s.addFolder(ctx, parent, base, []string{base})
		default:
			err = s.addFile(parent, base, []string{base}, info)
		}
		if err != nil {
			return nil, err
		}
		if len(paths) > 1 {
			if parent = filepath.Clean(parent); i == 0 {
				s.path = parent
			} else if s.path != parent {
				s.path = ""
			}
		}
	}
	if len(s.files) == 0 {
		return nil, app.NewProblem(app.BadInput, "There is no file in "+strings.Join(paths, ", "), nil)
	}
	// A package of one file is that file, whichever way it was given.
	if f := s.files[0]; len(s.files) == 1 && len(f.path) == 1 {
		s.path, s.name = f.file(), f.path[0]
	}
	return s, nil
}

// addFolder adds every file below folder/start, in the order of their names.
func (s *selection) addFolder(ctx context.Context, folder, start string, prefix []string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return readProblem(folder, err)
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), start, func(within string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return readProblem(filepath.Join(folder, filepath.FromSlash(within)), err)
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return readProblem(filepath.Join(folder, filepath.FromSlash(within)), err)
		}
		inside := strings.TrimPrefix(strings.TrimPrefix(within, start), "/")
		if start == "." {
			inside = within
		}
		path := append(append([]string(nil), prefix...), strings.Split(inside, "/")...)
		return s.addFile(folder, within, path, info)
	})
}

func (s *selection) addFile(folder, within string, path []string, info fs.FileInfo) error {
	f := selected{folder: folder, within: within, path: path, info: info}
	if err := pack.CheckPath(path); err != nil {
		return app.FromPack(err)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return app.NewProblem(app.BadInput, strconv.Quote(f.file())+" is a symbolic link; a package has only files and folders. Name the file that it points to", nil)
	case !info.Mode().IsRegular():
		return app.NewProblem(app.BadInput, strconv.Quote(f.file())+" is not a plain file; a package has only files and folders", nil)
	case len(s.files) == pack.MaxFiles:
		return app.NewProblem(app.BadInput, fmt.Sprintf("There are more than %d files; a package cannot have more", pack.MaxFiles), nil)
	}
	s.files = append(s.files, f)
	s.size += info.Size()
	return nil
}

// draft sets what m will say about the files, with hashes of nothing: enough
// to have every rule of the format applied before hours of reading.
func (s *selection) draft(m *pack.Manifest) {
	m.Piece = pack.PieceSizeFor(s.size)
	m.Files = make([]pack.File, len(s.files))
	for i, f := range s.files {
		m.Files[i] = pack.File{Path: f.path, Size: f.info.Size()}
	}
}

// hash reads every file once.
func (s *selection) hash(ctx context.Context, t *terminal) (*hashed, error) {
	h := &hashed{path: s.path, name: s.name, size: s.size, build: pack.NewBuild(pack.PieceSizeFor(s.size))}
	m := newMeter(t, "hashing", s.size)
	defer m.end()
	for _, f := range s.files {
		whole, pieces, err := f.hash(ctx, m, pack.PieceSizeFor(s.size))
		if err != nil {
			return nil, err
		}
		if err := h.build.Add(f.path, whole, pieces, f.info.Size()); err != nil {
			return nil, app.FromPack(err)
		}
	}
	return h, nil
}

// hash reads the file that was found, and no other that took its place.
func (f selected) hash(ctx context.Context, m *meter, piece int64) (whole pack.Hash, pieces []byte, err error) {
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return pack.Hash{}, nil, readProblem(f.folder, err)
	}
	defer root.Close()
	file, err := root.Open(filepath.FromSlash(f.within))
	if err != nil {
		return pack.Hash{}, nil, readProblem(f.file(), err)
	}
	defer file.Close()
	if err := f.unchanged(file); err != nil {
		return pack.Hash{}, nil, err
	}
	whole, pieces, size, err := pack.HashFile(m.reader(ctx, file), piece)
	switch {
	case ctx.Err() != nil:
		return pack.Hash{}, nil, ctx.Err()
	case err != nil:
		return pack.Hash{}, nil, hashProblem(f.file(), err)
	case size != f.info.Size():
		return pack.Hash{}, nil, app.NewProblem(app.FileChanged, f.file(), errors.New("while it was read"))
	}
	return whole, pieces, f.unchanged(file)
}

func (f selected) unchanged(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return readProblem(f.file(), err)
	}
	if !os.SameFile(info, f.info) || info.Size() != f.info.Size() || !info.ModTime().Equal(f.info.ModTime()) {
		return app.NewProblem(app.FileChanged, f.file(), errors.New("while it was read"))
	}
	return nil
}

// hashProblem is a refusal of the format, or a failed read.
func hashProblem(path string, err error) error {
	var refused *pack.Error
	if errors.As(err, &refused) {
		return app.FromPack(err)
	}
	return readProblem(path, err)
}

// stoppable ends reading when the command was interrupted.
type stoppable struct {
	ctx context.Context
	r   io.Reader
	m   *meter
}

func (s stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(b)
	s.m.add(n)
	return n, err
}
