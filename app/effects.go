package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
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
	sources map[string]Source
	runs    map[flightID]*runWork
	limit   *rate.Limiter

	ctx     context.Context // of finders and run workers
	cancel  context.CancelFunc
	workers sync.WaitGroup // finders and run workers
	buffers chan []byte    // of one piece, for run workers
}

// runWork is a run worker as the loop sees it.
type runWork struct {
	id     flightID
	source Source
	run    Run
	end    atomic.Int64 // the worker stops before this piece
	bytes  atomic.Int64 // that arrived so far
	cancel context.CancelFunc
}

// desk carries out work on one transfer's files, one job after another. It
// has a goroutine only while there is work.
type desk struct {
	mu   sync.Mutex
	jobs []func() // guarded by mu
	busy bool     // guarded by mu
}

func (e *Engine) atDesk(id uuid.UUID, job func()) {
	d := e.desks[id]
	if d == nil {
		d = &desk{}
		e.desks[id] = d
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.jobs = append(d.jobs, job)
	if !d.busy {
		d.busy = true
		e.work.Go(d.work)
	}
}

func (d *desk) work() {
	for {
		d.mu.Lock()
		if len(d.jobs) == 0 {
			d.busy = false
			d.mu.Unlock()
			return
		}
		job := d.jobs[0]
		d.jobs = d.jobs[1:]
		d.mu.Unlock()
		job()
	}
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
		e.serve(e.live[fx.id])
	case fxRoom:
		e.atDesk(fx.rec.ID, func() { e.room(fx.rec) })
	case fxClose:
		e.close(fx.rec)
	default:
		e.write(fx)
	}
}

// write carries out the effects that only touch records.
func (e *Engine) write(fx effect) {
	switch fx := fx.(type) {
	case fxSave:
		e.atDesk(fx.rec.ID, func() { e.noted(fx.rec.ID, e.cfg.Store.SaveTransfer(fx.rec)) })
	case fxSavePublisher:
		e.atDesk(uuid.Nil, func() { e.noted(uuid.Nil, e.cfg.Store.SavePublisher(fx.publisher)) })
	case fxForget:
		e.atDesk(fx.rec.ID, func() {
			e.noted(fx.rec.ID, e.cfg.Store.Remove(fx.rec))
			e.noted(fx.rec.ID, e.cfg.Store.DeleteTransfer(fx.rec.ID))
		})
	case fxLog:
		fx.entry.Session = e.session
		e.atDesk(fx.id, func() { e.noted(fx.id, e.cfg.Store.AppendLog(fx.id, fx.entry)) })
	case fxReply:
		if fx.to != nil {
			fx.to <- fx.err
		}
	}
}

// noted turns a failed write of a record into an event: the user must know
// that the list can no longer be kept.
func (e *Engine) noted(id uuid.UUID, err error) {
	if err != nil {
		e.send(evStoreFault{id, AsProblem(err)})
	}
}

func (e *Engine) open(fx fxOpen) {
	l := &live{id: fx.rec.ID, sources: map[string]Source{}, runs: map[flightID]*runWork{},
		buffers: make(chan []byte, buffersKept)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if n := fx.rec.Limit; n > 0 {
		l.limit = NewLimiter(n)
	}
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
	case fx.fresh:
		l.desc = fx.desc
		if err := e.fits(fx.rec, fx.desc); err != nil {
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
func (e *Engine) fits(rec Record, d *Described) error {
	need := selectedBytes(d, rec.Selected)
	free, err := e.cfg.Store.Free(rec.Folder)
	if err == nil && free < need {
		return NewProblem(NoSpace, rec.Name, roomError{need, free})
	}
	return err
}

func selectedBytes(d *Described, selected []int) int64 {
	if selected == nil {
		return d.Package.Layout.Size()
	}
	var n int64
	for _, f := range selected {
		n += d.Package.Manifest.Files[f].Size
	}
	return n
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

func (e *Engine) find(fx fxFind) {
	l := e.live[fx.rec.ID]
	start := func(f Finder) {
		l.workers.Add(1)
		e.work.Go(func() {
			defer l.workers.Done()
			if err := f.Find(l.ctx, fx.want, sink{e, l.id}); err != nil && l.ctx.Err() == nil {
				e.send(evFinderEnded{l.id, AsProblem(err)})
			}
		})
	}
	if e.cfg.Swarm != nil && fx.rec.Mode != ModeOriginOnly {
		start(e.cfg.Swarm)
	}
	if e.cfg.Mirrors != nil && fx.rec.Mode != ModePeersOnly {
		start(e.cfg.Mirrors)
	}
}

// sink passes what a finder reports on to the loop. The source itself travels
// beside the event, which holds only values.
type sink struct {
	e  *Engine
	id uuid.UUID
}

func (s sink) Found(src Source) {
	s.e.send(evSource{src, evFound{s.id, src.Info(), src.Have(), src.Window()}})
}

func (s sink) Changed(src Source) {
	s.e.send(evChanged{s.id, src.Info().ID, src.Have(), src.Window()})
}

func (s sink) Gone(id string, err error) { s.e.send(evGone{s.id, id, err}) }

func (e *Engine) serve(l *live) {
	if e.cfg.Swarm == nil {
		return
	}
	d := l.desc
	s, err := e.cfg.Swarm.Serve(Share{Package: d.Package, Hashes: d.Hashes, Poster: d.Poster,
		Secret: e.state.find(l.id).rec.Secret, Have: l.have, Pieces: watched{e, l}})
	if err != nil {
		// Not being able to give is no reason not to get.
		e.write(e.state.find(l.id).log(time.Now(), "not_shared", err.Error()))
		return
	}
	l.serving = s
}

// watched reports a shared file that changed under us.
type watched struct {
	e *Engine
	l *live
}

func (w watched) ReadPiece(i int, b []byte, off int64) error {
	err := w.l.payload.ReadPiece(i, b, off)
	if p := AsProblem(err); p != nil && p.Kind == FileChanged {
		w.e.send(evFileChanged{w.l.id, p})
	}
	return err
}

// close ends everything around a payload in the one safe order: no new work,
// wait for the work, make durable, close.
func (e *Engine) close(rec Record) {
	l := e.live[rec.ID]
	l.cancel()
	serving := l.serving
	e.atDesk(rec.ID, func() {
		var given int64
		if serving != nil {
			serving.Stop()
			given = serving.Stats().Given
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
		e.send(evClosed{rec.ID, given, AsProblem(err)})
	})
}

// readTick collects what the loop may read from running work.
func (e *Engine) readTick() evTick {
	t := evTick{progress: map[flightID]int64{}, windows: map[windowKey]int64{}, serving: map[uuid.UUID]ServeStats{}}
	for id, l := range e.live {
		for n, w := range l.runs {
			t.progress[n] = w.bytes.Load()
		}
		for s, src := range l.sources {
			t.windows[windowKey{id, s}] = src.Window()
		}
		if l.serving != nil {
			t.serving[id] = l.serving.Stats()
		}
	}
	return t
}
