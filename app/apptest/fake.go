package apptest

import (
	"context"
	"io"
	"sync"
	"time"

	"grove/app"
)

// Behaviour is the script of a fake source. The zero value is a peer far
// away that has everything and gives it at once.
type Behaviour struct {
	ID    string // default "fake"
	Kind  app.Kind
	Near  app.Nearness
	Label string // default ID

	Have   app.Bitmap // default: every piece
	Coming app.Bitmap // what it says it is getting itself
	Window int64      // bytes; default 4 MiB; negative means 0

	// Rate is bytes a second over all readers of the source together; 0 is
	// without limit. Latency passes between Open and the first byte.
	Rate    int64
	Latency time.Duration

	// After StallAfter bytes of all readers together nothing more comes until
	// Resume; after DieAfter the source dies as by Kill. 0 is never.
	StallAfter int64
	DieAfter   int64

	// WrongPieces come with one wrong bit in their first byte.
	WrongPieces map[int]bool
	// OpenErr, if set, is what Open returns.
	OpenErr error
}

// Source is a scripted app.Source that lives in memory. It starts no
// goroutine and waits only on timers, channels and the reader's context, so
// it keeps the virtual time of a testing/synctest bubble; it must be made in
// the bubble it is used in.
type Source struct {
	// immutable
	made *Made
	info app.SourceInfo

	mu       sync.Mutex
	b        Behaviour     // guarded by mu
	dead     error         // guarded by mu
	stalled  bool          // guarded by mu
	changed  chan struct{} // guarded by mu; closed and replaced at each change
	notify   func(error)   // guarded by mu; of the Finder that reports it
	lineFree time.Time     // guarded by mu; until then the line is taken
	sent     int64         // guarded by mu
	open     int           // guarded by mu
	asked    []app.Run     // guarded by mu
	spared   int           // guarded by mu; of asked
}

// NewSource makes a source of the pieces of made that behaves as b says.
func NewSource(made *Made, b Behaviour) *Source {
	if b.ID == "" {
		b.ID = "fake"
	}
	if b.Label == "" {
		b.Label = b.ID
	}
	if b.Kind == 0 {
		b.Kind = app.KindPeer
	}
	if b.Near == 0 {
		b.Near = app.NearFar
	}
	if b.Window == 0 {
		b.Window = 4 << 20
	}
	if b.Have.Len() == 0 {
		b.Have = app.FullBitmap(made.Pieces())
	}
	return &Source{
		made:    made,
		info:    app.SourceInfo{ID: b.ID, Kind: b.Kind, Near: b.Near, Label: b.Label},
		b:       b,
		changed: make(chan struct{}),
	}
}

// Info implements app.Source.
func (s *Source) Info() app.SourceInfo { return s.info }

// Have implements app.Source.
func (s *Source) Have() app.Bitmap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Have
}

// Fetching implements app.Fetcher.
func (s *Source) Fetching() app.Bitmap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Coming
}

// Window implements app.Source.
func (s *Source) Window() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil {
		return 0
	}
	return max(s.b.Window, 0)
}

// Open implements app.Source. It fails with BadInput for a run that is
// outside the package or not wholly in Have: the engine must not ask that.
func (s *Source) Open(ctx context.Context, run app.Run) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, run)
	if s.dead != nil {
		return nil, s.dead
	}
	if s.b.OpenErr != nil {
		return nil, s.b.OpenErr
	}
	if run.Count < 1 {
		return nil, app.NewProblem(app.BadInput, "empty run "+run.String(), nil)
	}
	for i := run.First; i < run.End(); i++ {
		if !s.b.Have.Has(i) {
			return nil, app.NewProblem(app.BadInput, "run "+run.String()+" was asked of a source that does not have it", nil)
		}
	}
	s.open++
	return &reader{
		source: s, ctx: ctx, next: run.First, end: run.End(),
		first: time.Now().Add(s.b.Latency), closed: make(chan struct{}),
	}, nil
}

// OpenSparing implements app.Sparing: Open, counted.
func (s *Source) OpenSparing(ctx context.Context, run app.Run) (io.ReadCloser, error) {
	s.mu.Lock()
	s.spared++
	s.mu.Unlock()
	return s.Open(ctx, run)
}

// Spared is how many of the runs were asked for sparingly.
func (s *Source) Spared() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spared
}

// Probe implements app.Prober: what Open would say, and nothing is asked.
func (s *Source) Probe(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil {
		return s.dead
	}
	return s.b.OpenErr
}

// SetHave changes which pieces it has; have must not be changed afterwards.
func (s *Source) SetHave(have app.Bitmap) { s.change(func(b *Behaviour) { b.Have = have }) }

// SetWindow changes the window, in bytes; 0 or less is "do not ask now".
func (s *Source) SetWindow(n int64) { s.change(func(b *Behaviour) { b.Window = n }) }

// SetRate changes the rate, in bytes a second, also for runs under way; 0 is
// without limit.
func (s *Source) SetRate(n int64) { s.change(func(b *Behaviour) { b.Rate = n }) }

// SetOpenErr makes Open fail with err, or work again when err is nil.
func (s *Source) SetOpenErr(err error) { s.change(func(b *Behaviour) { b.OpenErr = err }) }

// SetWrong changes which pieces come with a wrong bit.
func (s *Source) SetWrong(pieces map[int]bool) {
	s.change(func(b *Behaviour) { b.WrongPieces = pieces })
}

// Stall lets nothing more through until Resume, also not to runs under way.
func (s *Source) Stall() {
	s.change(func(*Behaviour) { s.stalled = true })
}

// Resume ends a stall.
func (s *Source) Resume() {
	s.change(func(b *Behaviour) { b.StallAfter, s.stalled = 0, false })
}

// Kill ends the source: its readers and further Opens fail with err, and a
// Finder reports it as Gone. A nil err is a SourceGone problem.
func (s *Source) Kill(err error) {
	if err == nil {
		err = app.NewProblem(app.SourceGone, s.info.Label, nil)
	}
	s.mu.Lock()
	if s.dead != nil {
		s.mu.Unlock()
		return
	}
	s.dead = err
	s.wake()
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(err)
	}
}

func (s *Source) change(f func(*Behaviour)) {
	s.mu.Lock()
	f(&s.b)
	s.wake()
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(nil)
	}
}

// wake lets waiting readers look at the behaviour again. Under mu.
func (s *Source) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Sent is how many bytes all its readers gave out so far.
func (s *Source) Sent() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Asked are the runs that were asked of it so far, in order.
func (s *Source) Asked() []app.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]app.Run(nil), s.asked...)
}

// Readers is how many of its readers are open now.
func (s *Source) Readers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
