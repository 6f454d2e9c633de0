package app

import (
	"context"
	"time"
)

// Surroundings are what the system says about the computer's power, its line
// and its screen.
type Surroundings struct {
	Battery    Fact // it runs on battery
	Metered    Fact // the line is paid for by what goes over it
	VPN        Fact // what leaves goes through a VPN
	FullScreen Fact // a program fills the screen: a game, a film, a talk
}

// Fact is what the system says to a question. Unknown counts as No.
type Fact uint8

const (
	Unknown Fact = iota
	No
	Yes
)

// FactOf is what yes says.
func FactOf(yes bool) Fact {
	if yes {
		return Yes
	}
	return No
}

// forbids is why nothing may be given in a, or "".
func (g Giving) forbids(a Surroundings) NotGiving {
	switch {
	case a.Battery == Yes && !g.OnBattery:
		return GivingBattery
	case a.Metered == Yes && !g.OnMetered:
		return GivingMetered
	case a.VPN == Yes && !g.OnVPN:
		return GivingVPN
	case a.FullScreen == Yes && !g.OnFullScreen:
		return GivingFullScreen
	}
	return ""
}

// aroundHold is how long what has ended still counts. Somebody who looks away
// from a game for a moment, or whose line is lost and back, does not make the
// sharing start and stop.
const aroundHold = 5 * time.Second

// around is what the engine knows of the surroundings and of the line.
type around struct {
	asked  bool // the system was asked, and has not answered yet
	told   Surroundings
	at     time.Time    // of told
	counts Surroundings // told, with what ended less than aroundHold ago
	cut    *Problem     // why nothing can leave this computer, or nil
}

// settling reports whether something ended that still counts.
func (a *around) settling() bool { return a.counts != a.told }

// settle ends what ended aroundHold ago.
func (a *around) settle(now time.Time) {
	if now.Sub(a.at) >= aroundHold {
		a.counts = a.told
	}
}

// evAround: the system says something else than before.
type evAround struct{ told Surroundings }

func (e evAround) apply(s *state, now time.Time) []effect {
	s.around.asked, s.around.told, s.around.at = false, e.told, now
	before := s.around.counts
	s.around.counts = Surroundings{
		Battery:    held(before.Battery, e.told.Battery),
		Metered:    held(before.Metered, e.told.Metered),
		VPN:        held(before.VPN, e.told.VPN),
		FullScreen: held(before.FullScreen, e.told.FullScreen),
	}
	return nil // step gives what may be given now
}

// held is what counts of a fact at first.
func held(before, now Fact) Fact {
	if before == Yes {
		return Yes
	}
	return now
}

// evLine: nothing can leave this computer because of problem, or again with
// nil.
type evLine struct{ problem *Problem }

func (e evLine) apply(s *state, now time.Time) []effect {
	s.around.cut = e.problem
	var fx []effect
	for _, t := range s.list {
		if t.down != nil && t.rec.State == Downloading {
			fx = append(fx, t.down.cut(t, s, now)...)
		}
	}
	return fx
}

// cut ends everything under way. When the line is back, everybody has as long
// as at first before it is said that nobody answers.
func (d *download) cut(t *transfer, s *state, now time.Time) (fx []effect) {
	d.lastByte = now
	if s.around.cut != nil {
		for id := range d.flights {
			fx = append(fx, fxTrim{t.rec.ID, id, 0})
		}
	}
	return append(fx, d.explain(t, s, now)...)
}

// watch has the ports tell what is around, until ctx ends.
func (e *Engine) watch(ctx context.Context) {
	if e.cfg.Around != nil {
		e.work.Go(func() { e.cfg.Around(ctx, func(a Surroundings) { e.send(evAround{a}) }) })
	}
	if e.cfg.Line != nil {
		e.work.Go(func() { e.cfg.Line(ctx, func(p *Problem) { e.send(evLine{p}) }) })
	}
}
