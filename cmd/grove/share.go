package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/local"
	"grove/cmd/internal/sharing"
)

// shareFlags are the flags of share.
type shareFlags struct {
	grove       string // --package
	name, about string
	poster      string
	expires     string
	private     bool
	key         string
	keepAt      string
	keepFor     string
	listen      []string
	limit       rateValue
	qr          bool
	linkOut     string
	report      reportFlags
}

func newShare(t *terminal) *cobra.Command {
	var f shareFlags
	c := &cobra.Command{
		Use:   "share PATH...",
		Short: "Share files or a folder, and print the link to send",
		Long: `Share files or a folder, and print the link to send.

The files stay where they are and as they are; nothing is copied. The link is
printed on stdout, alone on a line, and the files are shared until Ctrl-C.
Sharing the same unchanged files again gives the same link.

Several PATHs lie side by side in one folder and become one package. Links,
special files and names that are not safe on every computer are refused.

With --private the link has a secret in it: only who has the whole link can find
the files, see what they are and get them. Whoever passes it on lets others in.
The same files shared privately again give the same link, and never that of a
share that is not private.

With --keep-at a depot fetches a copy while this runs; when it has all of it
this computer may go offline, and the link goes on working. The package names
the depot, so the same files shared without it are another package.

The first share makes a key without a passphrase, called sharing, that signs
what you share; grove keys protect --name sharing adds a passphrase, and --key
takes another key.`,
		Example: `  grove share film.mkv
  grove share ~/Pictures/2026 --name "Our summer" --poster beach.jpg --private --qr
  grove share film.mkv --keep-at https://depot.example.org/
  grove share film.mkv --package film.mkv.grove --limit 20Mbit`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.share(c.Context(), args, f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.grove, "package", "", "share exactly this package (`FILE.grove`), after comparing the files with it")
	fl.StringVar(&f.name, "name", "", "title of the package (default: the name of the file or folder)")
	fl.StringVar(&f.about, "about", "", "what it is, in a few sentences")
	fl.StringVar(&f.poster, "poster", "", posterUsage)
	fl.StringVar(&f.expires, "expires", "", "last day (2027-01-31) or time from now (90d, 12w, 36h)")
	fl.BoolVar(&f.private, "private", false, "let only those find and get it who have the link")
	fl.StringVar(&f.key, "key", sharing.SilentKey, "name of the key to sign with")
	fl.StringVar(&f.keepAt, "keep-at", "", "web address (`URL`) of a depot that keeps a copy as well")
	fl.StringVar(&f.keepFor, "keep-for", "30d", "time the depot keeps it (90d, 12w, 36h), or its last day")
	fl.StringArrayVar(&f.listen, "listen", nil, "address to listen on (`MULTIADDR`) instead of every one; may be repeated")
	fl.Var(&f.limit, "limit", "give at most this fast")
	fl.BoolVar(&f.qr, "qr", false, "show the link as a QR code as well")
	fl.StringVar(&f.linkOut, "link-out", "", "`FILE` to write the link to as well")
	f.report.add(c)
	for _, other := range []string{"name", "about", "poster", "expires", "key"} {
		c.MarkFlagsMutuallyExclusive("package", other)
	}
	return c
}

// sharer is one share at work.
type sharer struct {
	*session
	f    shareFlags
	job  *sharing.Job
	copy *copying // nil without --keep-at
}

func (t *terminal) share(ctx context.Context, paths []string, f shareFlags) error {
	r, err := f.request(paths)
	if err != nil {
		return err
	}
	s := &sharer{f: f}
	if s.job, err = sharing.Prepare(ctx, r); err != nil {
		return err
	}
	if s.session, err = t.open(ctx, boot.Options{UploadLimit: int64(f.limit), Listen: f.listen}, f.report); err != nil {
		return err
	}
	if f.keepAt != "" {
		s.copy = newCopying(s.session)
	}
	return s.close(s.run(ctx))
}

// request is what the flags say.
func (f shareFlags) request(paths []string) (sharing.Request, error) {
	r := sharing.Request{Paths: paths, Title: f.name, About: f.about, Poster: f.poster, Private: f.private, Key: f.key}
	var err error
	if r.KeepAt = f.keepAt; f.keepAt != "" {
		if r.For, err = keepTime(f.keepFor, time.Now()); err != nil {
			return r, err
		}
	}
	if f.expires != "" {
		if r.Expires, err = parseExpiry(f.expires, time.Now()); err != nil {
			return r, err
		}
	}
	if f.grove == "" {
		return r, nil
	}
	if len(paths) > 1 {
		return r, app.NewProblem(app.BadInput, "With --package there is one PATH: the file, or the folder that the files lie in", nil)
	}
	r.Package, err = readPackage(f.grove)
	return r, err
}

func (s *sharer) run(ctx context.Context) error {
	started, err := s.start(ctx)
	if err != nil {
		return err
	}
	follow := s.follower(0, started.ID)
	views, err := follow.run(ctx)
	if err == nil {
		err = firstFailure(views)
	}
	if err != nil {
		return err
	}
	if err := s.tell(ctx, views[0], started); err != nil {
		return err
	}
	stop := s.keep(ctx, started)
	views, err = follow.serve(ctx)
	stop()
	if err == nil {
		err = firstFailure(views)
	}
	if len(views) > 0 {
		s.event("summary", views[0], err)
		s.t.say("Stopped sharing %s. Given: %s.", foreign(views[0].Name), sizeText(views[0].Counts.Given))
	}
	return err
}

// start has the files read where that is needed, and says what was done.
func (s *sharer) start(ctx context.Context) (sharing.Started, error) {
	verb := "hashing"
	if s.f.grove != "" {
		verb = "comparing"
	}
	m := newMeter(s.t, verb)
	s.job.Progress, s.job.Ask = m.at, s.t.passphrase
	started, err := s.job.Start(ctx, s.g)
	m.end()
	for _, u := range started.Unused {
		s.t.sayMore("%s, shared before from the same place, is not used again: %s", shortID(u.Record), clean(u.Err.Error()))
	}
	if started.KeyPath != "" {
		s.t.say("Made a key without a passphrase for what you share: %s (%s).", started.NewKey.Fingerprint(), started.KeyPath)
	}
	if started.Changed {
		s.t.say("The files have changed, so this is a new package with a new link.")
	}
	return started, hint(err, keyring.ErrNone, hintNewKey)
}

// sharedJSON is the event sharing.
type sharedJSON struct {
	event
	Link  string   `json:"link"`
	Addrs []string `json:"addresses"`
}

// tell prints the link.
func (s *sharer) tell(ctx context.Context, v app.View, started sharing.Started) error {
	p := started.Package
	var depots []string
	if started.Depot != "" {
		depots = []string{started.Depot}
	}
	link, err := sharing.Link(ctx, s.g, v.ID, depots...)
	if err != nil {
		return err
	}
	reach := s.g.Node.Addrs()
	if s.f.linkOut != "" {
		perm := fs.FileMode(0o644)
		if v.Private {
			perm = 0o600
		}
		if err := files.Replace(s.f.linkOut, []byte(link+"\n"), perm); err != nil {
			return err
		}
	}
	s.t.say("%s: %s in %s, signed by %s.", foreign(p.Manifest.Name), sizeText(p.Size()),
		count(len(p.Manifest.Files), "file", "files"), p.Publisher().Fingerprint())
	if len(reach) == 0 {
		s.sayLocal(link)
	}
	s.sayDepot(started)
	if s.json {
		return s.t.printJSON(sharedJSON{event{newStamp("sharing"), local.TransferOf(v)}, link, reach})
	}
	if _, err := fmt.Fprintln(s.t.out, link); err != nil {
		return err
	}
	if s.f.qr {
		code, err := qrText(link, isTerminal(s.t.errs) && os.Getenv("NO_COLOR") == "" && controlCodes(s.t.errs))
		if err != nil {
			return app.NewProblem(app.BadInput, "The link does not fit into a QR code", err)
		}
		fmt.Fprint(s.t.errs, "\n"+code+"\n")
	}
	if v.NotGiving == app.GivingOff {
		s.t.say("The settings say that nothing is given to others, so nobody gets it as long as they do.")
	}
	if v.Private {
		s.t.say("It is private: only who has the whole link, with what follows the #, can find it.")
	}
	s.t.say("Send this link. It works while this runs; Ctrl-C ends it.")
	return nil
}

// sayDepot says what to know of the depot before its copy is there.
func (s *sharer) sayDepot(started sharing.Started) {
	switch {
	case started.DepotLocal:
		s.t.say("The depot at %s has an address of this network: outside it the copy is got from people only.", hostOf(started.Depot))
	case started.Depot == "" && started.DepotTrouble != nil:
		s.t.say("No copy is made: %s", clean(started.DepotTrouble.Error()))
	case started.DepotTrouble != nil:
		s.t.say("%s The copy is made when it answers.", clean(started.DepotTrouble.Error()))
	}
}

// sayLocal is for a computer without a public address.
func (s *sharer) sayLocal(link string) {
	local := sharing.SortAddrs(s.g.Node.LANAddrs())
	if len(local) == 0 {
		s.t.say("This computer has no address that others could reach; nobody can fetch from it now.")
		return
	}
	switch on := s.g.Finders; {
	case !on.LAN && !on.DHT:
		s.t.say("This computer has no public address, so the link alone finds it nowhere. In the same network:\n  grove get '%s' --peer %s", link, local[0])
	case s.g.Reach.LocalOnly || !on.DHT:
		s.t.say("This computer has no public address. In the same network the link alone finds it.")
	default:
		s.t.say("This computer has no public address. In the same network the link alone finds it; elsewhere it takes longer, and does not always work: grove doctor says more, and --keep-at leaves a copy on a server.")
	}
}
