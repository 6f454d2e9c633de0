package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
	"grove/cmd/internal/sharing"
	"grove/p2p/mirror"
)

// readPackage opens and verifies a .grove file.
func readPackage(path string) (*pack.Package, error) {
	b, err := files.Read(path, pack.MaxGrove)
	if err != nil {
		return nil, err
	}
	p, err := pack.Open(b)
	return p, app.FromPack(err)
}

// readSubject is sharing.ReadLead for looking only: a link that names no address is
// worth looking at too.
func readSubject(arg string) (app.Lead, error) {
	if l, err := pack.ParseLink(arg); err == nil {
		return app.Lead{Link: l}, nil
	}
	return sharing.ReadLead(arg)
}

// fetchPackage fetches a .grove file from the web addresses that a lead names.
// Nobody accepted anything, so nothing else is fetched.
func fetchPackage(ctx context.Context, lead app.Lead) (*pack.Package, error) {
	d := app.Description{ID: lead.Link.ID, Part: app.PartManifest}
	for _, u := range lead.Link.Manifests {
		d.Manifests = append(d.Manifests, app.Origin{URL: u})
	}
	if lead.Manifest != "" {
		d.Manifests = append(d.Manifests, app.Origin{URL: lead.Manifest, Typed: true})
	}
	if len(d.Manifests) == 0 {
		return nil, app.NewProblem(app.NoSource, "package "+d.ID.Short(), errors.New("the link names no web address; grove get asks people too"))
	}
	c := mirror.New(mirror.Config{Reach: app.Reach{LocalOnly: boot.LocalOnly()}})
	defer c.Close()
	var p *pack.Package
	err := c.Describe(ctx, d, func(b []byte) (err error) {
		if p, err = pack.Open(b); err == nil && lead.Link.ID != (pack.ID{}) {
			err = lead.Link.Check(p)
		}
		return app.FromPack(err)
	})
	return p, err
}

