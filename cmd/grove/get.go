package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/sharing"
)

func newGet(t *terminal) *cobra.Command {
	var f getFlags
	c := &cobra.Command{
		Use:   "get LINK | FILE.grove | URL",
		Short: "Download a package, from people and from the publisher's server at once",
		Long: `Download a package, from people and from the publisher's server at once.

First it shows what the package is: who signed it, what is in it, how big it
is and where it would go. Nothing is downloaded before you say yes. Every byte
is checked against what the publisher signed, and the file appears under its
name when all of it is right.

Ctrl-C stops and keeps everything. The same command again, or grove resume,
goes on without fetching a checked byte twice; a second Ctrl-C quits at once.

While it downloads, others who download the same package get pieces from you.
That stops when it is complete, unless you say --seed. The first time it asks
whether it may be so; the answer holds for the window too, and grove config set
giving.on changes it. With --yes, or where there is nobody to ask, the settings
hold and it says so, each time until somebody has chosen.

The publisher says how much the origin sends of what people have too. You may
choose otherwise, here or with grove config set policy. With --fast it always
sends all it can, and the download ends as early as the line allows. With
--thrifty it sends what no person can, and more only to keep to a floor: the
publisher's, or 4 Mbit/s where there is none.

RATE is bytes a second (500K, 5M, 2Mi) or bits a second (20Mbit).`,
		Example: `  grove get 'grove:1/mzxw6...?p=RWQ...'
  grove get https://cdn.example.org/film.mkv.grove -d ~/Videos
  grove get talks.grove --select '*.pdf' --yes
  grove get "$LINK" --yes --json --on-complete "notify-send done"`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.get(c.Context(), args[0], f) },
	}
	f.add(c)
	return c
}

// getting is one get at work.
type getting struct {
	*session
	f            getFlags
	policy       app.Policy
	lead         app.Lead
	hook         hook
	folder, name string
}

func (t *terminal) get(ctx context.Context, arg string, f getFlags) error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	lead, err := sharing.ReadLead(arg)
	if err != nil {
		return err
	}
	lead.Typed, lead.Mode = f.typed, f.mode()
	if err := checkTyped(f.typed, app.Reach{LocalOnly: boot.LocalOnly()}); err != nil {
		return err
	}
	j := &getting{f: f, policy: policy, lead: lead}
	if j.folder, j.name, err = f.place(); err != nil {
		return err
	}
	if j.hook, err = parseHook(f.onComplete); err != nil {
		return err
	}
	if f.noShare || f.originOnly {
		j.f.noShare = true
	}
	if j.session, err = t.open(ctx, boot.Options{NoPeers: f.originOnly}, f.report); err != nil {
		return err
	}
	return j.close(j.run(ctx))
}

func (j *getting) run(ctx context.Context) error {
	id := leadID(j.lead)
	if id != (pack.ID{}) {
		if again, err := j.again(ctx, id); again {
			return err
		}
	}
	if !j.f.yes && !j.t.canAsk() {
		return errNoQuestion
	}
	o, err := j.inspect(ctx)
	if err != nil {
		return err
	}
	if id == (pack.ID{}) {
		// Only now is it known which package this is.
		if known, err := j.known(o.Package.ID); err != nil || known != nil {
			if rerr := j.g.Engine.Remove(ctx, o.ID); err == nil {
				err = rerr
			}
			if err != nil {
				return err
			}
			if again, err := j.again(ctx, o.Package.ID); again {
				return err
			}
			return j.run(ctx) // what was known is gone from the disk: as new
		}
	}
	choice, err := j.consent(ctx, o)
	if err != nil {
		return err
	}
	if err := j.g.Engine.Accept(ctx, o, choice); err != nil {
		return err
	}
	return j.finish(ctx, o.ID, o.Package)
}

// inspect fetches the description. Nobody answering for too long is the end.
func (j *getting) inspect(ctx context.Context) (*app.Offer, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if j.f.patience > 0 {
		limited, cancel = context.WithTimeout(ctx, j.f.patience)
	}
	defer cancel()
	// The local network and the hash table need the link alone.
	if l := j.lead.Link; l.ID != (pack.ID{}) && len(l.Manifests)+len(l.Peers)+len(j.f.typed.Peers) == 0 && !j.g.Finders.LAN && !j.g.Finders.DHT {
		return nil, app.NewProblem(app.NoSource, "package "+l.ID.Short(), errors.New("the link names no address, and neither does --peer"))
	}
	defer j.sayLate("Looking it up ...")()
	o, err := j.g.Engine.Inspect(limited, j.lead)
	if err != nil && ctx.Err() != nil {
		return nil, app.NewProblem(app.Stopped, "Looking it up", nil)
	}
	return o, err
}

