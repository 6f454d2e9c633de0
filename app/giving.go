package app

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// NotGiving says why an open transfer is not being given, where that is not
// its own choice.
type NotGiving string

const (
	GivingOff       NotGiving = "off"       // Settings.Giving.On
	GivingOverspent NotGiving = "budget"    // the month's budget is used up
	GivingPublisher NotGiving = "publisher" // the publisher's own budget is
	GivingCut       NotGiving = "no-interface"
	// What is around, see Surroundings, where Settings.Giving does not allow it.
	GivingBattery    NotGiving = "battery"
	GivingMetered    NotGiving = "metered"
	GivingVPN        NotGiving = "vpn"
	GivingFullScreen NotGiving = "full-screen"
)

// servePhase is what the swarm was last told about a transfer.
type servePhase uint8

const (
	notServed servePhase = iota
	served
	unserving // evUnserved follows
)

// givable reports whether t is in a state to be given, and not by choice of its
// own kept back.
func (t *transfer) givable() bool {
	return t.open && !t.leaving && !t.rec.NoShare && (t.rec.State == Downloading || t.rec.State == Seeding)
}

// notGiving is why t must not be given now. What the user shares in place is
// beyond the budget: he wants others to have it.
func (s *state) notGiving(t *transfer) NotGiving {
	switch {
	case !t.givable():
		return ""
	case !s.settings.Giving.On:
		return GivingOff
	case s.around.cut != nil:
		return GivingCut
	case s.monthly().Spent() && !t.rec.Shared():
		return GivingOverspent
	case s.month.publisherSpent(s.publisher(t.rec.Publisher)) && !t.rec.Shared():
		return GivingPublisher
	}
	return s.settings.Giving.forbids(s.around.counts)
}

// give brings what is served to what may be given now. Closing ends serving by
// itself.
func (t *transfer) give(s *state) []effect {
	if !t.open || t.leaving {
		return nil
	}
	may, terms := t.givable() && !s.around.asked && s.notGiving(t) == "", s.terms(t)
	switch {
	case may && t.serve == notServed:
		t.serve, t.terms = served, terms
		return []effect{fxServe{t.rec.ID, terms}}
	case !may && t.serve == served:
		t.serve = unserving
		return []effect{fxUnserve{t.rec.ID}}
	case t.serve == served && t.terms != terms:
		t.terms = terms
		return []effect{fxTerms{t.rec.ID, terms}}
	}
	return nil
}

// evUnserved: the swarm no longer reads the package.
type evUnserved struct {
	id    uuid.UUID
	given ServeStats // since it was served
}

func (e evUnserved) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	t.serve = notServed
	t.gave(e.given)
	return nil
}

// count takes over what is being served.
func (t *transfer) count(st ServeStats) {
	t.serving = st
	c, b := &t.rec.Counts, &t.before
	c.Given, c.GivenLAN, c.GivenNear = b.Given+st.Given, b.GivenLAN+st.GivenLAN, b.GivenNear+st.GivenNear
}

// gave ends the count of what was served.
func (t *transfer) gave(st ServeStats) {
	t.count(st)
	t.before, t.serving = t.rec.Counts, ServeStats{}
}

// shares reports whether t goes on being shared once it is complete.
func (t *transfer) shares(g Giving, now time.Time) bool {
	r := &t.rec
	return !r.NoShare && (r.Seed || r.After && !g.enough(r, now))
}

// enough is the rule of AfterTimes and AfterHours.
func (g Giving) enough(r *Record, now time.Time) bool {
	return r.Counts.Given >= g.times(r) || now.Sub(r.Finished).Hours() >= g.AfterHours*r.Give.times()
}

// endSharing ends the sharing of what was shared enough.
func (t *transfer) endSharing(g Giving, now time.Time) []effect {
	if t.rec.State != Seeding || t.leaving || t.shares(g, now) {
		return nil
	}
	t.enter(Done)
	return append(t.close(), fxSave{t.rec}, t.log(now, "shared_enough",
		fmt.Sprintf("%d bytes given, complete for %s", t.rec.Counts.Given, now.Sub(t.rec.Finished).Round(time.Second))))
}

// evStopSharing ends the sharing of one transfer for good.
type evStopSharing struct {
	id    uuid.UUID
	reply reply
}

func (e evStopSharing) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	if !t.saved() {
		return []effect{fxReply{e.reply, nil}}
	}
	var fx []effect
	t.rec.Seed, t.rec.After = false, false
	switch {
	case !t.complete():
		t.rec.NoShare = true
	case t.rec.State != Done && t.rec.State != Failed:
		t.rec.Held = false
		t.enter(Done)
		fx = t.close()
	}
	return append(fx, fxSave{t.rec}, t.log(now, "sharing_stopped", ""), fxReply{e.reply, nil})
}
