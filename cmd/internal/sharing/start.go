package sharing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/keyring"
)

func (j *Job) start(ctx context.Context, s *Started) error {
	all, err := j.g.Store.LoadTransfers()
	if err != nil {
		return err
	}
	if j.r.Package != nil {
		j.read = true
		if s.Described, err = j.files.compare(ctx, j.r.Package, j.Progress); err != nil {
			return err
		}
		return j.serve(ctx, s, all)
	}
	old, err := j.earlier(all, s)
	if err != nil {
		return err
	}
	if old != nil && !old.recheck {
		s.ID, s.Described = old.rec.ID, old.desc
		return j.revive(ctx, old.rec)
	}
	if err := j.build(ctx, s, old); err != nil {
		return err
	}
	return j.serve(ctx, s, all)
}

// build reads the files and signs a new package of them, or takes the old one
// where they turn out to be the same.
func (j *Job) build(ctx context.Context, s *Started, old *earlier) error {
	m := pack.Manifest{Created: time.Now(), Expires: j.r.Expires, Name: j.title(), About: j.r.About}
	if j.poster != nil {
		m.Poster = sha256.Sum256(j.poster)
	}
	j.name(&m, draftPlace)
	if _, err := j.files.Draft(m, "shared"); err != nil {
		return err
	}
	key, err := j.key(ctx, s)
	if err != nil {
		return err
	}
	j.signer = key
	j.read = true
	b, err := j.files.Hash(ctx, j.Progress)
	if err != nil {
		return err
	}
	b.Fill(&m)
	if old != nil {
		if was := old.desc.Package.Manifest; was.Hashes == m.Hashes && was.Piece == m.Piece && slices.EqualFunc(was.Files, m.Files, sameFile) {
			s.Described = old.desc
			return nil
		}
		if old.rec.Folder == "" { // shared in place: those contents are gone
			if err := j.forget(ctx, old.rec); err != nil {
				return err
			}
			s.Changed = true
		}
	}
	if err := j.place(ctx, &m); err != nil {
		return err
	}
	grove, err := key.Sign(ctx, m)
	if err != nil {
		return err
	}
	s.Described, err = describe(grove, b.List(), j.poster)
	return err
}

func sameFile(a, b pack.File) bool {
	return a.Size == b.Size && a.SHA256 == b.SHA256 && slices.Equal(a.Path, b.Path)
}

// title is the name of a new package.
func (j *Job) title() string {
	switch {
	case j.r.Title != "":
		return j.r.Title
	case j.files.Name != "":
		return j.files.Name
	}
	return fmt.Sprintf("%s and %d more", j.files.First(), len(j.files.files)-1)
}

// silent reports whether the key is the one that is made by itself.
func (j *Job) silent() bool { return j.r.Key == "" || j.r.Key == SilentKey }

// key opens the signing key. The silent one is made where it is not there.
func (j *Job) key(ctx context.Context, s *Started) (*keyring.Signer, error) {
	name := j.r.Key
	if j.silent() {
		name = SilentKey
	}
	path, err := keyring.Path(j.g.Data, name)
	if err != nil {
		return nil, err
	}
	if j.silent() && keyring.MayStore(path) == nil {
		if s.NewKey, err = keyring.Create(ctx, path, ""); err != nil {
			return nil, err
		}
		s.KeyPath = path
	}
	return keyring.Open(path, j.Ask)
}

// secretSize is what the format asks for, in bytes.
const secretSize = 32

func newSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return secret
}

// serve puts s on the engine's list. A transfer of the same package from the
// same place is taken up again, with its secret.
func (j *Job) serve(ctx context.Context, s *Started, all []app.Record) error {
	i := slices.IndexFunc(all, func(r app.Record) bool { return r.Package == s.Package.ID && j.isHere(r) })
	var secret []byte
	if i >= 0 {
		s.ID, secret = all[i].ID, all[i].Secret
	} else if j.r.Private {
		if secret = j.secret; secret == nil {
			secret = newSecret()
		}
	}
	if i >= 0 && j.g.Engine.Pause(ctx, s.ID) == nil {
		// The engine had it already. Opened anew, it looks at the files as they
		// are now.
		return j.g.Engine.Resume(ctx, s.ID)
	}
	var err error
	s.ID, err = j.g.Engine.Share(ctx, app.Sharing{Described: s.Described, Path: j.files.Path, Secret: secret}, false)
	return err
}

// revive shares again what was shared before, whether or not the engine has
// it.
func (j *Job) revive(ctx context.Context, rec app.Record) error {
	if err := j.g.Engine.Restore(ctx, rec); err != nil {
		return err
	}
	return j.g.Engine.Resume(ctx, rec.ID)
}

// forget takes a transfer off the list, whether or not the engine has it.
func (j *Job) forget(ctx context.Context, rec app.Record) error {
	rec.State = app.Paused
	if err := j.g.Engine.Restore(ctx, rec); err != nil {
		return err
	}
	return j.g.Engine.Remove(ctx, rec.ID)
}

// confirm makes sure that the transfer is what was asked for. Storage knows the
// files only from the opening on; if they changed before, it would take what
// they are now for what was signed, so the package is taken off the list.
func (j *Job) confirm(ctx context.Context, id uuid.UUID) error {
	v, err := j.opened(ctx, id)
	if err != nil {
		return err
	}
	if j.read {
		if err := j.files.unchanged(); err != nil {
			return errors.Join(err, j.g.Engine.Remove(context.WithoutCancel(ctx), id))
		}
	}
	switch {
	case v.State == app.Failed && v.Problem != nil:
		return v.Problem
	case v.Seed:
		return nil
	}
	// A download, which ends its sharing by itself or never began it. Shared
	// anew when it is done, it goes on.
	if err := j.g.Engine.StopSharing(ctx, id); err != nil {
		return err
	}
	return j.g.Engine.Resume(ctx, id)
}

// opened waits until the engine has opened the transfer, or could not.
func (j *Job) opened(ctx context.Context, id uuid.UUID) (*app.View, error) {
	var since uint64
	for {
		snap, err := j.g.Engine.Next(ctx, since)
		if err != nil {
			return nil, err
		}
		v := snap.Transfer(id)
		switch {
		case v == nil: // somebody removed it
			return nil, app.NewProblem(app.Stopped, "Sharing "+j.files.Path, nil)
		case v.State != app.Queued && v.State != app.Checking:
			return v, nil
		}
		since = snap.Version
	}
}
