package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/sharing"
	"grove/p2p/depot"
)

// pushFlags are the flags of push.
type pushFlags struct {
	to       string
	keep     string // --for
	files    string
	key      string
	drop     bool
	limit    rateValue
	patience time.Duration
	json     bool
}

func newPush(t *terminal) *cobra.Command {
	var f pushFlags
	c := &cobra.Command{
		Use:   "push PACKAGE --to URL",
		Short: "Have a depot keep a copy, so that this computer may go offline",
		Long: `Have a depot keep a copy, so that this computer may go offline.

PACKAGE is a .grove file whose files lie beside it, or where --files says; or
the link, or the ID in grove ls, of what is shared or complete here. The order
is signed with the key that signed the package; the depot takes it from the keys
that it allows, as far as its room goes.

The depot fetches from this computer, and from whoever else has the package, and
checks every piece. Ctrl-C stops it; the same command goes on where it was. When
the copy is complete its link is printed on stdout, alone on a line. The same
command later keeps the copy for longer, and --drop deletes it.`,
		Example: `  grove push film.mkv.grove --to https://depot.example.org/
  grove push 1b9d6bcd --to https://depot.example.org/ --for 90d
  grove push film.mkv.grove --to https://depot.example.org/ --drop`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.push(c.Context(), args[0], f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.to, "to", "", "web address of the depot")
	fl.StringVar(&f.keep, "for", "30d", "time to keep the copy (90d, 12w, 36h), or its last day; the package's own end if that is sooner")
	fl.StringVar(&f.files, "files", "", "where the files of a .grove file lie: the file, or the folder (default: beside it)")
	fl.StringVar(&f.key, "key", "", "name of the key to sign the order with (default: the one that signed the package)")
	fl.BoolVar(&f.drop, "drop", false, "have the depot delete its copy")
	fl.Var(&f.limit, "limit", "give at most this fast")
	fl.DurationVar(&f.patience, "patience", 2*time.Minute, "give up when the depot does not answer for so long; 0 is never")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line on stdout; the last is the summary")
	_ = c.MarkFlagRequired("to") // fails for a flag that is not there
	for _, other := range []string{"for", "files", "limit", "patience"} {
		c.MarkFlagsMutuallyExclusive("drop", other)
	}
	return c
}

// pusher is one push at work.
type pusher struct {
	t    *terminal
	f    pushFlags
	base string
	what pushed
	g    *boot.Grove
}

func (t *terminal) push(ctx context.Context, arg string, f pushFlags) error {
	p := &pusher{t: t, f: f}
	var err error
	if p.base, err = depot.CheckBase(f.to); err != nil {
		return err
	}
	keep, err := keepTime(f.keep, time.Now())
	if err != nil {
		return err
	}
	if p.g, err = t.start(ctx, boot.Options{UploadLimit: int64(f.limit), NoPeers: f.drop}); err != nil {
		return err
	}
	if p.what, err = t.findPushed(p.g.Store, arg); err == nil {
		if f.drop {
			err = p.withdraw(ctx)
		} else {
			err = p.run(ctx, keep)
		}
	}
	if cerr := p.g.Close(); err == nil {
		err = cerr
	}
	return err
}

// keepTime reads how long a copy is to be kept.
func keepTime(s string, now time.Time) (time.Duration, error) {
	at, err := parseExpiry(s, now)
	return at.Sub(now), err
}

// run has the depot make its copy.
func (p *pusher) run(ctx context.Context, keep time.Duration) error {
	key, err := p.key()
	if err != nil {
		return err
	}
	started, fresh, err := p.share(ctx)
	var made depot.Status
	var link string
	if err == nil {
		made, link, err = p.copy(ctx, started, key, keep)
	}
	if fresh && !goesOn(err) { // nothing more is to come from here; the files stay where they are
		if rerr := p.g.Engine.Remove(context.WithoutCancel(ctx), started.ID); err == nil {
			err = rerr
		}
	}
	if err != nil {
		return err
	}
	return p.tell(made, link)
}

// copy stays until the depot has everything.
func (p *pusher) copy(ctx context.Context, started sharing.Started, key *keyring.Signer, keep time.Duration) (depot.Status, string, error) {
	c, err := sharing.NewCopy(p.g, started, p.base, keep)
	if err != nil {
		return depot.Status{}, "", err
	}
	c.Sign(key)
	c.Patience = p.f.patience
	m := newMeter(p.t, "copying")
	defer m.end()
	c.Progress = func(s depot.Status) {
		m.at(s.Have, s.Size)
		if p.f.json {
			_ = p.t.printJSON(p.json("copy", s, "")) // whoever reads it may go away; the copy goes on
		}
	}
	p.t.say("%s: %s in %s, to the depot at %s.", foreign(started.Package.Manifest.Name), sizeText(started.Package.Size()),
		count(len(started.Package.Manifest.Files), "file", "files"), p.host())
	s, err := c.Make(ctx)
	if err != nil {
		return s, "", err
	}
	return s, c.CopyLink(s), nil
}

// goesOn reports whether the same command is likely to be given again, and may
// find the files compared already.
func goesOn(err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, context.Canceled):
		return true
	}
	switch app.AsProblem(err).Kind {
	case app.Stopped, app.SourceFault, app.SourceBusy:
		return true
	}
	return false
}

