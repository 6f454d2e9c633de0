package app

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// Outlook is what scouting for an offer has found so far.
type Outlook struct {
	Near     int      // peers on the local network
	Peers    int      // all peers that have something of it
	Complete int      // of those, with every piece
	Origins  int      // HTTP servers that answered as they should
	Problem  *Problem // the worst of what was met, or nil
	Looked   bool     // everybody known was asked once; what is not here did not answer
	// Usual is the best 30-second average of the last two weeks, bytes a
	// second; 0 when nothing was downloaded.
	Usual float64
}

const (
	// fairTime is how long finders have before silence counts as an answer.
	fairTime = 5 * time.Second
	// usualDays is how far back Outlook.Usual looks.
	usualDays = 14
)

// scout is a Scout under way.
type scout struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed when none of its finders runs any more
}

// wait returns when s has ended; at once for none.
func (s *scout) wait() {
	if s != nil {
		<-s.ended
	}
}

// Scout looks for who has the offered package and fetches nothing of it. It
// calls found, from its own goroutine, after what it found changed, and returns
// when ctx ends, or when a transfer of the package begins or another Scout for
// it. Nothing it started is running then.
func (e *Engine) Scout(ctx context.Context, o *Offer, found func(Outlook)) error {
	usual := e.usual(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &scout{cancel: cancel, ended: make(chan struct{})}
	defer close(s.ended)
	before, err := e.enlist(ctx, o.ID, s)
	if err != nil {
		return err
	}
	defer e.dismiss(s, o.Package.ID)
	before.wait()

	v := newVista(ctx)
	finders := e.findAll(ctx, o, v)
	defer func() { cancel(); <-finders }()
	fair := time.NewTimer(fairTime)
	defer fair.Stop()
	all, last := finders, Outlook{Usual: usual}
	for looked := false; ; {
		select {
		case <-v.changed:
		case <-fair.C:
			looked = true
		case <-all:
			all, looked = nil, true
		case <-ctx.Done():
			return nil
		case <-e.ended:
			return NewProblem(Stopped, "Grove", nil)
		}
		if ctx.Err() != nil {
			return nil
		}
		now := v.outlook()
		now.Usual, now.Looked = usual, looked
		if now != last {
			last = now
			found(now)
		}
	}
}

// enlist makes s the one scout of its offer, and ends the one before, which it
// returns.
func (e *Engine) enlist(ctx context.Context, offer uuid.UUID, s *scout) (before *scout, err error) {
	err = e.look(ctx, func(time.Time) error {
		t := e.state.find(offer)
		if t == nil || t.rec.State != Offered {
			return badInput("There is no such offer any more")
		}
		if before = e.scouts[t.rec.Package]; before != nil {
			before.cancel()
		}
		e.scouts[t.rec.Package] = s
		return nil
	})
	return before, err
}

func (e *Engine) dismiss(s *scout, id pack.ID) {
	_ = e.look(context.Background(), func(time.Time) error { // fails when the engine has ended
		if e.scouts[id] == s {
			delete(e.scouts, id)
		}
		return nil
	})
}

// findAll starts the finders. The channel is closed when all have ended.
func (e *Engine) findAll(ctx context.Context, o *Offer, v *vista) <-chan struct{} {
	want := wantOf(&o.Described, o.Lead.Link.Secret, o.Lead.Link.Peers, o.Lead.Typed)
	var all sync.WaitGroup
	for _, f := range e.finders(o.Lead.Mode) {
		all.Go(func() { v.met(f.Find(ctx, want, v)) })
	}
	ended := make(chan struct{})
	go func() { all.Wait(); v.probes.Wait(); close(ended) }()
	return ended
}

// usual is the best rate of the last days; none where the ledger cannot say.
func (e *Engine) usual(ctx context.Context) (best float64) {
	now := time.Now()
	rows, err := e.Ledger(ctx, now.AddDate(0, 0, 1-usualDays).Format(time.DateOnly), now.Format(time.DateOnly))
	if ctx.Err() == nil {
		e.failed("the ledger cannot be read", err)
	}
	for _, r := range rows {
		best = max(best, r.Best)
	}
	return best
}
