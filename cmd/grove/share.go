package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// sharingKey is the key that is made for a person's first share: sharing must
// not begin with a password.
const sharingKey = "sharing"

// shareFlags are the flags of share.
type shareFlags struct {
	grove       string // --package
	name, about string
	expires     string
	key         string
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

The first share makes a key without a passphrase, called sharing, that signs
what you share; grove keys protect --name sharing adds a passphrase, and --key
takes another key.`,
		Example: `  grove share film.mkv
  grove share ~/Pictures/2026 --name "Our summer" --expires 30d --qr
  grove share film.mkv --package film.mkv.grove --limit 20Mbit`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.share(c.Context(), args, f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.grove, "package", "", "share exactly this package (`FILE.grove`), after comparing the files with it")
	fl.StringVar(&f.name, "name", "", "title of the package (default: the name of the file or folder)")
	fl.StringVar(&f.about, "about", "", "what it is, in a few sentences")
	fl.StringVar(&f.expires, "expires", "", "last day (2027-01-31) or time from now (90d, 12w, 36h)")
	fl.StringVar(&f.key, "key", sharingKey, "name of the key to sign with")
	fl.StringArrayVar(&f.listen, "listen", nil, "address to listen on (`MULTIADDR`) instead of every one; may be repeated")
	fl.Var(&f.limit, "limit", "give at most this fast")
	fl.BoolVar(&f.qr, "qr", false, "show the link as a QR code as well")
	fl.StringVar(&f.linkOut, "link-out", "", "`FILE` to write the link to as well")
	f.report.add(c)
	for _, other := range []string{"name", "about", "expires", "key"} {
		c.MarkFlagsMutuallyExclusive("package", other)
	}
	return c
}

// sharing is one share at work.
type sharing struct {
	*session
	f     shareFlags
	files *selection
}

func (t *terminal) share(ctx context.Context, paths []string, f shareFlags) error {
	s := &sharing{f: f}
	var err error
	var given *pack.Package
	if f.grove != "" {
		given, s.files, err = selectGiven(f.grove, paths)
	} else {
		s.files, err = selectFiles(ctx, paths)
	}
	if err != nil {
		return err
	}
	if s.files.path == "" {
		return app.NewProblem(app.BadInput, "The files must lie side by side in one folder; "+strings.Join(paths, ", ")+" do not", nil)
	}
	if s.session, err = t.open(ctx, boot.Options{UploadLimit: int64(f.limit), Listen: f.listen}, f.report); err != nil {
		return err
	}
	return s.close(s.run(ctx, given))
}

func (s *sharing) run(ctx context.Context, given *pack.Package) error {
	id, d, err := s.begin(ctx, given)
	if err != nil {
		return err
	}
	follow := s.follower(0, id)
	views, err := follow.run(ctx)
	if err == nil {
		err = firstFailure(views)
	}
	if err == nil {
		// Storage knows the files from now on; what happened to them between the
		// reading and now, only this can tell.
		err = s.files.unchanged()
	}
	if err != nil {
		return err
	}
	if err := s.tell(views[0], d.Package); err != nil {
		return err
	}
	if views, err = follow.serve(ctx); err == nil {
		err = firstFailure(views)
	}
	if len(views) > 0 {
		s.event("summary", views[0], err)
		s.t.say("Stopped sharing %s. Given: %s.", foreign(views[0].Name), sizeText(views[0].Counts.Given))
	}
	return err
}

// begin puts the package on the engine's list: the one given, one that was
// made of the same files before, or a new one.
func (s *sharing) begin(ctx context.Context, given *pack.Package) (uuid.UUID, app.Described, error) {
	if given != nil {
		d, err := s.hashGiven(ctx, given)
		if err != nil {
			return uuid.Nil, d, err
		}
		return s.serveNew(ctx, d)
	}
	old, err := s.earlier()
	if err != nil {
		return uuid.Nil, app.Described{}, err
	}
	if old != nil && !old.recheck {
		rec := old.rec
		rec.State, rec.Problem, rec.Seed, rec.NoShare = app.Queued, "", true, false
		return rec.ID, old.desc, s.g.Engine.Restore(ctx, rec)
	}
	d, err := s.build(ctx, old)
	if err != nil {
		return uuid.Nil, d, err
	}
	return s.serveNew(ctx, d)
}

func (s *sharing) serveNew(ctx context.Context, d app.Described) (uuid.UUID, app.Described, error) {
	id, err := s.g.Engine.Share(ctx, app.Sharing{Described: d, Path: s.files.path}, false)
	return id, d, err
}

// build reads the files and signs a new package of them, or returns the old
// one where they turn out to be the same.
func (s *sharing) build(ctx context.Context, old *shared) (app.Described, error) {
	m, err := s.manifest(time.Now())
	if err != nil {
		return app.Described{}, err
	}
	if err := checkDraft(s.files, m); err != nil {
		return app.Described{}, err
	}
	key, err := s.key(ctx)
	if err != nil {
		return app.Described{}, err
	}
	h, err := s.files.hash(ctx, s.t)
	if err != nil {
		return app.Described{}, err
	}
	h.build.Fill(&m)
	if old != nil {
		if was := old.desc.Package.Manifest; was.Hashes == m.Hashes && was.Piece == m.Piece && slices.EqualFunc(was.Files, m.Files, sameFile) {
			return old.desc, nil
		}
		if old.rec.Folder == "" { // shared in place: those contents are gone
			if err := s.forget(old.rec); err != nil {
				return app.Described{}, err
			}
			s.t.say("The files have changed, so this is a new package with a new link.")
		}
	}
	grove, err := key.sign(ctx, m)
	if err != nil {
		return app.Described{}, err
	}
	return describe(grove, h.build.List())
}

func sameFile(a, b pack.File) bool {
	return a.Size == b.Size && a.SHA256 == b.SHA256 && slices.Equal(a.Path, b.Path)
}

// describe opens what was just signed.
func describe(grove, list []byte) (app.Described, error) {
	p, err := pack.Open(grove)
	if err != nil {
		return app.Described{}, app.FromPack(err)
	}
	hashes, err := p.CheckHashes(list)
	if err != nil {
		return app.Described{}, app.FromPack(err)
	}
	return app.Described{Package: p, Hashes: hashes}, nil
}

// manifest is what the flags say.
func (s *sharing) manifest(now time.Time) (pack.Manifest, error) {
	m := pack.Manifest{Created: now.UTC().Truncate(time.Second), Name: s.title(), About: s.f.about}
	var err error
	if s.f.expires != "" {
		m.Expires, err = parseExpiry(s.f.expires, m.Created)
	}
	return m, err
}

// title is the name of the package.
func (s *sharing) title() string {
	switch {
	case s.f.name != "":
		return s.f.name
	case s.files.name != "":
		return s.files.name
	}
	return fmt.Sprintf("%s and %d more", s.files.files[0].path[0], len(s.files.files)-1)
}

// key opens the signing key. The silent one is made where it is not there.
func (s *sharing) key(ctx context.Context) (*signer, error) {
	path, err := keyPath(s.t, s.f.key)
	if err != nil {
		return nil, err
	}
	if s.f.key == sharingKey && mayStore(path) == nil {
		public, err := createKey(ctx, path, "")
		if err != nil {
			return nil, err
		}
		s.t.say("Made a key without a passphrase for what you share: %s (%s).", public.Fingerprint(), path)
	}
	return openSigner(s.t, path)
}

// sharedJSON is the event sharing.
type sharedJSON struct {
	event
	Link  string   `json:"link"`
	Addrs []string `json:"addresses"`
}

// tell prints the link.
func (s *sharing) tell(v app.View, p *pack.Package) error {
	reach := s.g.Node.Addrs()
	link := linkTo(p, reach)
	if s.f.linkOut != "" {
		if err := replaceFile(s.f.linkOut, []byte(link+"\n"), 0o644); err != nil {
			return err
		}
	}
	s.t.say("%s: %s in %s, signed by %s.", foreign(p.Manifest.Name), sizeText(p.Size()),
		count(len(p.Manifest.Files), "file", "files"), p.Publisher().Fingerprint())
	if len(reach) == 0 {
		s.sayLocal(link)
	}
	if s.json {
		return s.t.printJSON(sharedJSON{event{newStamp("sharing"), transferOf(v)}, link, reach})
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
	s.t.say("Send this link. It works while this runs; Ctrl-C ends it.")
	return nil
}

// sayLocal is for a computer without a public address.
func (s *sharing) sayLocal(link string) {
	local := sortAddrs(s.g.Node.LANAddrs())
	if len(local) == 0 {
		s.t.say("This computer has no address that others could reach; nobody can fetch from it now.")
		return
	}
	s.t.say("This computer has no public address, so the link alone finds it nowhere. In the same network:\n  grove get '%s' --peer %s", link, local[0])
}
