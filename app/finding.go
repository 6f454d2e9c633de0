package app

import (
	"context"

	"github.com/google/uuid"
)

func (e *Engine) find(fx fxFind) {
	l := e.live[fx.rec.ID]
	scout := e.scouts[fx.want.Package.ID]
	if scout != nil { // a finder looks for a package once at a time
		scout.cancel()
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.unfind = cancel
	if e.cfg.Swarm != nil {
		l.workers.Add(1)
		e.work.Go(func() {
			defer l.workers.Done()
			e.cfg.Swarm.AskNear(ctx, fx.want.Package.ID, fx.want.Secret)
			e.send(evNearAsked{l.id})
		})
	}
	for _, f := range e.finders(fx.rec.Mode) {
		l.workers.Add(1)
		e.work.Go(func() {
			defer l.workers.Done()
			scout.wait()
			if err := f.Find(ctx, fx.want, sink{e, l.id}); err != nil && ctx.Err() == nil {
				e.send(evFinderEnded{l.id, AsProblem(err)})
			}
		})
	}
}

// finders are those that a mode allows.
func (e *Engine) finders(m Mode) []Finder {
	var all []Finder
	if e.cfg.Swarm != nil && m != ModeOriginOnly {
		all = append(all, e.cfg.Swarm)
	}
	if e.cfg.Mirrors != nil && m != ModePeersOnly {
		all = append(all, e.cfg.Mirrors)
	}
	return all
}

// sink passes what a finder reports on to the loop. The source itself travels
// beside the event, which holds only values.
type sink struct {
	e  *Engine
	id uuid.UUID
}

func (s sink) Found(src Source) {
	s.e.send(evSource{src, evFound{s.id, src.Info(), stateOf(src)}})
}

func (s sink) Changed(src Source) {
	s.e.send(evChanged{s.id, src.Info().ID, stateOf(src)})
}

func (s sink) Gone(id string, err error) { s.e.send(evGone{s.id, id, err}) }

func (s sink) Missed(id string, err error) { s.e.send(evMissed{s.id, id, AsProblem(err)}) }