func newInspect(t *terminal) *cobra.Command {
	var asJSON, fetch bool
	c := &cobra.Command{
		Use:   "inspect FILE.grove|LINK|URL",
		Short: "Show all that a package or a link says",
		Long: `Show all that a package or a link says.

A file is verified first: what is shown was signed. A link is only taken apart,
and nothing is asked of anybody, unless --fetch has the package fetched from the
web addresses in the link. URL is the web address of a .grove file.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			lead, err := readSubject(args[0])
			if err != nil {
				return err
			}
			switch {
			case lead.Grove != nil:
				p, err := pack.Open(lead.Grove)
				if err != nil {
					return app.FromPack(err)
				}
				return t.showPackage(p, asJSON)
			case fetch:
				p, err := fetchPackage(c.Context(), lead)
				if err != nil {
					return err
				}
				return t.showPackage(p, asJSON)
			case lead.Manifest != "":
				return app.NewProblem(app.BadInput, "A web address says nothing by itself; --fetch asks there", nil)
			}
			return t.showLink(lead.Link, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&fetch, "fetch", false, "fetch and verify the package that the link names, without its files")
	return c
}

// fileShown and packageShown are a package for --json.
type fileShown struct {
	Path   string    `json:"path"`
	Size   int64     `json:"size"`
	SHA256 pack.Hash `json:"sha256"`
	Pieces int       `json:"pieces"`
}

type packageShown struct {
	stamp
	ID          pack.ID        `json:"package"`
	Publisher   pack.PublicKey `json:"publisher"`
	Fingerprint string         `json:"fingerprint"`
	Name        string         `json:"name"`
	About       string         `json:"about,omitempty"`
	Series      string         `json:"series,omitempty"`
	Seq         uint64         `json:"seq,omitempty"`
	Created     time.Time      `json:"created"`
	Expires     time.Time      `json:"expires,omitzero"`
	Expired     bool           `json:"expired"`
	Size        int64          `json:"size"`
	Piece       int64          `json:"piece"`
	Pieces      int            `json:"pieces"`
	Hashes      pack.Hash      `json:"hashes"`
	Poster      pack.Hash      `json:"poster,omitzero"`
	Origins     []string       `json:"origins,omitempty"`
	Trackers    []string       `json:"trackers,omitempty"`
	Relays      []string       `json:"relays,omitempty"`
	Floor       int64          `json:"floor,omitempty"`
	Report      string         `json:"report,omitempty"`
	Feed        string         `json:"feed,omitempty"`
	Domain      string         `json:"domain,omitempty"`
	Files       []fileShown    `json:"files"`
}

func (t *terminal) showPackage(p *pack.Package, asJSON bool) error {
	m := p.Manifest
	files := make([]fileShown, len(m.Files))
	for i, f := range m.Files {
		first, end := p.Layout.FilePieces(i)
		files[i] = fileShown{f.Name(), f.Size, f.SHA256, end - first}
	}
	if asJSON {
		return t.printJSON(packageShown{
			stamp: newStamp("package"), ID: p.ID, Publisher: m.Publisher, Fingerprint: m.Publisher.Fingerprint(),
			Name: m.Name, About: m.About, Series: m.Series, Seq: m.Seq,
			Created: m.Created, Expires: m.Expires, Expired: p.Expired(time.Now()),
			Size: p.Size(), Piece: m.Piece, Pieces: p.Layout.Pieces(), Hashes: m.Hashes, Poster: m.Poster,
			Origins: m.Origins, Trackers: m.Trackers, Relays: m.Relays, Floor: m.Floor,
			Report: m.Report, Feed: m.Feed, Domain: m.Domain, Files: files,
		})
	}
	if err := t.packageRows(p); err != nil {
		return err
	}
	fmt.Fprintln(t.out)
	list := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, f := range files {
		fmt.Fprintf(list, "%d\t%s\t%s\n", f.Size, f.SHA256, "  "+foreign(f.Path))
	}
	return list.Flush()
}

// packageRows prints all but the files.
func (t *terminal) packageRows(p *pack.Package) error {
	m := p.Manifest
	w := rows(t.out)
	w.row("name", foreign(m.Name))
	w.row("package", p.ID.String())
	w.row("publisher", m.Publisher.String())
	w.row("fingerprint", m.Publisher.Fingerprint())
	w.row("signed", dateText(m.Created))
	switch {
	case p.Expired(time.Now()):
		w.row("expired", dateText(m.Expires))
	case !m.Expires.IsZero():
		w.row("expires", dateText(m.Expires))
	}
	if m.Series != "" {
		w.row("series", fmt.Sprintf("%s, number %d", m.Series, m.Seq))
	}
	w.row("size", fmt.Sprintf("%s (%d bytes) in %s", sizeText(p.Size()), p.Size(), count(len(m.Files), "file", "files")))
	w.row("pieces", fmt.Sprintf("%d of %d KiB", p.Layout.Pieces(), m.Piece>>10))
	w.row("hash list", m.Hashes.String())
	if m.Poster != (pack.Hash{}) {
		w.row("poster", m.Poster.String())
	}
	if m.Floor > 0 || len(m.Origins) > 0 {
		w.row("policy", policyName(m.Floor))
	}
	w.list("origin", m.Origins)
	w.list("tracker", m.Trackers)
	w.list("relay", m.Relays)
	w.list("report", nonEmpty(m.Report))
	w.list("feed", nonEmpty(m.Feed))
	w.list("domain", nonEmpty(m.Domain))
	w.list("about", strings.Split(m.About, "\n"))
	return w.Flush()
}

// linkShown is a link for --json. The secret of a private share is not shown.
type linkShown struct {
	stamp
	ID          pack.ID  `json:"package"`
	Publisher   string   `json:"publisher,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	Name        string   `json:"name,omitempty"`
	Manifests   []string `json:"manifests,omitempty"`
	Peers       []string `json:"peers,omitempty"`
	Private     bool     `json:"private"`
}

func (t *terminal) showLink(l pack.Link, asJSON bool) error {
	s := linkShown{stamp: newStamp("link"), ID: l.ID, Name: l.Name, Manifests: l.Manifests, Peers: l.Peers, Private: l.Secret != nil}
	if l.Publisher != (pack.PublicKey{}) {
		s.Publisher, s.Fingerprint = l.Publisher.String(), l.Publisher.Fingerprint()
	}
	if asJSON {
		return t.printJSON(s)
	}
	w := rows(t.out)
	w.row("package", s.ID.String())
	w.list("publisher", nonEmpty(s.Publisher))
	w.list("fingerprint", nonEmpty(s.Fingerprint))
	if s.Name != "" {
		w.row("name", foreign(s.Name)+"  (what the link says, not signed)")
	}
	w.list("manifest", s.Manifests)
	w.list("peer", s.Peers)
	if s.Private {
		w.row("private", "yes; the secret is in the link")
	}
	return w.Flush()
}

// rowWriter aligns "what  value" lines.
type rowWriter struct{ *tabwriter.Writer }

func rows(out io.Writer) rowWriter {
	return rowWriter{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
}

func (w rowWriter) row(what, value string) { fmt.Fprintf(w, "%s\t%s\n", what, value) }

// list writes one row a value, and names them once.
func (w rowWriter) list(what string, values []string) {
	for _, v := range values {
		if v != "" {
			w.row(what, clean(v))
		}
		what = ""
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
