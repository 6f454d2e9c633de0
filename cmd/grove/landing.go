package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/assets"
	"grove/cmd/internal/poster"
)

// landing is what a landing page is made from.
type landing struct {
	Package *pack.Package
	Poster  []byte // verified; nil for none
	Link    pack.Link
	Page    string // its own address
	Grove   string // address of the .grove file
	Stem    string // of the names of the files beside the page
}

// pageFiles is how many files a page lists; a browser gets slow with more,
// and all of them are in the checksum file.
const pageFiles = 500

// pageData is what the template sees. Every string in it is escaped by
// html/template, except the four of its own types, which Grove itself wrote.
type pageData struct {
	Policy string
	Style  template.CSS
	Mark   template.HTML
	Poster template.URL // data:
	Link   template.URL // grove:, which html/template does not know

	Name, About, Size, Count, Expires string
	ID, Publisher, Fingerprint        string
	LinkText, Page                    string
	Sums, SumsURL, SumsQuoted         string
	Grove, GroveURL, GroveQuoted      string
	Files                             []pageFile
	More                              int
}

type pageFile struct {
	Name, Size, URL, SHA256 string
	Also                    []pageMirror
}

type pageMirror struct{ Host, URL, Label string }

// landingPage makes the page beside a package: what it is, its link, and a
// plain download of every file. It has no script, loads nothing from anywhere,
// and is the same for the same package.
func landingPage(l landing) ([]byte, error) {
	t, err := template.New("landing").Parse(assets.LandingPage)
	if err != nil {
		return nil, err
	}
	m := l.Package.Manifest
	style := strings.TrimSpace(assets.LandingStyle)
	sum := sha256.Sum256([]byte(style))
	d := pageData{
		Policy: "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'",
		Style: template.CSS(style),
		Mark:  template.HTML(strings.Replace(strings.TrimSpace(assets.Mark), "<svg ", `<svg aria-hidden="true" `, 1)),
		Link:  template.URL(l.Link.String()),

		Name: m.Name, About: m.About, Size: sizeText(l.Package.Size()), Count: count(len(m.Files), "file", "files"),
		ID: l.Package.ID.String(), Publisher: m.Publisher.String(), Fingerprint: m.Publisher.Fingerprint(),
		LinkText: l.Link.String(), Page: l.Link.Page(l.Page),
		Sums: l.Stem + ".sha256", SumsURL: escapeElement(l.Stem + ".sha256"), SumsQuoted: shellWord(l.Stem + ".sha256"),
		Grove: l.Stem + ".grove", GroveURL: l.Grove, GroveQuoted: shellWord(l.Stem + ".grove"),
		More: max(len(m.Files)-pageFiles, 0),
	}
	if !m.Expires.IsZero() {
		d.Expires = m.Expires.Format("2 January 2006")
	}
	if l.Poster != nil {
		d.Poster = template.URL("data:" + poster.MediaType(l.Poster) + ";base64," + base64.StdEncoding.EncodeToString(l.Poster))
	}
	for f := range m.Files[:min(len(m.Files), pageFiles)] {
		file, err := pageFileOf(l.Package, f)
		if err != nil {
			return nil, err
		}
		d.Files = append(d.Files, file)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("the landing page: %w", err)
	}
	return b.Bytes(), nil
}

func pageFileOf(p *pack.Package, f int) (pageFile, error) {
	m := p.Manifest.Files[f]
	file := pageFile{Name: m.Name(), Size: sizeText(m.Size), SHA256: m.SHA256.String()}
	for i, origin := range p.Manifest.Origins {
		at, err := p.FileURL(origin, f)
		if err != nil {
			return file, app.FromPack(err)
		}
		if i == 0 {
			file.URL = at
			continue
		}
		u, err := url.Parse(at)
		if err != nil {
			return file, err
		}
		file.Also = append(file.Also, pageMirror{Host: u.Host, URL: at, Label: m.Name() + " at " + u.Host})
	}
	return file, nil
}

// shellWord quotes a file name for the commands on the page. Names hold no
// control characters; a leading dash would still be taken for an option.
func shellWord(s string) string {
	if strings.HasPrefix(s, "-") {
		s = "./" + s
	}
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
