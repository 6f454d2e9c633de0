package sharing

import (
	"context"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/p2p/depot"
)

// Again shares what is complete and on the list of saved transfers, until the
// user says stop. BadInput for what is not complete.
func Again(ctx context.Context, g *boot.Grove, rec app.Record) (Started, error) {
	s := Started{ID: rec.ID}
	if err := reaches(g); err != nil {
		return s, err
	}
	if rec.Path == "" {
		return s, app.NewProblem(app.BadInput, rec.Name+" is not complete here, so nobody can get all of it from here", nil)
	}
	j := &Job{g: g, files: &Selection{Path: rec.Path}}
	if err := j.revive(ctx, rec); err != nil {
		return s, err
	}
	if err := j.confirm(ctx, rec.ID); err != nil {
		return s, err
	}
	d, err := g.Engine.Detail(ctx, rec.ID)
	if err != nil {
		return s, err
	}
	if d.Desc == nil { // it was closed again
		return s, app.NewProblem(app.Stopped, "Sharing "+rec.Path, nil)
	}
	s.Described = *d.Desc
	return s, nil
}

// Withdraw has the depot at base delete its copy of a package. g needs no node
// for it. Problems are the depot's.
func Withdraw(ctx context.Context, g *boot.Grove, base string, id pack.ID, publisher pack.PublicKey, key *keyring.Signer) error {
	client, err := depots(g)
	if err != nil {
		return err
	}
	defer client.Close()
	r := &depot.Request{Order: pack.Order{Do: pack.Drop, Package: id, Publisher: publisher}, Sign: key.SignOrder}
	_, err = client.Order(ctx, base, true, r)
	return err
}

// CopyLink is the link of a copy that a depot keeps: it works without this
// computer.
func (c *Copy) CopyLink(s depot.Status) string {
	p := c.desc.Package
	l := pack.Link{ID: p.ID, Publisher: p.Publisher(), Name: p.Manifest.Name, Secret: c.Secret,
		Manifests: manifestURLs(p, c.Secret, []string{c.base})}
	return LinkAt(l, s.Peers).String()
}
