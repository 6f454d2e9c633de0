package sharing

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

// Selection is the files of a package, found and not yet read.
type Selection struct {
	// Path is where they lie, as app.Sharing wants it: the file, or the folder
	// that the package's paths are relative to. "" where they lie in several
	// folders; they can be published then, and not shared in place.
	Path    string
	Name    string   // of the package, unless the user gives another; "" with several paths
	Size    int64    // bytes
	Folders []string // absolute: the paths that are folders

	files []file
}

// file is one file of a Selection.
type file struct {
	folder string   // absolute; the file is opened relative to it
	within string   // with slashes, relative to folder
	path   []string // in the package
	info   fs.FileInfo
}

// where it lies, for messages.
func (f file) where() string { return filepath.Join(f.folder, filepath.FromSlash(f.within)) }

// Select lists the files at paths without reading them. A folder given alone
// is the package; given with others, it is a folder in it. Links, special
// files and names that are not safe on every computer are refused: BadInput or
// UnsafeName, naming file and rule.
func Select(ctx context.Context, paths []string) (*Selection, error) {
	s := &Selection{}
	for i, p := range paths {
		parent, err := s.add(ctx, p, len(paths) == 1)
		if err != nil {
			return nil, err
		}
		switch {
		case len(paths) == 1:
		case i == 0:
			s.Path = parent
		case s.Path != parent:
			s.Path = ""
		}
	}
	if len(s.files) == 0 {
		return nil, app.NewProblem(app.BadInput, "There is no file in "+strings.Join(paths, ", "), nil)
	}
	// A package of one file is that file, whichever way it was given.
	if f := s.files[0]; len(s.files) == 1 && len(f.path) == 1 {
		s.Path, s.Name = f.where(), f.path[0]
	}
	return s, nil
}

// add adds what lies at path and returns the folder that it lies in.
func (s *Selection) add(ctx context.Context, path string, alone bool) (parent string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", app.NewProblem(app.BadInput, strconv.Quote(path)+" is not a path", err)
	}
	info, err := os.Lstat(abs)
	if err != nil {
		return "", files.ReadProblem(abs, err)
	}
	parent, base := filepath.Split(abs)
	if info.IsDir() {
		s.Folders = append(s.Folders, abs)
	}
	switch {
	case info.IsDir() && alone:
		s.Path, s.Name = abs, base
		err = s.addFolder(ctx, abs, ".", nil)
	case info.IsDir():
		err = s.addFolder(ctx, parent, base, []string{base})
	default:
		err = s.addFile(parent, base, []string{base}, info)
	}
	return filepath.Clean(parent), err
}

// addFolder adds every file below folder/start, in the order of their names.
func (s *Selection) addFolder(ctx context.Context, folder, start string, prefix []string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return files.ReadProblem(folder, err)
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), start, func(within string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return files.ReadProblem(filepath.Join(folder, filepath.FromSlash(within)), err)
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return files.ReadProblem(filepath.Join(folder, filepath.FromSlash(within)), err)
		}
		inside := strings.TrimPrefix(strings.TrimPrefix(within, start), "/")
		if start == "." {
			inside = within
		}
		path := append(append([]string(nil), prefix...), strings.Split(inside, "/")...)
		return s.addFile(folder, within, path, info)
	})
}

func (s *Selection) addFile(folder, within string, path []string, info fs.FileInfo) error {
	f := file{folder: folder, within: within, path: path, info: info}
	if err := pack.CheckPath(path); err != nil {
		return app.FromPack(err)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return app.NewProblem(app.BadInput, strconv.Quote(f.where())+" is a symbolic link; a package has only files and folders. Name the file that it points to", nil)
	case !info.Mode().IsRegular():
		return app.NewProblem(app.BadInput, strconv.Quote(f.where())+" is not a plain file; a package has only files and folders", nil)
	case len(s.files) == pack.MaxFiles:
		return app.NewProblem(app.BadInput, fmt.Sprintf("There are more than %d files; a package cannot have more", pack.MaxFiles), nil)
	}
	s.files = append(s.files, f)
	s.Size += info.Size()
	return nil
}

// First is the first name in the package: a file, or a folder of them.
func (s *Selection) First() string { return s.files[0].path[0] }

// Holds reports whether the file that info describes is one of them.
func (s *Selection) Holds(info fs.FileInfo) bool {
	for _, f := range s.files {
		if os.SameFile(info, f.info) {
			return true
		}
	}
	return false
}
