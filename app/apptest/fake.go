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

// slice is how much of a second one Read takes at most, so that several
// readers share the line fairly and a change of rate is felt soon.
const slice = 20

// reader is a run under way. Its place is used by one goroutine at a time, as
// with every io.Reader; Close may come from another.
type reader struct {
	// immutable
	source *Source
	ctx    context.Context
	end    int
	first  time.Time // no byte before
	closed chan struct{}
	once   sync.Once

	next int   // piece
	off  int64 // within it
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.next == r.end {
		return 0, r.ended(io.EOF)
	}
	for {
		g, err := r.source.take(r, int64(len(p)))
		if err != nil {
			return 0, err
		}
		if err := r.wait(g); err != nil {
			return 0, err
		}
		if g.bytes > 0 || len(p) == 0 {
			return r.fill(p[:g.bytes]), nil
		}
	}
}

// fill copies the bytes that have arrived and moves on.
func (r *reader) fill(p []byte) int {
	piece := r.source.made.Piece(r.next)
	copy(p, piece[r.off:])
	if r.off == 0 && len(p) > 0 && r.source.wrong(r.next) {
		p[0] ^= 1
	}
	if r.off += int64(len(p)); r.off == int64(len(piece)) {
		r.next, r.off = r.next+1, 0
	}
	return len(p)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.once.Do(func() {
		close(r.closed)
		r.source.mu.Lock()
		r.source.open--
		r.source.mu.Unlock()
	})
	return nil
}

// grant is what a reader may have: bytes that will have arrived at a time, or
// none before a time (zero: never) or the next change of the source.
type grant struct {
	bytes   int64
	at      time.Time
	changed <-chan struct{}
}

// take reserves the line for up to want bytes of r's present piece.
func (s *Source) take(r *reader, want int64) (grant, error) {
	s.mu.Lock()
	if s.dead != nil {
		defer s.mu.Unlock()
		return grant{}, s.dead
	}
	b, now := &s.b, time.Now()
	if b.DieAfter > 0 && s.sent >= b.DieAfter {
		s.mu.Unlock()
		s.Kill(nil)
		return grant{}, s.deadErr()
	}
	defer s.mu.Unlock()
	g := grant{at: now, changed: s.changed}
	if now.Before(r.first) {
		g.at = r.first
		return g, nil
	}
	n := min(want, int64(len(s.made.Piece(r.next)))-r.off)
	if b.Rate > 0 {
		n = min(n, max(b.Rate/slice, 1))
	}
	if b.DieAfter > 0 {
		n = min(n, b.DieAfter-s.sent)
	}
	if b.StallAfter > 0 {
		n = min(n, b.StallAfter-s.sent)
	}
	if s.stalled || n <= 0 && want > 0 {
		return grant{changed: s.changed}, nil
	}
	s.sent += n
	if b.Rate > 0 {
		if s.lineFree.Before(now) {
			s.lineFree = now
		}
		s.lineFree = s.lineFree.Add(time.Duration(float64(n) / float64(b.Rate) * float64(time.Second)))
		g.at = s.lineFree
	}
	g.bytes = n
	return g, nil
}

// wait returns nil when the grant's time has come or, for one without bytes,
// when the source changed; else why the reader ended meanwhile.
func (r *reader) wait(g grant) error {
	var timer <-chan time.Time
	if !g.at.IsZero() {
		d := time.Until(g.at)
		if d <= 0 {
			return r.ended(r.source.deadErr())
		}
		t := time.NewTimer(d)
		defer t.Stop()
		timer = t.C
	}
	for {
		select {
		case <-timer:
			return r.ended(r.source.deadErr())
		case <-r.closed:
			return r.ended(nil)
		case <-r.ctx.Done():
			return r.ended(nil)
		case <-g.changed:
			g.changed = r.source.watch() // before the look at dead: no change is missed
			if err := r.ended(r.source.deadErr()); err != nil || g.bytes == 0 {
				return err
			}
		}
	}
}

// ended is why the reader itself ended, or else other.
func (r *reader) ended(other error) error {
	select {
	case <-r.closed:
		return io.ErrClosedPipe
	default:
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return other
}

func (s *Source) watch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Source) deadErr() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead
}

func (s *Source) wrong(piece int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.WrongPieces[piece]
}