// consent shows the offer and asks.
func (j *getting) consent(ctx context.Context, o *app.Offer) (app.Choice, error) {
	c := app.Choice{Folder: j.folder, Target: j.name, Seed: j.f.seed, NoShare: j.f.noShare, Limit: int64(j.f.limit), Policy: j.policy}
	var err error
	if c.Selected, err = selectFilesOf(o.Package.Manifest, j.f.selects); err != nil {
		return c, err
	}
	if c.Target == "" {
		c.Target = app.TargetName(o.Package)
	}
	// Said now rather than after the question.
	if _, err := os.Lstat(filepath.Join(c.Folder, c.Target)); err == nil {
		return c, app.NewProblem(app.TargetExists, filepath.Join(c.Folder, c.Target), nil)
	}
	first := !c.NoShare && j.unasked()
	j.present(o, c, first)
	if !j.f.yes {
		if err := j.t.confirm("Download? [y/N] "); err != nil {
			return c, err
		}
	}
	if first {
		return c, j.welcome(ctx, c.Seed, !j.f.yes)
	}
	return c, nil
}

// present shows the offer; where it is the first, the welcome says what is given.
func (j *getting) present(o *app.Offer, c app.Choice, first bool) {
	view := offerView{pkg: o.Package, publisher: o.Publisher, selected: c.Selected, folder: c.Folder, target: c.Target,
		policy: j.policyFor(o)}
	if !first {
		view.sharing = sharingSentence(c.NoShare || !j.gives(), c.Seed)
	}
	var err error
	if view.free, err = j.g.Store.Free(c.Folder); err != nil {
		view.free = -1 // the question about room comes again when it is made
	}
	if j.json {
		_ = j.t.printJSON(view.json(o.ID.String())) // whoever reads it may go away
	}
	if j.t.quiet && !j.f.yes { // a question needs what it is about
		_, _ = j.t.errs.Write([]byte(view.text() + "\n"))
	} else {
		j.t.say("%s", view.text())
	}
}

// gives reports whether anything is given at all, by the settings.
func (j *getting) gives() bool {
	set, _ := app.LoadSettings(j.g.Store) // the defaults where they cannot be read, as in the engine
	return j.g.Node != nil && set.Giving.On
}

// policyFor is what an offer says about the origin; nil where nobody has the
// choice, because either people or the origin are left out.
func (j *getting) policyFor(o *app.Offer) *floors {
	m := o.Package.Manifest
	if j.f.mode() != app.ModeAll || len(m.Origins)+len(j.f.typed.Origins) == 0 {
		return nil
	}
	set, _ := app.LoadSettings(j.g.Store) // the defaults where they cannot be read, as in the engine
	return &floors{asked: m.Floor, holds: set.Floor(m.Floor, j.policy)}
}

// known is the saved transfer of package id at the place that was asked for,
// or nil.
func (j *getting) known(id pack.ID) (*app.Record, error) {
	all, err := j.g.Store.LoadTransfers()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r app.Record) bool {
		folder, target := r.Folder, r.Target
		if r.Path != "" {
			folder, target = filepath.Split(r.Path)
			folder = filepath.Clean(folder)
		}
		return r.Package == id && folder == j.folder && (j.name == "" || target == j.name)
	})
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

// again goes on with the transfer that an earlier get began, and reports
// whether there is one. What is known but gone from the disk is forgotten.
func (j *getting) again(ctx context.Context, id pack.ID) (bool, error) {
	rec, err := j.known(id)
	if rec == nil {
		return err != nil, err
	}
	p, d, have, recheck, err := j.g.Store.Open(*rec)
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		return j.gone(*rec, err)
	}
	if err := j.update(rec, d.Package); err != nil {
		return true, err
	}
	switch {
	case rec.Path != "":
	case recheck:
		j.t.say("%s was begun before; what is here is checked first.", foreign(rec.Name))
	default:
		j.t.say("Going on with %s: %d %% is here.", foreign(rec.Name), percent(haveBytes(d.Package.Layout, have), selectedSize(d.Package, rec.Selected)))
	}
	if !rec.NoShare && !rec.Shared() && j.unasked() {
		if err := j.welcome(ctx, rec.Seed, !j.f.yes); err != nil {
			return true, err
		}
	}
	if err := j.g.Engine.Restore(ctx, *rec); err != nil {
		return true, err
	}
	return true, j.finish(ctx, rec.ID, d.Package)
}

