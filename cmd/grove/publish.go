package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/poster"
	"grove/cmd/internal/sharing"
)

// publishing is one run of grove publish: first its flags, then what became
// of them.
type publishing struct {
	t *terminal
	publishFlags

	poster []byte
	files  *sharing.Selection
	signer *keyring.Signer
	stem   string // of the names of the files that are written
	built  *pack.Build
	pack   *pack.Package
	link   pack.Link
	page   string // address of the landing page
}

type publishFlags struct {
	origins, trackers    []string
	relays               []string
	floor                rateValue
	name, about          string
	expires              string
	series               string
	seq                  uint64
	posterFile           string
	out, linkOut         string
	key                  string
	manifestURL          string
	json, check, replace bool
}

// posterUsage is what --poster says of itself.
const posterUsage = "`FILE` with a picture: PNG, JPEG, GIF or WebP; a PNG or JPEG above 64 KiB is made smaller"

func newPublish(t *terminal) *cobra.Command {
	p := &publishing{t: t}
	c := &cobra.Command{
		Use:   "publish PATH...",
		Short: "Sign files that lie on a web server, and write what goes beside them",
		Long: `Sign files that lie on a web server, and write what goes beside them.

Each file is read once and left where it is, as it is. What is written is small:
NAME.grove (the signed description), ID.hashes (the hash of every piece),
ID.poster if there is a picture, NAME.html (a page for people) and NAME.sha256
(for sha256sum). Copy them to the origin, beside the files. The link is printed
on stdout; the page works with and without Grove.

An origin is a folder if it ends in "/": then the files lie in it under the
names they have in the package. Otherwise it is the address of the only file.`,
		Example: `  grove publish film.mkv --origin https://cdn.example.org/films/
  grove publish talks/ --origin https://cdn.example.org/talks/ --name "Talks 2026" --floor 20Mbit --check`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), args, time.Now()) },
	}
	f := c.Flags()
	f.StringArrayVar(&p.origins, "origin", nil, "where the files lie on the web: a folder ending in /, or the one file (repeatable)")
	f.Var(&p.floor, "floor", "rate below which the origin tops up what people give; without it the origin fills the line")
	f.StringVar(&p.name, "name", "", "title of the package (default: the name of the file or folder)")
	f.StringVar(&p.about, "about", "", "what it is, in a few sentences")
	f.StringVar(&p.expires, "expires", "", "last day (2027-01-31) or time from now (90d, 12w, 36h)")
	f.StringVar(&p.series, "series", "", "series that this is an edition of: a-z, 0-9 and -")
	f.Uint64Var(&p.seq, "seq", 0, "number of the edition in its series, from 1")
	f.StringVar(&p.posterFile, "poster", "", posterUsage)
	f.StringArrayVar(&p.trackers, "tracker", nil, "address of a tracker (repeatable)")
	f.StringArrayVar(&p.relays, "relay", nil, "`MULTIADDR` of a relay that helps people behind routers to meet (repeatable)")
	f.StringVar(&p.out, "out", ".", "folder to write to")
	f.StringVar(&p.key, "key", defaultKey, "name of the key to sign with")
	f.StringVar(&p.manifestURL, "manifest-url", "", "where the .grove file will lie (default: in the first origin's folder)")
	f.StringVar(&p.linkOut, "link-out", "", "file to write the link to as well")
	f.BoolVar(&p.json, "json", false, "print one JSON object a line instead of the link")
	f.BoolVar(&p.check, "check", false, "fetch a few pieces from each origin and compare them")
	f.BoolVar(&p.replace, "overwrite", false, "replace files of other contents in the folder that is written to")
	return c
}

func (p *publishing) run(ctx context.Context, paths []string, now time.Time) error {
	if len(p.origins) == 0 {
		return app.NewProblem(app.BadInput, "Where do the files lie on the web? --origin says it; grove share needs no server", nil)
	}
	for _, r := range p.relays {
		if err := boot.CheckPeer(r); err != nil {
			return err
		}
	}
	var err error
	if p.files, err = sharing.Select(ctx, paths); err != nil {
		return err
	}
	m, err := p.manifest(now)
	if err != nil {
		return err
	}
	if err := p.prepare(m); err != nil {
		return err
	}
	if err := p.openKey(ctx); err != nil {
		return err
	}
	progress := newMeter(p.t, "hashing")
	p.built, err = p.files.Hash(ctx, progress.at)
	progress.end()
	if err != nil {
		return err
	}
	p.built.Fill(&m)
	if err := p.sign(ctx, m); err != nil {
		return err
	}
	if err := p.write(); err != nil {
		return err
	}
	if err := p.tell(); err != nil || !p.check {
		return err
	}
	return p.checkOrigins(ctx)
}

// manifest is what the flags say.
func (p *publishing) manifest(now time.Time) (pack.Manifest, error) {
	m := pack.Manifest{
		Series: p.series, Seq: p.seq, Created: now.UTC().Truncate(time.Second),
		Name: p.name, About: p.about, Origins: p.origins, Trackers: p.trackers, Relays: p.relays, Floor: int64(p.floor),
	}
	if m.Name == "" {
		m.Name = p.files.Name
	}
	if m.Name == "" {
		return m, app.NewProblem(app.BadInput, "Several files need a title: --name gives it", nil)
	}
	var err error
	if p.expires != "" {
		if m.Expires, err = parseExpiry(p.expires, m.Created); err != nil {
			return m, err
		}
	}
	if p.posterFile != "" {
		if p.poster, err = poster.Read(p.posterFile); err != nil {
			return m, err
		}
		m.Poster = sha256.Sum256(p.poster)
	}
	return m, nil
}

