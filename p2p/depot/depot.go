// Package depot is how a publisher has a server keep a package while he is
// away: the client, and the handler that a server runs. docs/PROTOCOL.md has
// the format.
//
// An order, signed with the publisher's key, says what a depot is to keep and
// until when. The handler judges it, hands it to a Shelf, which does the work,
// and gives the files of complete packages to everybody who knows their place.
// The content comes to the depot by other ways: it fetches as anybody does.
//
// Client and handler start no goroutine of their own.
package depot

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"grove/app"
	"grove/app/pack"
)

// What lies below the base URL of a server, which ends in "/".
const (
	aboutPath  = "grove/v1/about"
	ordersPath = "grove/v1/packages"
	filesPath  = "d/"
)

// State is what became of an order.
type State string

const (
	Wanted   State = "wanted"   // it can be carried out; the depot needs the description of the package for it
	Fetching State = "fetching" // Have of Size bytes are there
	Kept     State = "kept"     // all of it is there and given to others
	Dropped  State = "dropped"
	Failed   State = "failed" // Why says it; a new order begins anew
)

// Status is what a depot says of a package.
type Status struct {
	State State     `json:"state"`
	Have  int64     `json:"have"`            // bytes, verified
	Size  int64     `json:"size"`            // bytes
	Until time.Time `json:"until,omitzero"`  // it is kept no longer; the depot may shorten what was asked for
	Peers []string  `json:"peers,omitempty"` // multiaddrs of the depot's node
	// Folder is the address of the folder of files, ending in "/"; from Kept on
	// there is something.
	Folder string `json:"folder,omitempty"`
	Why    string `json:"why,omitempty"` // of Failed: a sentence
}

// FolderURL is where the depot at base puts the files of a package.
func FolderURL(base, place string) string { return base + filesPath + place + "/" }

// GroveURL is where the depot at base puts the .grove file of the package id:
// what a link names.
func GroveURL(base, place string, id pack.ID) string { return FolderURL(base, place) + groveName(id) }

func groveName(id pack.ID) string { return id.String() + ".grove" }

// SideNames are the names under which a depot gives the .grove file of p: one
// that no other package has, and the one that publishing gives it, where no
// file of the package is called so.
func SideNames(p *pack.Package) []string {
	names := []string{groveName(p.ID)}
	for _, stem := range []string{p.Manifest.Name, p.Manifest.Files[0].Path[0]} {
		if pack.CheckPath([]string{stem + ".sha256"}) == nil { // as publishing chooses
			return append(names, stem+".grove")
		}
	}
	return names
}

// CheckBase brings the address of a depot, as a person types it, into the one
// spelling that orders have. BadInput for what is none.
func CheckBase(typed string) (base string, err error) {
	base = spelled(typed)
	if err := pack.CheckDepot(base); err != nil {
		return "", app.NewProblem(app.BadInput, strconv.Quote(typed)+" is not the web address of a depot", cause(err))
	}
	return base, nil
}

// cause leaves the subject out, which was said.
func cause(err error) error {
	if e := (*pack.Error)(nil); errors.As(err, &e) && e.Err != nil {
		return e.Err
	}
	return err
}

// Parcel is a verified order to keep a package, with all that belongs to it.
type Parcel struct {
	Order   pack.Order
	Package *pack.Package
	Hashes  pack.HashList
	Poster  []byte // nil: not given
	Secret  []byte // nil: not a private share
}

// Place is where its files lie on the web.
func (p Parcel) Place() string {
	return pack.Place(p.Package.Publisher(), p.Package.Manifest.Hashes, p.Secret)
}

// Shelf does what a depot is told. Safe for concurrent use. Where it does not,
// the error is a *Refusal, or what went wrong with the server itself.
type Shelf interface {
	// Allowed reports whether the holder of key may give orders.
	Allowed(key pack.PublicKey) bool
	// Status says what became of order; known is whether it is the newest one
	// about its package that was acted on. Refused as Stale for one that is
	// older than that, or as old and another.
	Status(ctx context.Context, order pack.Order) (s Status, known bool, err error)
	// Keep begins to fetch a package, or changes how long it is kept.
	Keep(ctx context.Context, p Parcel) (Status, error)
	// Drop deletes a package; one that is not there is no error.
	Drop(ctx context.Context, order pack.Order) (Status, error)
	// Open opens a file of a complete package, by the path that it has in it, or
	// a side file. fs.ErrNotExist where there is none.
	Open(place, path string) (*File, error)
}

// File is a file that a depot gives. Reading fails when it changed on disk
// since it was opened.
type File struct {
	io.ReadSeeker
	io.Closer
	Tag      string    // entity tag, without quotation marks: the same for the same bytes only
	Modified time.Time // zero: not known
	Private  bool      // belongs to a private share
}
