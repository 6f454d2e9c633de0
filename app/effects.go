package app

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// live is what an open transfer holds outside the state.
type live struct {
	id uuid.UUID

	// Immutable after evOpened was applied; written on the desk before.
	payload Payload
	desc    *Described
	have    *HaveSet

	// Owned by the engine's loop.
	serving Serving
	share   *share // of serving
	sources map[string]Source
	runs    map[flightID]*runWork

	// Of run workers, at the same time.
	down, own, room way // through the limit of all downloads, its own, and that of the line

	unfind  context.CancelFunc // ends the finders alone; nil: there are none
	ctx     context.Context    // of finders and run workers
	cancel  context.CancelFunc
	workers sync.WaitGroup // finders and run workers
	buffers chan []byte    // of one piece, for run workers
}

// runWork is a run worker as the loop sees it.
type runWork struct {
	id     flightID
	source Source
	run    Run
	spare  bool
	end    atomic.Int64 // the worker stops before this piece
	bytes  atomic.Int64 // that arrived so far
	waits  atomic.Bool  // for a limit that the user set
	cancel context.CancelFunc
}

// do carries an effect out, or starts it. It runs on the loop and must not
// wait for anything.
func (e *Engine) do(fx effect) {
	switch fx := fx.(type) {
	case fxOpen:
		e.open(fx)
	case fxCheck:
		l := e.live[fx.id]
		e.atDesk(fx.id, func() { e.check(l) })
	case fxFind:
		e.find(fx)
	case fxUnfind:
		if l := e.live[fx.id]; l.unfind != nil {
			l.unfind()
		}
	case fxRun:
		e.startRun(fx)
	case fxTrim:
		if w := e.live[fx.id].runs[fx.flight]; w != nil {
			if w.end.Store(int64(fx.end)); fx.end == 0 {
				w.cancel()
			}
		}
	case fxBan:
		if s := e.cfg.Swarm; s != nil {
			// Closing connections says goodbye on the wire, which a hostile peer
			// can hold up.
			e.work.Go(func() { s.Ban(fx.source, NewProblem(WrongBytes, fx.source, nil)) })
		}
	case fxCheckpoint:
		l := e.live[fx.rec.ID]
		e.atDesk(fx.rec.ID, func() {
			have, _ := l.have.Snapshot()
			e.send(evSaved{fx.rec.ID, AsProblem(l.payload.Checkpoint(fx.rec, have))})
		})
	case fxFinish:
		l := e.live[fx.rec.ID]
		e.atDesk(fx.rec.ID, func() {
			path, err := l.payload.Finish(fx.rec)
			e.send(evFinished{fx.rec.ID, path, AsProblem(err)})
		})
	case fxServe:
		e.serve(e.live[fx.id], fx.terms)
	case fxTerms:
		l := e.live[fx.id]
		l.share.set(fx.terms)
		if l.serving != nil {
			fx.terms.tell(l.serving)
		}
	case fxTell:
		if serving := e.live[fx.id].serving; serving != nil {
			serving.Tell(fx.coming)
		}
	case fxUnserve:
		e.unserve(e.live[fx.id])
	case fxLimits:
		setLimiter(e.cfg.Down, fx.limits.Down)
		setLimiter(e.cfg.Up, fx.limits.Up)
	case fxLimit:
		if l := e.live[fx.id]; l != nil {
			setLimiter(l.own.gate.limit, fx.limit)
		}
	case fxRoom:
		e.atDesk(fx.rec.ID, func() { e.room(fx.rec) })
	case fxClose:
		e.close(fx.rec)
	default:
		e.write(fx)
	}
}

