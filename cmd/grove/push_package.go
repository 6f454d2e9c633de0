package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
	"grove/cmd/internal/sharing"
	"grove/storage"
)

// pushed is the package that push is about.
type pushed struct {
	id        pack.ID
	name      string
	publisher pack.PublicKey // zero: not known
	rec       *app.Record    // on the list; nil for the files of a .grove file

	pack   *pack.Package // of a .grove file, and where that lies
	file   string
	poster []byte
}

// findPushed finds what a person means: a .grove file, a link or a file with
// one in it, or the beginning of an ID on the list.
func (t *terminal) findPushed(s *storage.Store, arg string) (pushed, error) {
	all, err := s.LoadTransfers()
	if err != nil {
		return pushed{}, err
	}
	if info, err := os.Stat(arg); err == nil && info.Mode().IsRegular() {
		if link, ok := linkFile(arg); ok {
			return linked(all, link)
		}
		return packageFile(all, arg)
	}
	if sharing.IsLink(arg) {
		return linked(all, arg)
	}
	if strings.HasSuffix(arg, ".grove") {
		return pushed{}, app.NewProblem(app.NotFound, arg, nil)
	}
	rec, err := findRecord(all, arg)
	if err != nil {
		return pushed{}, err
	}
	return listedAs(rec), nil
}

func listedAs(rec app.Record) pushed {
	return pushed{id: rec.Package, name: rec.Name, publisher: rec.Publisher, rec: &rec}
}

// linkFile reads a file that holds a link, as --link-out writes it.
func linkFile(path string) (link string, ok bool) {
	b, err := files.Read(path, pack.MaxLink+2)
	return string(b), err == nil && sharing.IsLink(string(b))
}

// linked finds on the list what a link means, as private as the link is.
func linked(all []app.Record, text string) (pushed, error) {
	link, err := pack.ParseLink(text)
	if err != nil {
		return pushed{}, app.FromPack(err)
	}
	i := slices.IndexFunc(all, func(r app.Record) bool {
		return r.Package == link.ID && slices.Equal(r.Secret, link.Secret) && r.Path != ""
	})
	if i < 0 { // enough to have it deleted somewhere
		return pushed{id: link.ID, name: link.Name, publisher: link.Publisher}, nil
	}
	return listedAs(all[i]), nil
}

// packageFile reads a .grove file. Where the same package is on the list its
// files are known, and need not be compared again.
func packageFile(all []app.Record, path string) (pushed, error) {
	lead, err := sharing.ReadGrove(path)
	if err != nil {
		return pushed{}, err
	}
	p, err := pack.Open(lead.Grove)
	if err != nil {
		return pushed{}, app.FromPack(err)
	}
	w := pushed{id: p.ID, name: p.Manifest.Name, publisher: p.Publisher(), pack: p, file: path}
	if lead.Poster != nil && p.CheckPoster(lead.Poster) == nil {
		w.poster = lead.Poster
	}
	i := slices.IndexFunc(all, func(r app.Record) bool {
		return r.Package == p.ID && r.Path != "" && r.Secret == nil && len(r.Selected) == 0
	})
	if i >= 0 {
		w.rec = &all[i]
	}
	return w, nil
}

// find finds the files of a .grove file at path, or beside it: right there, or
// in a folder that is called like it.
func (w pushed) find(ctx context.Context, path string) (*sharing.Job, error) {
	if w.pack == nil {
		return nil, app.NewProblem(app.NotFound, "package "+w.id.Short()+" in the list", errors.New("grove ls shows the list"))
	}
	places := []string{path}
	if path == "" {
		folder := filepath.Dir(w.file)
		stem := strings.TrimSuffix(filepath.Base(w.file), ".grove")
		places = []string{folder, filepath.Join(folder, stem), filepath.Join(folder, app.TargetName(w.pack))}
	}
	var first error
	for _, place := range places {
		job, err := sharing.Prepare(ctx, sharing.Request{Paths: []string{place}, Package: w.pack})
		if err == nil {
			return job, nil
		}
		if first == nil {
			first = err
		}
	}
	if path == "" && app.AsProblem(first).Kind == app.NotFound {
		first = app.NewProblem(app.NotFound, app.AsProblem(first).Subject, errors.New("--files says where the files lie"))
	}
	return nil, first
}

// hostOf is what a web address is called in sentences.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Host
}