// gone decides what a saved transfer means whose files are not as they were.
func (j *getting) gone(rec app.Record, err error) (bool, error) {
	switch kind := app.AsProblem(err).Kind; {
	case rec.Path == "" && kind == app.NotFound:
	case rec.Path != "" && (kind == app.NotFound || kind == app.FileChanged):
		if _, serr := os.Lstat(rec.Path); !errors.Is(serr, fs.ErrNotExist) {
			return true, app.NewProblem(app.TargetExists, rec.Path, err)
		}
	default:
		return true, err
	}
	if err := j.forget(rec); err != nil {
		return true, err
	}
	return false, nil
}

// update brings a saved transfer to what this command says.
func (j *getting) update(rec *app.Record, p *pack.Package) error {
	selected, err := selectFilesOf(p.Manifest, j.f.selects)
	if err != nil {
		return err
	}
	if selected != nil && !slices.Equal(selected, rec.Selected) {
		return app.NewProblem(app.BadInput, "This download was begun with other files; grove rm "+shortID(*rec)+" forgets it, or -o gives this one another name", nil)
	}
	rec.State, rec.Problem = app.Queued, ""
	rec.Seed, rec.NoShare, rec.Limit, rec.Mode = j.f.seed, j.f.noShare, int64(j.f.limit), j.f.mode()
	rec.Policy = j.policy
	rec.Typed.Peers = union(j.f.typed.Peers, rec.Typed.Peers)
	rec.Typed.Origins = union(j.f.typed.Origins, rec.Typed.Origins)
	rec.Peers = union(j.lead.Link.Peers, rec.Peers)
	if s := j.lead.Link.Secret; s != nil {
		rec.Secret = s
	}
	return nil
}

// union is a and what only b has; at most a few entries.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func haveBytes(l *pack.Layout, have app.Bitmap) int64 {
	var n int64
	have.Each(func(i int) bool {
		n += l.Span(i).Length
		return true
	})
	return n
}

func selectedSize(p *pack.Package, selected []int) int64 {
	return offerView{pkg: p, selected: selected}.size()
}

// finish follows a transfer to its end, and says how it went.
func (j *getting) finish(ctx context.Context, id uuid.UUID, p *pack.Package) error {
	follow := j.follower(j.f.patience, id)
	views, err := follow.run(ctx)
	if err == nil {
		err = firstFailure(views)
	}
	if len(views) == 0 {
		return err
	}
	v := views[0]
	if p := app.AsProblem(err); p != nil && p.Kind == app.FileChanged && v.Path != "" {
		// It was complete once; what is there now is somebody's own.
		err = app.NewProblem(app.TargetExists, v.Path, p)
	}
	if err != nil {
		return j.unfinished(ctx, v, err)
	}
	j.complete(v, p)
	j.hook.run(ctx, j.t, v)
	if v.State == app.Seeding {
		j.t.say("%s", sharingUntil(views, "it"))
		if views, err = follow.serve(ctx); len(views) > 0 {
			v = views[0]
		}
		if err == nil {
			err = firstFailure(views)
		}
	}
	j.event("summary", v, err)
	return err
}

// unfinished says how to go on. A transfer that failed before anything came
// leaves no trace.
func (j *getting) unfinished(ctx context.Context, v app.View, err error) error {
	j.event("summary", v, err)
	if v.State == app.Failed && v.Have == 0 && v.Path == "" {
		if rerr := j.g.Engine.Remove(context.WithoutCancel(ctx), v.ID); rerr != nil {
			return errors.Join(err, rerr)
		}
		return err
	}
	if v.Path == "" {
		j.sayResume(v)
	}
	return err
}

// complete prints the path, and who brought what.
func (j *getting) complete(v app.View, p *pack.Package) {
	j.event("complete", v, nil)
	j.t.say("%s", resultText(v, p))
	if !j.json {
		_, _ = j.t.out.Write([]byte(v.Path + "\n")) // whoever reads it may go away
	}
}
