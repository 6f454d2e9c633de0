package sharing

import (
	"path/filepath"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

// ReadLead reads what a person has in hand: a link, a web address with a link
// in it, the web address of a .grove file, or the path of such a file. Nothing
// is fetched.
func ReadLead(text string) (app.Lead, error) {
	var lead app.Lead
	var err error
	switch s := strings.TrimSpace(text); {
	case strings.HasPrefix(s, "grove:"), isWeb(s) && strings.Contains(s, "#grove:"):
		lead.Link, err = pack.ParseLink(s)
		return lead, app.FromPack(err)
	case isWeb(s):
		lead.Manifest = s
		return lead, nil
	}
	return ReadGrove(text)
}

func isWeb(s string) bool { return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") }

// IsLink reports whether text is a link, or a web address with one in it.
func IsLink(text string) bool {
	_, err := pack.ParseLink(text)
	return err == nil
}

// ReadGrove reads a .grove file and the side files that lie beside it.
func ReadGrove(path string) (app.Lead, error) {
	var lead app.Lead
	var err error
	if lead.Grove, err = files.Read(path, pack.MaxGrove); err != nil {
		return lead, err
	}
	p, err := pack.Open(lead.Grove)
	if err != nil {
		return lead, app.FromPack(err)
	}
	// Side files that are not there, or are wrong, are fetched like any other.
	folder := filepath.Dir(path)
	if b, err := files.Read(filepath.Join(folder, p.ID.HashesName()), pack.MaxPieces*int64(len(pack.Hash{}))); err == nil {
		lead.Hashes = b
	}
	if p.Manifest.Poster != (pack.Hash{}) {
		if b, err := files.Read(filepath.Join(folder, p.ID.PosterName()), pack.MaxPoster); err == nil {
			lead.Poster = b
		}
	}
	return lead, nil
}
