package app

import (
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// Lead is what a person has in hand: a link, a .grove file, or the URL of
// one. Nothing in it starts a download; Inspect turns it into an Offer.
type Lead struct {
	Link  pack.Link // zero ID: not known yet, Grove or Typed.Manifest says it
	Grove []byte    // the .grove file itself, when there is one
	// Manifest is the https address of a .grove file that the user typed.
	Manifest string
	Hashes   []byte // the hash list, when it lies beside the .grove file
	Poster   []byte
	Typed    Typed
	Mode     Mode
}

// Offer is a verified description that waits for a person's yes. Only
// Inspect makes one, and only Accept makes a transfer of it.
type Offer struct {
	ID uuid.UUID // of the transfer it would become
	Described
	Lead Lead

	// Publisher is what this computer knows of the key; Publisher.Packages is
	// 0 the first time.
	Publisher Publisher
}

// Choice is the person's yes: what, where to, and on which terms.
type Choice struct {
	Folder   string // absolute
	Target   string // "" takes the package's own name
	Selected []int  // files; nil is all
	Seed     bool   // when complete, share until the user says stop
	After    bool   // when complete, share by the rule of Settings.Giving
	NoShare  bool   // give nothing, not even while downloading
	Limit    int64  // bytes a second; 0 is none
	Policy   Policy // takes the place of the settings'
}

// Sharing is a package of files that already lie on this computer.
type Sharing struct {
	Described
	Path   string // absolute: the file, or the folder of files
	Secret []byte
}

// TargetName is the name a package takes in a folder: its only file's, or its
// own. A package's name is a title and need not be a safe file name; then the
// folder is named after the ID instead.
func TargetName(p *pack.Package) string {
	if f := p.Manifest.Files; len(f) == 1 && len(f[0].Path) == 1 {
		return f[0].Path[0]
	}
	if pack.CheckPath([]string{p.Manifest.Name}) != nil {
		return "package-" + p.ID.Short()
	}
	return p.Manifest.Name
}

// checkSelection refuses a choice of files that cannot be downloaded.
func (d *Described) checkSelection(selected []int) error {
	if selected != nil && len(selected) == 0 {
		return badInput("No file is selected")
	}
	for _, f := range selected {
		if f < 0 || f >= len(d.Package.Manifest.Files) {
			return badInput("The package has no file number %d", f)
		}
	}
	return nil
}

// Expiry judges by the later of the computer's clock and the day this program
// was built, so that a clock set back does not revive a package.
func expired(p *pack.Package, now, built time.Time) bool {
	if now.Before(built) {
		now = built
	}
	e := p.Manifest.Expires
	return !e.IsZero() && now.After(e)
}
