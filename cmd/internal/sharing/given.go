package sharing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

// selectGiven finds the files of a package that exists already at path: the
// file itself, or the folder that the files lie in.
func selectGiven(p *pack.Package, path string) (*Selection, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, app.NewProblem(app.BadInput, strconv.Quote(path)+" is not a path", err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, files.ReadProblem(abs, err)
	}
	s := &Selection{Path: abs, Name: p.Manifest.Name}
	one := len(p.Manifest.Files) == 1 && len(p.Manifest.Files[0].Path) == 1
	switch {
	case one && info.IsDir():
		s.Path = filepath.Join(abs, p.Manifest.Files[0].Path[0])
	case !one && !info.IsDir():
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("The package has %d files, and %s is not the folder they lie in", len(p.Manifest.Files), abs), nil)
	}
	for _, m := range p.Manifest.Files {
		f := file{folder: abs, within: m.Name(), path: m.Path}
		if one {
			f.folder, f.within = filepath.Dir(s.Path), filepath.Base(s.Path)
		}
		if f.info, err = os.Lstat(f.where()); err != nil {
			return nil, files.ReadProblem(f.where(), err)
		}
		if !f.info.Mode().IsRegular() || f.info.Size() != m.Size {
			return nil, otherThanSigned(f.where())
		}
		s.files = append(s.files, f)
		s.Size += m.Size
	}
	return s, nil
}

// otherThanSigned: a file here is not the file in the package.
func otherThanSigned(path string) error {
	return app.NewProblem(app.FileChanged, path, errors.New("it is not what the package says"))
}

// compare reads the files of a package that exists already and compares them
// with it. Its hash list need not be at hand: it comes out of the reading.
func (s *Selection) compare(ctx context.Context, p *pack.Package, progress Progress) (app.Described, error) {
	b, err := s.read(ctx, p.Manifest.Piece, progress, func(i int, whole pack.Hash) error {
		if whole != p.Manifest.Files[i].SHA256 {
			return otherThanSigned(s.files[i].where())
		}
		return nil
	})
	if err != nil {
		return app.Described{}, err
	}
	return describe(p.Bytes(), b.List(), nil)
}
