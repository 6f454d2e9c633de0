package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/boot"
)

// resumeFlags are the flags of resume.
type resumeFlags struct {
	limit      rateValue
	seed       bool
	noShare    bool
	onComplete string
	patience   time.Duration
	report     reportFlags
}

func newResume(t *terminal) *cobra.Command {
	var f resumeFlags
	c := &cobra.Command{
		Use:   "resume [ID...]",
		Short: "Go on with downloads that were stopped",
		Long: `Go on with downloads that were stopped: those named, or all that are not
complete. No byte that was checked is fetched again.

A complete package that is named is shared, until Ctrl-C. An ID may be
shortened as long as it fits one transfer; grove ls shows the list.`,
		Example: `  grove resume
  grove resume 1b9d6bcd --limit 5M`,
		RunE: func(c *cobra.Command, args []string) error { return t.resume(c.Context(), args, f) },
	}
	fl := c.Flags()
	fl.Var(&f.limit, "limit", "download at most this fast, all together")
	fl.BoolVar(&f.seed, "seed", false, "go on sharing when complete, until Ctrl-C")
	fl.BoolVar(&f.noShare, "no-share", false, "give nothing to others")
	fl.StringVar(&f.onComplete, "on-complete", "", "run `CMD` for each that is complete; see grove get")
	fl.DurationVar(&f.patience, "patience", 2*time.Minute, "give up when nothing came from anybody for so long; 0 is never")
	f.report.add(c)
	c.MarkFlagsMutuallyExclusive("seed", "no-share")
	return c
}

func (t *terminal) resume(ctx context.Context, ids []string, f resumeFlags) error {
	hook, err := parseHook(f.onComplete)
	if err != nil {
		return err
	}
	s, err := t.open(ctx, boot.Options{DownloadLimit: int64(f.limit)}, f.report)
	if err != nil {
		return err
	}
	r := &resuming{session: s, f: f, hook: hook}
	return s.close(r.run(ctx, ids))
}

// resuming is one resume at work.
type resuming struct {
	*session
	f    resumeFlags
	hook hook
	wait []uuid.UUID // to be followed to the end
}

func (r *resuming) run(ctx context.Context, ids []string) error {
	all, err := r.g.Store.LoadTransfers()
	if err != nil {
		return err
	}
	chosen, err := choose(all, ids)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		r.t.say("There is nothing to go on with.")
		return nil
	}
	for i := range chosen {
		rec := &chosen[i]
		rec.State, rec.Problem = app.Queued, ""
		switch {
		case rec.Path != "":
			rec.Seed, rec.NoShare = true, false
		case r.f.seed:
			rec.Seed, rec.NoShare = true, false
		case r.f.noShare:
			rec.Seed, rec.NoShare = false, true
		default:
			rec.Seed = false
		}
	}
	if err := r.welcomeFor(ctx, chosen); err != nil {
		return err
	}
	for _, rec := range chosen {
		if err := r.g.Engine.Restore(ctx, rec); err != nil {
			return err
		}
		r.wait = append(r.wait, rec.ID)
	}
	return r.follow(ctx)
}

// welcomeFor asks what a first get would have asked.
func (r *resuming) welcomeFor(ctx context.Context, chosen []app.Record) error {
	gives := func(rec app.Record) bool { return !rec.NoShare && !rec.Shared() }
	if !slices.ContainsFunc(chosen, gives) || !r.unasked() {
		return nil
	}
	return r.welcome(ctx, slices.ContainsFunc(chosen, func(rec app.Record) bool { return gives(rec) && rec.Seed }), true)
}

// choose picks the records that ids mean, or all that are not complete.
func choose(all []app.Record, ids []string) ([]app.Record, error) {
	var chosen []app.Record
	for _, id := range ids {
		rec, err := findRecord(all, id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(chosen, func(r app.Record) bool { return r.ID == rec.ID }) {
			chosen = append(chosen, rec)
		}
	}
	if len(ids) > 0 {
		return chosen, nil
	}
	for _, rec := range all {
		if rec.Path == "" {
			chosen = append(chosen, rec)
		}
	}
	return chosen, nil
}

func (r *resuming) follow(ctx context.Context) error {
	follow := r.follower(r.f.patience, r.wait...)
	follow.each = func(v app.View) { r.one(ctx, v) }
	views, err := follow.run(ctx)
	if err == nil && slices.ContainsFunc(views, func(v app.View) bool { return v.State == app.Seeding }) {
		r.t.say("%s", sharingUntil(views, ""))
		views, err = follow.serve(ctx)
	}
	if err == nil {
		err = firstFailure(views)
	}
	for _, v := range views {
		if !ended(v) {
			r.sayResume(v)
		}
		r.event("summary", v, err)
	}
	return err
}

// one says how a transfer ended.
func (r *resuming) one(ctx context.Context, v app.View) {
	switch {
	case v.State == app.Failed:
		r.show.say(fmt.Sprintf("%s: %s", foreign(v.Name), reasonText(v)))
		return
	case v.Elapsed == 0: // it was complete before
		return
	}
	r.event("complete", v, nil)
	r.show.say(resultText(v, nil))
	if !r.json {
		fmt.Fprintln(r.t.out, v.Path)
	}
	r.hook.run(ctx, r.t, v)
}
