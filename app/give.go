package app

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
)

// Give is how much is given of one package, beside what others are given.
type Give string

const (
	GiveUsual  Give = ""       // by the rule of the settings
	GiveMore   Give = "more"   // by twice the rule, and twice the turns
	GiveLess   Give = "less"   // by half the rule, and half the turns
	GiveNone   Give = "none"   // nothing, also while it downloads
	GiveAlways Give = "always" // until the user says stop; budgets of a month hold
)

func (g Give) check() error {
	switch g {
	case GiveUsual, GiveMore, GiveLess, GiveNone, GiveAlways:
		return nil
	}
	return badInput("What to give must be %s, %s, %s, %s, or empty for the usual, not %q", GiveMore, GiveLess, GiveNone, GiveAlways, string(g))
}

// times is how much more than the usual is given.
func (g Give) times() float64 {
	switch g {
	case GiveMore:
		return 2
	case GiveLess:
		return 0.5
	}
	return 1
}

// Gives is what the user chose for the transfer.
func (r *Record) Gives() Give {
	switch {
	case r.NoShare:
		return GiveNone
	case r.Seed && r.Give == GiveUsual:
		return GiveAlways
	}
	return r.Give
}

// SetGive changes what the user chose. What he shares in place has no rule: it
// goes on until he says stop. An error is a BadInput problem.
func (r *Record) SetGive(g Give) error {
	if err := g.check(); err != nil {
		return err
	}
	r.NoShare, r.Give = g == GiveNone, GiveUsual
	if g == GiveMore || g == GiveLess {
		r.Give = g
	}
	r.Seed = g == GiveAlways || r.Shared() && !r.NoShare
	r.After = !r.NoShare
	return nil
}

// evGive gives one transfer another measure.
type evGive struct {
	id    uuid.UUID
	give  Give
	reply reply
}

func (e evGive) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.saved() {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	if err := t.rec.SetGive(e.give); err != nil {
		return []effect{fxReply{e.reply, err}}
	}
	var fx []effect
	switch {
	case t.rec.State == Done && t.shares(s.settings.Giving, now):
		t.enter(Queued)
	case t.rec.State == Seeding && t.rec.NoShare:
		t.enter(Done)
		fx = t.close()
	}
	fx = append(fx, fxSave{t.rec}, t.log(now, "give", cmp.Or(string(e.give), "default")))
	return append(append(fx, t.endSharing(s.settings.Giving, now)...), fxReply{e.reply, nil})
}

// SetGive says how much is given of one transfer, at once. One that is done is
// shared again where that is more than it gave.
func (e *Engine) SetGive(ctx context.Context, id uuid.UUID, g Give) error {
	r := newReply()
	return e.command(ctx, evGive{id, g, r}, r)
}