// share makes the package one that others can fetch from here. fresh says that
// it is on the list for this alone.
func (p *pusher) share(ctx context.Context) (s sharing.Started, fresh bool, err error) {
	if p.what.rec != nil {
		s, err = sharing.Again(ctx, p.g, *p.what.rec)
	} else {
		fresh = true
		s, err = p.shareFiles(ctx)
	}
	if err != nil {
		return s, fresh, err
	}
	snap, err := p.g.Engine.Next(ctx, 0)
	if err != nil {
		return s, fresh, err
	}
	switch v := snap.Transfer(s.ID); {
	case v == nil:
	case v.NotGiving == app.GivingOff:
		err = app.NewProblem(app.BadInput, "The settings say that nothing is given to others, so the depot cannot get it from here", nil)
	case v.NotGiving == app.GivingOverspent:
		err = app.NewProblem(app.BadInput, "What may be given this month is used up, so the depot cannot get it from here", nil)
	}
	return s, fresh, err
}

// shareFiles compares the files of a .grove file with it and shares them.
func (p *pusher) shareFiles(ctx context.Context) (sharing.Started, error) {
	job, err := p.what.find(ctx, p.f.files)
	if err != nil {
		return sharing.Started{}, err
	}
	m := newMeter(p.t, "comparing")
	job.Progress = m.at
	s, err := job.Start(ctx, p.g)
	m.end()
	if err == nil && p.what.poster != nil {
		s.Poster = p.what.poster
	}
	return s, err
}

// key opens the key that signs the order.
func (p *pusher) key() (*keyring.Signer, error) {
	if p.what.publisher == (pack.PublicKey{}) {
		return nil, app.NewProblem(app.BadInput, "The link does not name its publisher; the .grove file, or the ID in grove ls, says who it is", nil)
	}
	if p.f.key == "" {
		s, err := sharing.SignerFor(p.g.Data, p.what.publisher, p.t.passphrase)
		return s, hint(err, keyring.ErrNone, "grove keys import brings it here, and --key names one whose .pub file is missing")
	}
	path, err := keyPath(p.t, p.f.key)
	if err != nil {
		return nil, err
	}
	if public, err := keyring.ReadPublic(path); err == nil && public != p.what.publisher {
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("The package is signed by %s, and the key %s is %s; only its publisher can have it kept",
			p.what.publisher.Fingerprint(), p.f.key, public.Fingerprint()), nil)
	}
	return openKey(p.t, path)
}

// withdraw has the depot delete its copy.
func (p *pusher) withdraw(ctx context.Context) error {
	key, err := p.key()
	if err != nil {
		return err
	}
	if err := sharing.Withdraw(ctx, p.g, p.base, p.what.id, p.what.publisher, key); err != nil {
		if ctx.Err() != nil {
			err = app.NewProblem(app.Stopped, "Asking the depot", nil)
		}
		return err
	}
	p.t.say("The depot at %s has no copy of %s any more.", p.host(), foreign(p.what.name))
	if p.f.json {
		return p.t.printJSON(p.json("summary", depot.Status{State: depot.Dropped}, ""))
	}
	return nil
}

// tell prints what became of it.
func (p *pusher) tell(s depot.Status, link string) error {
	p.t.say("The copy at %s is complete: this computer may go offline. It is kept until %s.", p.host(), dateText(s.Until))
	p.t.say("Its files: %s", s.Folder)
	if p.f.json {
		return p.t.printJSON(p.json("summary", s, link))
	}
	_, err := fmt.Fprintln(p.t.out, link)
	return err
}

// copyJSON is the events copy and summary.
type copyJSON struct {
	stamp
	Package pack.ID     `json:"package"`
	Depot   string      `json:"depot"`
	State   depot.State `json:"state"`
	Size    int64       `json:"size"`
	Have    int64       `json:"have"`
	Until   time.Time   `json:"until,omitzero"`
	Folder  string      `json:"folder,omitempty"`
	Link    string      `json:"link,omitempty"`
}

func (p *pusher) json(event string, s depot.Status, link string) copyJSON {
	return copyJSON{newStamp(event), p.what.id, p.base, s.State, s.Size, s.Have, s.Until, s.Folder, link}
}

func (p *pusher) host() string { return hostOf(p.base) }
