package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
)

// getFlags are the flags of get.
type getFlags struct {
	folder, name string
	selects      []string
	typed        app.Typed
	peersOnly    bool
	originOnly   bool
	limit        rateValue
	fast         bool
	thrifty      bool
	yes          bool
	seed         bool
	noShare      bool
	onComplete   string
	patience     time.Duration
	report       reportFlags
}

func (f *getFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVarP(&f.folder, "dir", "d", "", "folder to download into (default: here)")
	fl.StringVarP(&f.name, "output", "o", "", "name or path of what is downloaded (default: the package's own name)")
	fl.StringArrayVar(&f.selects, "select", nil, "only the files that `GLOB` means; may be repeated")
	fl.BoolVar(&f.peersOnly, "peers-only", false, "from people only, never from the origin")
	fl.BoolVar(&f.originOnly, "origin-only", false, "from the origin only; nothing is shared")
	fl.StringArrayVar(&f.typed.Peers, "peer", nil, "address of somebody who has it (`MULTIADDR`); may be repeated")
	fl.StringArrayVar(&f.typed.Origins, "origin", nil, "another `URL` of the file, or of its folder with a / at the end; may be repeated")
	fl.Var(&f.limit, "limit", "download at most this fast")
	fl.BoolVar(&f.fast, "fast", false, "have the origin send all it can, whatever the publisher asks for")
	fl.BoolVar(&f.thrifty, "thrifty", false, "have the origin send what no person can, and more only to keep to a floor")
	fl.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	fl.BoolVar(&f.seed, "seed", false, "go on sharing when complete, until Ctrl-C")
	fl.BoolVar(&f.noShare, "no-share", false, "give nothing to others")
	fl.StringVar(&f.onComplete, "on-complete", "", "run `CMD` when complete; GROVE_PATH, GROVE_ID and GROVE_NAME tell it what; no shell reads it")
	fl.DurationVar(&f.patience, "patience", 2*time.Minute, "give up when nothing came from anybody for so long; 0 is never")
	f.report.add(c)
	c.MarkFlagsMutuallyExclusive("peers-only", "origin-only")
	c.MarkFlagsMutuallyExclusive("seed", "no-share")
	c.MarkFlagsMutuallyExclusive("seed", "origin-only")
}

func (f *getFlags) mode() app.Mode {
	switch {
	case f.peersOnly:
		return app.ModePeersOnly
	case f.originOnly:
		return app.ModeOriginOnly
	}
	return app.ModeAll
}

// place is the folder and the name that -d and -o ask for; name is "" where
// the package's own is meant.
func (f *getFlags) place() (folder, name string, err error) {
	folder, name = f.folder, f.name
	if name != "" {
		within, base := filepath.Split(name)
		switch {
		case base == "" || base == "." || base == "..":
			return "", "", app.NewProblem(app.BadInput, "-o "+name+" does not end in a name", nil)
		case filepath.IsAbs(name):
			folder = within
		default:
			folder = filepath.Join(folder, within)
		}
		name = base
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return "", "", app.NewProblem(app.BadInput, folder+" is not a folder", err)
	}
	return folder, name, nil
}