func (e *Engine) open(fx fxOpen) {
	l := &live{id: fx.rec.ID, sources: map[string]Source{}, runs: map[flightID]*runWork{},
		down: way{gate: &e.down}, own: way{gate: &gate{limit: NewLimiter(fx.rec.Limit)}}, room: way{gate: &e.line}, buffers: make(chan []byte, buffersKept)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	e.live[l.id] = l
	e.atDesk(l.id, func() {
		have, recheck, err := e.openPayload(l, fx)
		recheck = recheck || fx.verify
		if err == nil && !recheck { // else check knows what is there
			l.have = NewHaveSet(have.Clone())
		}
		e.send(evOpened{l.id, l.desc, have, recheck, AsProblem(err)})
	})
}

func (e *Engine) openPayload(l *live, fx fxOpen) (have Bitmap, recheck bool, err error) {
	switch {
	case fx.adopt:
		l.desc = fx.desc
		l.payload, err = e.cfg.Store.Adopt(fx.rec, *fx.desc)
		return FullBitmap(fx.desc.Package.Layout.Pieces()), false, err
	case !fx.fresh && fx.rec.Path == "":
		// It may have waited since it was accepted in an earlier run.
		if d, err := e.cfg.Store.Kept(fx.rec); err == nil {
			fx.fresh, fx.desc = true, &d
			return e.openPayload(l, fx)
		}
	case fx.fresh:
		l.desc = fx.desc
		if err := e.fits(fx.rec); err != nil {
			return Bitmap{}, false, err
		}
		l.payload, have, recheck, err = e.cfg.Store.Create(fx.rec, *fx.desc)
		return have, recheck, err
	}
	var d Described
	l.payload, d, have, recheck, err = e.cfg.Store.Open(fx.rec)
	l.desc = &d
	return have, recheck, err
}

// fits compares the selected bytes with the room in the folder.
func (e *Engine) fits(rec Record) error {
	free, err := e.cfg.Store.Free(rec.Folder)
	if err == nil && free < rec.Size {
		return NewProblem(NoSpace, rec.Name, roomError{rec.Size, free})
	}
	return err
}

// room looks whether a transfer that ran out of space could go on.
func (e *Engine) room(rec Record) {
	free, err := e.cfg.Store.Free(rec.Folder)
	if err == nil {
		e.send(evRoom{rec.ID, free})
	}
}

// check compares every piece on disk with the hash list.
func (e *Engine) check(l *live) {
	layout := l.desc.Package.Layout
	buf := make([]byte, layout.PieceSize())
	have := NewBitmap(layout.Pieces())
	for i := range layout.Pieces() {
		if l.ctx.Err() != nil {
			break // leaving; what was saved before stays saved
		}
		b := buf[:layout.Span(i).Length]
		if l.payload.ReadPiece(i, b, 0) == nil && l.desc.Hashes.Matches(i, b) {
			have.Set(i)
		}
		if i%64 == 63 {
			e.send(evChecking{l.id, float64(i) / float64(layout.Pieces())})
		}
	}
	if l.ctx.Err() == nil {
		l.have = NewHaveSet(have.Clone())
	}
	e.send(evChecked{l.id, have, nil})
}

// close ends everything around a payload in the one safe order: no new work,
// wait for the work, make durable, close.
func (e *Engine) close(rec Record) {
	l := e.live[rec.ID]
	l.cancel()
	serving := l.serving
	e.atDesk(rec.ID, func() {
		var given ServeStats
		if serving != nil {
			serving.Stop()
			given = serving.Stats()
		}
		l.workers.Wait()
		var err error
		if l.payload != nil {
			if l.have != nil && rec.Path == "" {
				have, _ := l.have.Snapshot()
				err = l.payload.Checkpoint(rec, have)
			}
			if cerr := l.payload.Close(); err == nil {
				err = cerr
			}
		}
		e.send(evClosed{rec.ID, given, e.accounts.tally(), AsProblem(err)})
	})
}

// readTick collects what the loop may read from running work.
func (e *Engine) readTick() evTick {
	t := evTick{month: e.accounts.tally(), progress: map[flightID]int64{}, limited: map[flightID]bool{}, sources: map[sourceKey]sourceNow{}, serving: map[uuid.UUID]ServeStats{}}
	if e.cfg.Room != nil {
		t.yields = e.cfg.Room.Yields()
	}
	if e.cfg.Swarm != nil {
		t.interference = e.cfg.Swarm.Interference()
	}
	for id, l := range e.live {
		for n, w := range l.runs {
			t.progress[n] = w.bytes.Load()
			if w.waits.Load() {
				t.limited[n] = true
			}
		}
		for s, src := range l.sources {
			t.sources[sourceKey{id, s}] = sourceNow{src.Window(), src.Info().Near}
		}
		if l.serving != nil {
			t.serving[id] = l.serving.Stats()
		}
	}
	return t
}
