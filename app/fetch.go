package app

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// idleAfter ends a run whose source sends nothing at all. The engine looks
	// for another source long before (stallAfter).
	idleAfter = 20 * time.Second
	// buffersKept is how many piece buffers a transfer keeps for its next
	// runs. More runs than that at a time allocate their own.
	buffersKept = 6
)

// startRun starts the worker of one run.
func (e *Engine) startRun(fx fxRun) {
	l := e.live[fx.id]
	ctx, cancel := context.WithCancel(l.ctx)
	w := &runWork{id: fx.flight, source: l.sources[fx.source], run: fx.run, spare: fx.spare, cancel: cancel}
	w.end.Store(int64(fx.run.End()))
	l.runs[fx.flight] = w
	l.workers.Add(1)
	e.work.Go(func() {
		defer l.workers.Done()
		defer cancel()
		p := e.fetch(ctx, l, w)
		if w.end.Load() == 0 || l.ctx.Err() != nil {
			p = nil // it was told to stop; nobody is to blame
		}
		e.send(evRunEnd{l.id, w.id, w.bytes.Load(), p})
	})
}

// fetch is the story of a run's pieces: open, read, verify, write, report.
// Nothing that was not verified gets past the middle.
func (e *Engine) fetch(ctx context.Context, l *live, w *runWork) *Problem {
	if w.source == nil {
		return NewProblem(SourceGone, "the source", nil)
	}
	ctx, idle := withIdleLimit(ctx, idleAfter)
	defer idle.stop()
	open := w.source.Open
	if s, ok := w.source.(Sparing); ok && w.spare {
		open = s.OpenSparing
	}
	body, err := open(ctx, w.run)
	if err != nil {
		return w.fault(ctx, err)
	}
	defer body.Close()
	r := &metered{r: body, ctx: ctx, idle: idle, count: &w.bytes, waits: &w.waits, ways: []*way{&l.down, &l.own}}
	if e.cfg.Room != nil && w.source.Info().Near != NearLAN {
		r.ways, r.room = append(r.ways, &l.room), e.cfg.Room
	}

	buf := l.buffer()
	defer func() { l.keep(buf) }()
	for i := w.run.First; i < int(w.end.Load()); i++ {
		b := buf[:l.desc.Package.Layout.Span(i).Length]
		if _, err := io.ReadFull(r, b); err != nil {
			return w.fault(ctx, err)
		}
		if !l.desc.Hashes.Matches(i, b) {
			return NewProblem(WrongBytes, w.source.Info().Label, nil)
		}
		if !l.have.Has(i) {
			if err := l.payload.WritePiece(i, b); err != nil {
				return AsProblem(err)
			}
			l.have.Add(i)
		}
		e.send(evPiece{l.id, w.id, i, w.source.Window()})
	}
	return nil
}

// fault names what went wrong with a source.
func (w *runWork) fault(ctx context.Context, err error) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	if cause := context.Cause(ctx); errors.Is(cause, errIdle) {
		err = cause
	}
	return NewProblem(SourceFault, w.source.Info().Label, err)
}

func (l *live) buffer() []byte {
	select {
	case b := <-l.buffers:
		return b
	default:
		return make([]byte, l.desc.Package.Layout.PieceSize())
	}
}

func (l *live) keep(b []byte) {
	select {
	case l.buffers <- b:
	default:
	}
}

// metered counts what arrives, holds it to the limits, and keeps the idle
// clock wound.
type metered struct {
	r     io.Reader
	ctx   context.Context
	idle  *idleClock
	count interface{ Add(int64) int64 }
	waits *atomic.Bool
	ways  []*way // that it passes
	room  Room   // on the line it comes by; nil: whatever it takes
}

func (m *metered) Read(b []byte) (int, error) {
	if len(b) > readUnit && slices.ContainsFunc(m.ways, func(w *way) bool { return w.gate.limits() }) {
		b = b[:readUnit]
	}
	if m.room != nil {
		b = b[:min(len(b), m.room.Unit())]
	}
	n, err := m.r.Read(b)
	m.count.Add(int64(n))
	for _, w := range m.ways {
		if n > 0 && w.gate.limits() {
			m.idle.pause() // waiting for our own limit is not the source's fault
			m.waits.Store(true)
			werr := w.gate.take(m.ctx, &w.flow, n)
			m.waits.Store(false)
			if werr != nil && err == nil {
				err = werr
			}
		}
	}
	if n > 0 && m.room != nil {
		m.room.Came(n)
	}
	if n > 0 {
		m.idle.wind()
	}
	return n, err
}

var errIdle = errors.New("nothing arrived for 20 seconds")

// idleClock cancels a context when it is not wound for a while.
type idleClock struct {
	timer  *time.Timer
	limit  time.Duration
	cancel context.CancelCauseFunc
}

func withIdleLimit(ctx context.Context, limit time.Duration) (context.Context, *idleClock) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &idleClock{limit: limit, cancel: cancel}
	c.timer = time.AfterFunc(limit, func() { cancel(errIdle) })
	return ctx, c
}

func (c *idleClock) wind()  { c.timer.Reset(c.limit) }
func (c *idleClock) pause() { c.timer.Stop() }
func (c *idleClock) stop()  { c.timer.Stop(); c.cancel(nil) }
