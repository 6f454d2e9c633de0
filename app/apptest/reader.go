package apptest

import (
	"context"
	"io"
	"sync"
	"time"
)

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
