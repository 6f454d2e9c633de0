package sharing

import (
	"bytes"
	"slices"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/keyring"
	"grove/p2p/depot"
)

// earlier is a package that was made of the same place before.
type earlier struct {
	rec     app.Record
	desc    app.Described
	recheck bool // the files may have changed since
}

// earlier finds the package that the same files became before, or nil. The
// newest comes first. What cannot be used is told to s.
func (j *Job) earlier(all []app.Record, s *Started) (*earlier, error) {
	if !j.r.Expires.IsZero() || !j.silent() {
		return nil, nil // what is asked for is new by its nature
	}
	for _, rec := range slices.Backward(all) {
		if !j.isHere(rec) || len(rec.Selected) > 0 {
			continue
		}
		p, d, _, recheck, err := j.g.Store.Open(rec)
		if err != nil {
			s.Unused = append(s.Unused, Unused{rec, err})
			continue
		}
		if err := p.Close(); err != nil {
			return nil, err
		}
		if j.fits(d, time.Now()) && j.keeps(rec, d) {
			return &earlier{rec, d, recheck}, nil
		}
	}
	return nil, nil
}

// isHere reports whether rec is of the same place, and as private as the
// request: a public and a private share of the same files are two transfers,
// and who was given one link learns nothing of the other.
func (j *Job) isHere(rec app.Record) bool {
	return rec.Path == j.files.Path && (rec.Secret != nil) == j.r.Private
}

// keeps reports whether a depot that is to keep a copy can be told to, and is
// named in the package.
func (j *Job) keeps(rec app.Record, d app.Described) bool {
	if j.depot == "" {
		return true
	}
	if !slices.Contains(d.Package.Manifest.Origins, depot.FolderURL(j.depot, placeOf(d.Package, rec.Secret))) {
		return false
	}
	_, err := keyring.Find(j.g.Data, d.Package.Publisher())
	return err == nil
}

func placeOf(p *pack.Package, secret []byte) string {
	return pack.Place(p.Publisher(), p.Manifest.Hashes, secret)
}

// fits reports whether d is of the same files and in the same words as what is
// asked for. What is in the files is another question.
func (j *Job) fits(d app.Described, now time.Time) bool {
	m := d.Package.Manifest
	if d.Package.Expired(now) ||
		j.r.Title != "" && j.r.Title != m.Name || j.r.About != "" && j.r.About != m.About ||
		j.poster != nil && !bytes.Equal(j.poster, d.Poster) {
		return false
	}
	if len(m.Files) == 1 && len(j.files.files) == 1 {
		return true // it may lie here under another name than in its package
	}
	return slices.EqualFunc(m.Files, j.files.files, func(m pack.File, f file) bool { return slices.Equal(m.Path, f.path) })
}
