package app

import (
	"sync"

	"github.com/google/uuid"
)

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

// write carries out the effects that only touch records.
func (e *Engine) write(fx effect) {
	switch fx := fx.(type) {
	case fxSave:
		e.atDesk(fx.rec.ID, func() { e.noted(fx.rec.ID, e.cfg.Store.SaveTransfer(fx.rec)) })
	case fxKeep:
		e.atDesk(fx.rec.ID, func() { e.noted(fx.rec.ID, e.cfg.Store.Keep(fx.rec, *fx.desc)) })
	case fxSeen:
		e.atDesk(uuid.Nil, func() { e.failed("the publisher is not saved", e.seen(fx)) })
	case fxBook:
		e.atDesk(uuid.Nil, func() {
			if err := e.cfg.Store.AddLedger(fx.rows...); err != nil {
				e.failed("the ledger is not saved", err)
				e.send(evUnbooked(fx))
			}
		})
	case fxForget:
		e.atDesk(fx.rec.ID, func() {
			e.noted(fx.rec.ID, e.cfg.Store.Remove(fx.rec))
			e.noted(fx.rec.ID, e.cfg.Store.DeleteTransfer(fx.rec.ID))
			e.accounts.forget(fx.rec.ID)
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

// failed logs what stops no transfer.
func (e *Engine) failed(what string, err error) {
	if err != nil {
		e.cfg.Log.Error(what, "err", err)
	}
}

// noted turns a failed write of a record into an event: the user must know
// that the list can no longer be kept.
func (e *Engine) noted(id uuid.UUID, err error) {
	if err != nil {
		e.send(evStoreFault{id, AsProblem(err)})
	}
}
