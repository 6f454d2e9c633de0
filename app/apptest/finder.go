package apptest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
)

// Finder is an app.Finder that finds the sources it is given, when it is given
// them, and reports what their methods change. A Source belongs to one
// Finder. It starts no goroutine.
type Finder struct {
	mu      sync.Mutex // held while a sink is called, so that a sink hears in order
	sources []*Source
	sinks   []app.Sink
	wants   []app.Want
	once    bool
}

// NewFinder makes a finder that knows sources from the start.
func NewFinder(sources ...*Source) *Finder {
	f := &Finder{}
	for _, s := range sources {
		f.Add(s)
	}
	return f
}

// Add lets the finder find s now. One that is dead already is not found.
func (f *Finder) Add(s *Source) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.mu.Lock()
	s.notify = func(err error) { f.notify(s, err) }
	dead := s.dead
	s.mu.Unlock()
	if dead != nil {
		return
	}
	f.sources = append(f.sources, s)
	for _, sink := range f.sinks {
		sink.Found(s)
	}
}

// Remove reports s as Gone with err and forgets it; its readers go on.
func (f *Finder) Remove(s *Source, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(s, err)
}

// Miss reports that somebody could not be reached.
func (f *Finder) Miss(id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sink := range f.sinks {
		sink.Missed(id, err)
	}
}

// Wants are what Find was called with so far, in order.
func (f *Finder) Wants() []app.Want {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.wants)
}

// Looking is how many calls of Find are under way.
func (f *Finder) Looking() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.sinks) }

// Once makes Find fail while another runs, as a node does that looks for a
// package once at a time, and take a second to end.
func (f *Finder) Once() { f.mu.Lock(); defer f.mu.Unlock(); f.once = true }

// Find implements app.Finder: it blocks until ctx ends.
func (f *Finder) Find(ctx context.Context, want app.Want, sink app.Sink) error {
	sink = only{sink, want.Package.ID}
	f.mu.Lock()
	if f.once && len(f.sinks) > 0 {
		f.mu.Unlock()
		return errors.New("somebody looks already")
	}
	f.wants = append(f.wants, want)
	f.sinks = append(f.sinks, sink)
	for _, s := range f.sources {
		sink.Found(s)
	}
	f.mu.Unlock()

	<-ctx.Done()

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.once {
		f.mu.Unlock()
		time.Sleep(time.Second)
		f.mu.Lock()
	}
	for _, s := range f.sources {
		sink.Gone(s.info.ID, nil)
	}
	f.sinks = slices.DeleteFunc(f.sinks, func(s app.Sink) bool { return s == sink })
	return nil
}

// only passes on what concerns one package.
type only struct {
	app.Sink
	id pack.ID
}

func (o only) Found(s app.Source) {
	if s.(*Source).made.Package.ID == o.id {
		o.Sink.Found(s)
	}
}

func (o only) Changed(s app.Source) {
	if s.(*Source).made.Package.ID == o.id {
		o.Sink.Changed(s)
	}
}

// notify is called by a source after it changed, or with why it died.
func (f *Finder) notify(s *Source, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.remove(s, err)
		return
	}
	if slices.Contains(f.sources, s) {
		for _, sink := range f.sinks {
			sink.Changed(s)
		}
	}
}

func (f *Finder) remove(s *Source, err error) {
	i := slices.Index(f.sources, s)
	if i < 0 {
		return
	}
	f.sources = slices.Delete(f.sources, i, i+1)
	for _, sink := range f.sinks {
		sink.Gone(s.info.ID, err)
	}
}

// Kill ends every source the finder has.
func (f *Finder) Kill() {
	f.mu.Lock()
	sources := slices.Clone(f.sources)
	f.mu.Unlock()
	for _, s := range sources {
		s.Kill(nil)
	}
}
