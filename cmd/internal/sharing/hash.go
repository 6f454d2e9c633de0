package sharing

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

// Progress is told how many bytes of all were read: at the beginning, a few
// times a second, and when every file was read to its end.
type Progress func(done, total int64)

// progressEvery is how often Progress is told at most.
const progressEvery = 100 * time.Millisecond

// Draft is m with the files, as far as that is known without reading them,
// and with a publisher nobody has. Every rule of the format has been applied
// to it, so that hours of reading are not for nothing; verb says what cannot
// be done otherwise: "shared".
func (s *Selection) Draft(m pack.Manifest, verb string) (pack.Manifest, error) {
	m.Piece = pack.PieceSizeFor(s.Size)
	m.Files = make([]pack.File, len(s.files))
	for i, f := range s.files {
		m.Files[i] = pack.File{Path: f.path, Size: f.info.Size()}
	}
	key, err := pack.NewKey(nil)
	if err != nil {
		return m, err
	}
	m.Publisher = key.Public()
	_, err = pack.Sign(m, key)
	var refused *pack.Error
	if errors.As(err, &refused) && refused.Reason != pack.BadName {
		return m, app.NewProblem(app.BadInput, "This cannot be "+verb+": "+refused.Error(), nil)
	}
	return m, app.FromPack(err)
}

// Hash reads every file once. FileChanged where one is not what was found.
func (s *Selection) Hash(ctx context.Context, progress Progress) (*pack.Build, error) {
	return s.read(ctx, pack.PieceSizeFor(s.Size), progress, func(int, pack.Hash) error { return nil })
}

// read reads every file once and shows the hash of each to check.
func (s *Selection) read(ctx context.Context, piece int64, progress Progress, check func(i int, whole pack.Hash) error) (*pack.Build, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	var done int64
	next := time.Now()
	count := func(n int) {
		done += int64(n)
		if now := time.Now(); !now.Before(next) {
			next = now.Add(progressEvery)
			progress(done, s.Size)
		}
	}
	count(0)
	b := pack.NewBuild(piece)
	for i, f := range s.files {
		whole, pieces, err := f.hash(ctx, count, piece)
		if err == nil {
			err = check(i, whole)
		}
		if err == nil {
			err = app.FromPack(b.Add(f.path, whole, pieces, f.info.Size()))
		}
		if err != nil {
			return nil, err
		}
	}
	progress(done, s.Size)
	return b, nil
}

// hash reads the file that was found, and no other that took its place.
func (f file) hash(ctx context.Context, count func(int), piece int64) (whole pack.Hash, pieces []byte, err error) {
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return pack.Hash{}, nil, files.ReadProblem(f.folder, err)
	}
	defer root.Close()
	open, err := root.Open(filepath.FromSlash(f.within))
	if err != nil {
		return pack.Hash{}, nil, files.ReadProblem(f.where(), err)
	}
	defer open.Close()
	if err := f.same(open.Stat()); err != nil {
		return pack.Hash{}, nil, err
	}
	whole, pieces, size, err := pack.HashFile(files.Counted(ctx, open, count), piece)
	var refused *pack.Error
	switch {
	case ctx.Err() != nil:
		return pack.Hash{}, nil, ctx.Err()
	case errors.As(err, &refused):
		return pack.Hash{}, nil, app.FromPack(err)
	case err != nil:
		return pack.Hash{}, nil, files.ReadProblem(f.where(), err)
	case size != f.info.Size():
		return pack.Hash{}, nil, f.changed()
	}
	return whole, pieces, f.same(open.Stat())
}

// unchanged fails with FileChanged if a file is not as it was found.
func (s *Selection) unchanged() error {
	for _, f := range s.files {
		if err := f.same(os.Lstat(f.where())); err != nil {
			return err
		}
	}
	return nil
}

// same compares what the file is now with what was found.
func (f file) same(now os.FileInfo, err error) error {
	if err != nil {
		return files.ReadProblem(f.where(), err)
	}
	if !os.SameFile(now, f.info) || now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()) {
		return f.changed()
	}
	return nil
}

func (f file) changed() error {
	return app.NewProblem(app.FileChanged, f.where(), errors.New("while it was read"))
}

// describe opens what was just signed, or compared.
func describe(grove, list, poster []byte) (app.Described, error) {
	d := app.Described{Poster: poster}
	var err error
	if d.Package, err = pack.Open(grove); err != nil {
		return d, app.FromPack(err)
	}
	if d.Hashes, err = d.Package.CheckHashes(list); err != nil {
		return d, app.FromPack(err)
	}
	return d, nil
}
