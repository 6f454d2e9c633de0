package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
)

// shared is a package that was made of the same place before.
type shared struct {
	rec     app.Record
	desc    app.Described
	recheck bool // the files may have changed since
}

// earlier finds the package that the same files became before, or nil. The
// newest comes first.
func (s *sharing) earlier() (*shared, error) {
	all, err := s.g.Store.LoadTransfers()
	if err != nil {
		return nil, err
	}
	if s.f.expires != "" || s.f.key != sharingKey {
		return nil, nil // what is asked for is new by its nature
	}
	for _, rec := range slices.Backward(all) {
		if rec.Path != s.files.path || len(rec.Selected) > 0 {
			continue
		}
		p, d, _, recheck, err := s.g.Store.Open(rec)
		if err != nil {
			// A file is missing, or its sidecar is: it is not what is here now.
			s.t.sayMore("%s, shared before from the same place, is not used again: %s", shortID(rec), clean(err.Error()))
			continue
		}
		if err := p.Close(); err != nil {
			return nil, err
		}
		if s.fits(d.Package, time.Now()) {
			return &shared{rec, d, recheck}, nil
		}
	}
	return nil, nil
}

// fits reports whether p is what would be made now, by all that can be seen
// without reading the files.
func (s *sharing) fits(p *pack.Package, now time.Time) bool {
	m := p.Manifest
	if p.Expired(now) || len(m.Files) != len(s.files.files) ||
		s.f.name != "" && s.f.name != m.Name || s.f.about != "" && s.f.about != m.About {
		return false
	}
	for i, f := range s.files.files {
		// A single file may lie here under another name than in its package.
		if m.Files[i].Size != f.info.Size() || !slices.Equal(m.Files[i].Path, f.path) && len(m.Files) > 1 {
			return false
		}
	}
	return true
}

// checkDraft applies every rule of the format to m before hours of reading,
// by signing it without hashes with a key that nobody keeps.
func checkDraft(files *selection, m pack.Manifest) error {
	files.draft(&m)
	key, err := pack.NewKey(nil)
	if err != nil {
		return err
	}
	m.Publisher = key.Public()
	_, err = pack.Sign(m, key)
	var refused *pack.Error
	if errors.As(err, &refused) && refused.Reason != pack.BadName {
		return app.NewProblem(app.BadInput, "This cannot be shared: "+refused.Error(), nil)
	}
	return app.FromPack(err)
}

// unchanged fails with FileChanged if a file is not as it was found.
func (s *selection) unchanged() error {
	for _, f := range s.files {
		info, err := os.Lstat(f.file())
		if err != nil {
			return readProblem(f.file(), err)
		}
		if !os.SameFile(info, f.info) || info.Size() != f.info.Size() || !info.ModTime().Equal(f.info.ModTime()) {
			return app.NewProblem(app.FileChanged, f.file(), errors.New("while it was being shared"))
		}
	}
	return nil
}

// selectGiven finds the files of a package that exists already at the one
// path: the file itself, or the folder that the files lie in.
func selectGiven(grove string, paths []string) (*pack.Package, *selection, error) {
	b, err := readSmall(grove, pack.MaxGrove)
	if err != nil {
		return nil, nil, err
	}
	p, err := pack.Open(b)
	if err != nil {
		return nil, nil, app.FromPack(err)
	}
	if len(paths) > 1 {
		return nil, nil, app.NewProblem(app.BadInput, "With --package there is one PATH: the file, or the folder that the files lie in", nil)
	}
	if p.Expired(time.Now()) {
		return nil, nil, app.NewProblem(app.Expired, p.Manifest.Expires.Format("2 January 2006"), nil)
	}
	path, err := filepath.Abs(paths[0])
	if err != nil {
		return nil, nil, app.NewProblem(app.BadInput, paths[0]+" is not a path", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, readProblem(path, err)
	}
	s := &selection{path: path, name: p.Manifest.Name}
	one := len(p.Manifest.Files) == 1 && len(p.Manifest.Files[0].Path) == 1
	switch {
	case one && info.IsDir():
		s.path = filepath.Join(path, p.Manifest.Files[0].Path[0])
	case !one && !info.IsDir():
		return nil, nil, app.NewProblem(app.BadInput, fmt.Sprintf("The package has %d files; PATH is the folder they lie in", len(p.Manifest.Files)), nil)
	}
	for _, f := range p.Manifest.Files {
		file := selected{folder: path, within: f.Name(), path: f.Path}
		if one {
			file.folder, file.within = filepath.Dir(s.path), filepath.Base(s.path)
		}
		if file.info, err = os.Lstat(file.file()); err != nil {
			return nil, nil, readProblem(file.file(), err)
		}
		if !file.info.Mode().IsRegular() || file.info.Size() != f.Size {
			return nil, nil, otherThanSigned(file.file())
		}
		s.files = append(s.files, file)
		s.size += f.Size
	}
	return p, s, nil
}

// otherThanSigned: a file here is not the file in the package.
func otherThanSigned(path string) error {
	return app.NewProblem(app.FileChanged, path, errors.New("it is not what the package says"))
}

// hashGiven reads the files of a package that exists already and compares
// them with it. Its hash list need not be at hand: it comes out of the reading.
func (s *sharing) hashGiven(ctx context.Context, p *pack.Package) (app.Described, error) {
	b := pack.NewBuild(p.Manifest.Piece)
	m := newMeter(s.t, "comparing", s.files.size)
	defer m.end()
	for i, f := range s.files.files {
		whole, pieces, err := f.hash(ctx, m, p.Manifest.Piece)
		if err != nil {
			return app.Described{}, err
		}
		if whole != p.Manifest.Files[i].SHA256 {
			return app.Described{}, otherThanSigned(f.file())
		}
		if err := b.Add(f.path, whole, pieces, f.info.Size()); err != nil {
			return app.Described{}, app.FromPack(err)
		}
	}
	return describe(p.Bytes(), b.List())
}

// sayMore is say for those who want to hear more.
func (t *terminal) sayMore(format string, args ...any) {
	if t.verbose > 0 {
		t.say(format, args...)
	}
}

// linkLength is how long a link may become before addresses are left out of
// it: chats and QR codes take that much well.
const linkLength = 300

// linkTo is the link of a package that is shared at addrs.
func linkTo(p *pack.Package, addrs []string) string {
	l := pack.Link{ID: p.ID, Publisher: p.Publisher(), Name: p.Manifest.Name}
	for _, a := range sortAddrs(addrs) {
		longer := l
		longer.Peers = append(slices.Clone(l.Peers), a)
		if len(longer.Peers) > pack.MaxLinkHints || len(l.Peers) > 0 && len(longer.String()) > linkLength {
			break
		}
		l = longer
	}
	return l.String()
}

// sortAddrs puts first what others most likely reach: addresses of the network
// before those of this computer alone, and of each TCP before QUIC, IPv4
// before IPv6.
func sortAddrs(addrs []string) []string {
	rank := func(a string) int {
		n := 0
		if strings.HasPrefix(a, "/ip4/127.") || strings.HasPrefix(a, "/ip6/::1/") {
			n += 4
		}
		if strings.Contains(a, "/udp/") {
			n += 2
		}
		if strings.HasPrefix(a, "/ip6/") {
			n++
		}
		return n
	}
	out := slices.Clone(addrs)
	slices.SortStableFunc(out, func(a, b string) int { return rank(a) - rank(b) })
	return out
}