// prepare finds out all that can be wrong before hours of reading.
func (p *publishing) prepare(m pack.Manifest) error {
	m, err := p.files.Draft(m, "published")
	if err != nil {
		return err
	}
	if p.stem, err = fileStem(m.Name, p.files.First()); err != nil {
		return err
	}
	folder := originFolder(p.origins[0])
	if p.manifestURL == "" {
		p.manifestURL = folder + escapeElement(p.stem+".grove")
	}
	p.page = folder + escapeElement(p.stem+".html")
	p.link = pack.Link{ID: pack.ID{1}, Publisher: m.Publisher, Manifests: []string{p.manifestURL}, Name: m.Name}
	if _, err := pack.ParseLink(p.link.String()); err != nil {
		return app.NewProblem(app.BadInput, "--manifest-url makes no valid link: "+err.Error(), nil)
	}
	if err := p.checkOut(); err != nil {
		return err
	}
	p.warnOrigins()
	return nil
}

// checkOut refuses to write into the package itself: the files written now
// would be part of it the next time.
func (p *publishing) checkOut() error {
	out, err := filepath.Abs(p.out)
	if err != nil {
		return app.NewProblem(app.BadInput, strconv.Quote(p.out)+" is not a folder", err)
	}
	p.out = out
	if info, err := os.Stat(out); err == nil && !info.IsDir() {
		return app.NewProblem(app.BadInput, out+" is not a folder to write to", nil)
	}
	for _, folder := range p.files.Folders {
		if inside, err := filepath.Rel(folder, out); err == nil && filepath.IsLocal(inside) {
			return app.NewProblem(app.BadInput, out+" lies in the package itself; --out names another folder", nil)
		}
	}
	return nil
}

// warnOrigins tells of an origin that looks like a folder without its slash.
func (p *publishing) warnOrigins() {
	for _, o := range p.origins {
		last := o[strings.LastIndexByte(o, '/')+1:]
		if last != "" && !strings.ContainsAny(last, ".?") {
			p.t.say("%s is taken for the file itself; a folder ends in /.", o)
		}
	}
}

// longRead is how much reading makes it worth a second to open the key first,
// in bytes.
const longRead = 256 << 20

// openKey asks for the passphrase before the long work, and tries it where
// that work is long.
func (p *publishing) openKey(ctx context.Context) error {
	path, err := keyPath(p.t, p.key)
	if err != nil {
		return err
	}
	if p.signer, err = openKey(p.t, path); err != nil {
		return err
	}
	if p.files.Size >= longRead {
		_, err = p.signer.Public(ctx)
	}
	return err
}

// sign signs m. Where the same package was published to this folder before,
// its date is taken over, so that the same files give the same package.
func (p *publishing) sign(ctx context.Context, m pack.Manifest) error {
	grove, err := p.signer.Sign(ctx, m)
	if err != nil {
		return err
	}
	if p.pack, err = pack.Open(grove); err != nil {
		return app.FromPack(err)
	}
	old, err := readPackage(p.outPath(".grove"))
	if err == nil && samePackage(old.Manifest, p.pack.Manifest) {
		p.pack = old
	}
	p.link.ID, p.link.Publisher = p.pack.ID, p.pack.Publisher()
	return nil
}

// samePackage compares all but the date, and the expiry where that is as far
// from it in both.
func samePackage(a, b pack.Manifest) bool {
	if !a.Expires.IsZero() && a.Expires.Sub(a.Created) == b.Expires.Sub(b.Created) {
		b.Expires = a.Expires
	}
	b.Created = a.Created
	return equalManifests(a, b)
}

func (p *publishing) outPath(ending string) string { return filepath.Join(p.out, p.stem+ending) }

// write writes the small files.
func (p *publishing) write() error {
	page, err := landingPage(landing{Package: p.pack, Poster: p.poster, Link: p.link, Page: p.page, Grove: p.manifestURL, Stem: p.stem})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return files.WriteProblem(p.out, err)
	}
	out := []outFile{{filepath.Join(p.out, p.pack.ID.HashesName()), p.built.List()}}
	if p.poster != nil {
		out = append(out, outFile{filepath.Join(p.out, p.pack.ID.PosterName()), p.poster})
	}
	out = append(out,
		outFile{p.outPath(".sha256"), sums(p.pack)},
		outFile{p.outPath(".html"), page},
		outFile{p.outPath(".grove"), p.pack.Bytes()}) // the last: where it is, the others are
	for _, f := range out {
		if err := p.keepMedia(f.path); err != nil {
			return err
		}
	}
	if err := placeAll(out, p.replace); err != nil {
		return err
	}
	if p.linkOut != "" {
		return files.Replace(p.linkOut, []byte(p.link.String()+"\n"), 0o644)
	}
	return nil
}

// keepMedia refuses to write over a file that is published.
func (p *publishing) keepMedia(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // nothing is there, or writing will say why not
	}
	if p.files.Holds(info) {
		return app.NewProblem(app.BadInput, path+" is one of the files to publish; --out or --name makes it another", nil)
	}
	return nil
}

// sums is what sha256sum --check reads.
func sums(p *pack.Package) []byte {
	var b strings.Builder
	for _, f := range p.Manifest.Files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name())
	}
	return []byte(b.String())
}
