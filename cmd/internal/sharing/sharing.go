// Package sharing makes packages of files that lie on this computer and shares
// them in place: it finds and reads the files, signs, recognises what was
// shared before, and makes the link. It also reads what a person has in hand
// to get something. Both programs use it; it shows nothing and asks nobody.
package sharing

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/poster"
	"grove/p2p/depot"
)

// Request is what a person wants to share.
type Request struct {
	Paths   []string // files and folders that lie in one folder
	Title   string   // "" is the name of the file or folder
	About   string
	Poster  string    // path of a picture; "" is none
	Private bool      // only who has the link can find and get it
	Expires time.Time // zero is never
	Key     string    // name of the key to sign with; "" is SilentKey
	// KeepAt is the web address of a depot that keeps a copy, so that this
	// computer may go offline; "" is none. See Job.Keep.
	KeepAt string
	For    time.Duration // how long the depot is asked to keep it; 0 is KeepFor
	// Package is shared exactly as it is, if there is one. Of the rest only
	// Private, KeepAt and For count then, and the one path: the file, or the
	// folder of files.
	Package *pack.Package
}

// SilentKey is the key that is made for a person's first share: sharing must
// not begin with a password.
const SilentKey = "sharing"

// Job is a Request on its way. It is used by one goroutine.
type Job struct {
	Progress Progress    // of reading; nil is nobody
	Ask      keyring.Ask // for the passphrase of the key; nil is nobody

	r      Request
	files  *Selection
	poster []byte
	g      *boot.Grove
	read   bool // the files were read in this job

	depot  string      // base URL of the depot that is to keep a copy; "" is none
	about  depot.About // what it says of itself; zero where it did not answer
	signer *keyring.Signer
	secret []byte // of a new private share, where the manifest needs it
}

// Started says what was put on the engine's list, and what happened to be
// done for it.
type Started struct {
	ID uuid.UUID
	app.Described

	NewKey  pack.PublicKey // of the key that was made for this share; zero is none
	KeyPath string         // where that lies
	Changed bool           // the files were shared before with other contents, under another link
	Unused  []Unused

	// Depot is the base URL of the depot that Job.Keep will order a copy from,
	// or "". DepotTrouble is why there will be none, or, with Depot, why the
	// depot has not answered yet. DepotLocal: its address is of this computer or
	// its network, and others will use it in local-only mode alone.
	Depot        string
	DepotTrouble *app.Problem
	DepotLocal   bool
}

// Unused is a package that was shared before from the same place and cannot
// be used again: a file of it is missing, or its description is.
type Unused struct {
	Record app.Record
	Err    error
}

// Prepare finds the files of r without reading them. Problems are those of
// Select, and BadInput for files that do not lie side by side and for what
// cannot be a depot.
func Prepare(ctx context.Context, r Request) (*Job, error) {
	j := &Job{r: r}
	var err error
	switch p := r.Package; {
	case p == nil:
		j.files, err = Select(ctx, r.Paths)
	case p.Expired(time.Now()):
		err = app.NewProblem(app.Expired, p.Manifest.Expires.Format("2 January 2006"), nil)
	default:
		j.files, err = selectGiven(p, r.Paths[0])
	}
	if err != nil {
		return nil, err
	}
	if j.files.Path == "" {
		return nil, app.NewProblem(app.BadInput, "The files must lie side by side in one folder; "+strings.Join(r.Paths, ", ")+" do not", nil)
	}
	if r.KeepAt != "" {
		if j.depot, err = depot.CheckBase(r.KeepAt); err != nil {
			return nil, err
		}
	}
	if r.Poster != "" {
		j.poster, err = poster.Read(r.Poster)
	}
	return j, err
}

// Start puts the package on the list of g's engine, to be shared until the
// user says stop: the one given, one that was made of the same files before,
// or a new one. It returns when the engine has opened the files and, where
// they were read for it, they still are what was read; FileChanged if they are
// not. What it says was done even if it fails.
func (j *Job) Start(ctx context.Context, g *boot.Grove) (Started, error) {
	j.g = g
	var s Started
	err := reaches(g)
	if err == nil {
		err = j.ask(ctx, &s)
	}
	if err == nil {
		err = j.start(ctx, &s)
	}
	if err == nil {
		j.openSigner(&s)
		err = j.confirm(ctx, s.ID)
	}
	return s, err
}

// Share does all of it for a program that needs nothing of what happened in
// between, and returns the transfer.
func Share(ctx context.Context, g *boot.Grove, r Request, progress Progress) (uuid.UUID, error) {
	j, err := Prepare(ctx, r)
	if err != nil {
		return uuid.Nil, err
	}
	j.Progress = progress
	s, err := j.Start(ctx, g)
	return s.ID, err
}
