package app

import (
	"context"
	"errors"
	"sync"
)

// vista is a Sink that only looks.
type vista struct {
	ctx     context.Context // of probes
	probes  sync.WaitGroup
	changed chan struct{} // has room for one

	mu      sync.Mutex
	sources map[string]Source // guarded by mu
	problem *Problem          // guarded by mu; the worst
}

func newVista(ctx context.Context) *vista {
	return &vista{ctx: ctx, sources: map[string]Source{}, changed: make(chan struct{}, 1)}
}

// Found counts a source, an HTTP server when it has said that it answers.
func (v *vista) Found(s Source) {
	p, ok := s.(Prober)
	if !ok || s.Info().Kind == KindPeer {
		v.set(s.Info().ID, s)
		return
	}
	v.probes.Go(func() {
		err := p.Probe(v.ctx)
		if err == nil {
			v.set(s.Info().ID, s)
		}
		v.met(err)
	})
}

// Changed: the source is asked again what it has, when the next picture is made.
func (v *vista) Changed(Source) { v.poke() }

func (v *vista) Gone(id string, err error) {
	v.set(id, nil)
	v.met(err)
}

func (v *vista) Missed(_ string, err error) { v.met(err) }

func (v *vista) set(id string, s Source) {
	v.mu.Lock()
	if s != nil {
		v.sources[id] = s
	} else {
		delete(v.sources, id)
	}
	v.mu.Unlock()
	v.poke()
}

// met keeps the worst problem. An error that is none says nothing about
// sources: the package may be looked for already, by a transfer.
func (v *vista) met(err error) {
	var p *Problem
	if !errors.As(err, &p) {
		return
	}
	v.mu.Lock()
	if v.problem == nil || graver(v.problem, p) == error(p) {
		v.problem = p
	}
	v.mu.Unlock()
	v.poke()
}

func (v *vista) poke() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

func (v *vista) outlook() Outlook {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := Outlook{Problem: v.problem}
	for _, s := range v.sources {
		info, have := s.Info(), s.Have()
		switch {
		case info.Kind != KindPeer:
			o.Origins++
			continue
		case have.Count() == 0:
			continue
		}
		o.Peers++
		if info.Near == NearLAN {
			o.Near++
		}
		if have.Full() {
			o.Complete++
		}
	}
	return o
}
