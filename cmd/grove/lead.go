package main

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// readLead reads what a person has in hand: a link, a web address with a link
// in it, the web address of a .grove file, or such a file. Nothing is fetched.
func readLead(arg string, typed app.Typed, mode app.Mode) (app.Lead, error) {
	lead := app.Lead{Typed: typed, Mode: mode}
	var err error
	switch web := strings.HasPrefix(arg, "https://") || strings.HasPrefix(arg, "http://"); {
	case strings.HasPrefix(strings.TrimSpace(arg), "grove:"), web && strings.Contains(arg, "#grove:"):
		if lead.Link, err = pack.ParseLink(arg); err != nil {
			return lead, app.FromPack(err)
		}
	case web:
		lead.Manifest = arg
	default:
		return readGroveFile(arg, lead)
	}
	return lead, nil
}

// readGroveFile reads a .grove file and the side files that lie beside it.
func readGroveFile(path string, lead app.Lead) (app.Lead, error) {
	var err error
	if lead.Grove, err = readSmall(path, pack.MaxGrove); err != nil {
		return lead, err
	}
	p, err := pack.Open(lead.Grove)
	if err != nil {
		return lead, app.FromPack(err)
	}
	// Side files that are not there, or are wrong, are fetched like any other.
	folder := filepath.Dir(path)
	if b, err := readSmall(filepath.Join(folder, p.ID.HashesName()), pack.MaxPieces*int64(len(pack.Hash{}))); err == nil {
		lead.Hashes = b
	}
	if p.Manifest.Poster != (pack.Hash{}) {
		if b, err := readSmall(filepath.Join(folder, p.ID.PosterName()), pack.MaxPoster); err == nil {
			lead.Poster = b
		}
	}
	return lead, nil
}

// leadID is the package that a lead is known to mean; zero where only asking
// its server can tell.
func leadID(lead app.Lead) pack.ID {
	if lead.Grove != nil {
		if p, err := pack.Open(lead.Grove); err == nil {
			return p.ID
		}
	}
	return lead.Link.ID
}

// checkTyped refuses addresses that the user typed and that cannot be meant.
func checkTyped(typed app.Typed, reach app.Reach) error {
	for _, s := range typed.Peers {
		if err := boot.CheckPeer(s); err != nil {
			return err
		}
	}
	for _, s := range typed.Origins {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return app.NewProblem(app.BadInput, strconv.Quote(s)+" is not a web address", nil)
		}
		if err := reach.CheckURL(u, true); err != nil {
			return err
		}
	}
	return nil
}
