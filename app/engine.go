// Package app is Grove's engine: transfers and what happens to them. It opens
// no socket and no file; sources, the swarm and the store come in through the
// ports it declares.
//
// One goroutine, Engine.Run, owns the state. Everything that happens is an
// event, applied by the pure state.step, which answers with effects; run
// workers, finders and desks carry effects out and send events back. Windows
// and terminals read versioned snapshots and send commands.
//
// Only Inspect makes an Offer, only Accept makes a transfer of it, and all the
// network can call is ReadPiece on a package that is being shared.
package app

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"grove/app/pack"
)

// Config is what an Engine is made of.
type Config struct {
	Store Store
	Swarm Swarm // nil: no peers
	// Mirrors reaches HTTP servers; nil: none.
	Mirrors interface {
		Finder
		Describer
	}
	// Down and Up hold all downloads, and all that is given, to the limits of
	// the settings; NewLimiter makes them. nil: no limit.
	Down, Up *rate.Limiter
	Limits   Limits // in the settings' place, where not 0
	Room     Room   // on the line, for what comes from beyond the local network; nil: whatever it takes
	// Around tells what is around the computer, at least once and soon, and
	// then what changes, until ctx ends; nothing is given before. Line tells why
	// nothing can leave the computer, or nil, when that changes. nil: nobody
	// tells.
	Around func(ctx context.Context, tell func(Surroundings))
	Line   func(ctx context.Context, tell func(*Problem))

	Built time.Time    // of this program
	Seed  uint64       // of the picker's random choices
	Log   *slog.Logger // nil is none
}

// Room is what the line to this computer has room for at the moment.
type Room interface {
	// Limit lets through so many bytes, and Unit is how many are read at once, at
	// the most. Both change as the line does.
	Limit() *rate.Limiter
	Unit() int
	Came(n int) // so many bytes were let through
	// Yields reports whether others fill the line, so that little is let through.
	Yields() bool
}

// Engine runs transfers. Its methods are safe for concurrent use while Run
// runs, and fail with Stopped after it ended.
type Engine struct {
	cfg     Config
	down    gate      // of all downloads
	line    gate      // of those that come over the line
	session uuid.UUID // names this run in the logs
	events  chan event
	asks    chan ask
	looks   chan func()
	ended   chan struct{}

	// Owned by Run.
	state   *state
	live    map[uuid.UUID]*live
	desks   map[uuid.UUID]*desk
	scouts  map[pack.ID]*scout
	waiting []ask
	version uint64
	newest  *Snapshot

	accounts *accounts

	work sync.WaitGroup // desks, finders, run workers, what saves accounts, and who tells what is around
}

type ask struct {
	since uint64
	to    chan *Snapshot // has room for one
}

// New makes an engine. Nothing happens before Run.
func New(cfg Config) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := newState(cfg.Seed, DefaultSettings())
	s.fixed, s.peers, s.around.asked = cfg.Limits, cfg.Swarm != nil, cfg.Around != nil
	if s.peers {
		s.self = cfg.Swarm.ID()
	}
	e := &Engine{
		cfg:     cfg,
		down:    gate{limit: cfg.Down},
		session: uuid.New(),
		events:  make(chan event, 64),
		asks:    make(chan ask),
		looks:   make(chan func()),
		ended:   make(chan struct{}),
		state:   s,
		live:    map[uuid.UUID]*live{},
		desks:   map[uuid.UUID]*desk{},
		scouts:  map[pack.ID]*scout{},
	}
	if cfg.Room != nil {
		e.line.limit = cfg.Room.Limit()
	}
	e.accounts = newAccounts(cfg.Store, e.work.Go, e.failed)
	return e
}

// Run takes over what the store knows beside the transfers, applies events
// until ctx ends, then closes every payload in order, saves, and returns when
// nothing it started is running any more.
func (e *Engine) Run(ctx context.Context) {
	e.apply(e.begin(time.Now()))
	e.watch(ctx)
	every := idleTick
	tick := time.NewTicker(every)
	defer tick.Stop()
	stop := ctx.Done()
	e.state.lastTick = time.Now()
	for {
		if stop == nil && len(e.live) == 0 {
			break
		}
		if n := e.tickEvery(); n != every {
			every, e.state.lastTick = n, time.Now()
			tick.Reset(every)
		}
		select {
		case <-stop:
			stop = nil
			e.apply(evStop{})
		case ev := <-e.events:
			e.apply(ev)
		case a := <-e.asks:
			e.waiting = append(e.waiting, a)
		case f := <-e.looks:
			f()
		case <-tick.C:
			e.apply(e.readTick())
		}
		e.answer()
	}
	close(e.ended)
	e.accounts.stop()
	e.work.Wait()
	e.accounts.close()
}

// idleTick is enough for the timetable and the calendar.
const idleTick = time.Minute

// tickEvery: an idle engine hardly wakes.
func (e *Engine) tickEvery() time.Duration {
	if len(e.live) > 0 || e.state.around.settling() {
		return tickEvery
	}
	for _, t := range e.state.list {
		if t.waitsForRoom() {
			return tickEvery
		}
	}
	return idleTick
}

func (e *Engine) apply(ev event) {
	if add, ok := ev.(evAdd); ok { // after a crash a record may be behind, its account never is
		add.rec.Counts.Given = e.accounts.before(add.rec.ID, add.rec.Counts.Given)
		ev = add
	}
	switch ev := ev.(type) {
	case evSource:
		if l := e.live[ev.id]; l != nil {
			l.sources[ev.info.ID] = ev.src
		}
	case evGone:
		if l := e.live[ev.id]; l != nil {
			delete(l.sources, ev.source)
		}
	case evRunEnd:
		delete(e.live[ev.id].runs, ev.flight)
	case evClosed:
		delete(e.live, ev.id)
	}
	for _, fx := range e.state.step(time.Now(), ev) {
		e.do(fx)
	}
	e.version++
}

// send hands an event to the loop; it is dropped once the loop has ended.
func (e *Engine) send(ev event) {
	select {
	case e.events <- ev:
	case <-e.ended:
	}
}

// command sends an event and waits for its answer.
func (e *Engine) command(ctx context.Context, ev event, to reply) error {
	select {
	case e.events <- ev:
	case <-e.ended:
		return NewProblem(Stopped, "Grove", nil)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-to:
		return err
	case <-e.ended:
		return NewProblem(Stopped, "Grove", nil)
	}
}

func newReply() reply { return make(reply, 1) }

// Accept turns an offer into a transfer, which starts when its turn comes.
// It fails with TargetExists when another transfer has the same target.
func (e *Engine) Accept(ctx context.Context, o *Offer, c Choice) error {
	r := newReply()
	return e.command(ctx, evAccept{o.ID, c, r}, r)
}

// Restore puts a saved transfer back on the list; one that was under way when
// the program ended goes on.
func (e *Engine) Restore(ctx context.Context, rec Record) error {
	r := newReply()
	return e.command(ctx, evAdd{rec: rec, reply: r}, r)
}

// Share makes a transfer of files that are here already and serves them. With
// verify every piece is compared with the hash list first.
func (e *Engine) Share(ctx context.Context, s Sharing, verify bool) (uuid.UUID, error) {
	rec := Record{ID: uuid.New(), Package: s.Package.ID, Name: s.Package.Manifest.Name, State: Queued,
		Path: s.Path, Secret: s.Secret, Seed: true, Created: time.Now()}
	saved, err := e.cfg.Store.LoadTransfers()
	if err != nil {
		return uuid.Nil, err
	}
	for _, old := range saved {
		if old.Package == rec.Package && old.Path == rec.Path && bytes.Equal(old.Secret, rec.Secret) {
			rec.ID, rec.Created, rec.Order, rec.Counts = old.ID, old.Created, old.Order, old.Counts
		}
	}
	r := newReply()
	return rec.ID, e.command(ctx, evAdd{rec: rec, desc: &s.Described, adopt: true, verify: verify, reply: r}, r)
}

// Pause stops a transfer and keeps everything.
func (e *Engine) Pause(ctx context.Context, id uuid.UUID) error {
	r := newReply()
	return e.command(ctx, evPause{id, r}, r)
}

// Resume starts a paused, failed or done transfer again.
func (e *Engine) Resume(ctx context.Context, id uuid.UUID) error {
	r := newReply()
	return e.command(ctx, evResume{id, r}, r)
}

// PauseAll stops everything that runs, until ResumeAll.
func (e *Engine) PauseAll(ctx context.Context) error {
	r := newReply()
	return e.command(ctx, evPauseAll{r}, r)
}

// ResumeAll starts what PauseAll stopped, but for what was paused or resumed
// by itself since then.
func (e *Engine) ResumeAll(ctx context.Context) error {
	r := newReply()
	return e.command(ctx, evResumeAll{r}, r)
}

// Move gives a transfer another place in the list, and so in the queue; 0 is
// the first, and what is beyond the end is the last.
func (e *Engine) Move(ctx context.Context, id uuid.UUID, to int) error {
	r := newReply()
	return e.command(ctx, evMove{id, to, r}, r)
}

// SetLimit holds one transfer to a rate, at once; 0 is no limit.
func (e *Engine) SetLimit(ctx context.Context, id uuid.UUID, bytesPerSecond int64) error {
	if err := checkRate("The limit", bytesPerSecond); err != nil {
		return err
	}
	r := newReply()
	return e.command(ctx, evLimit{id, bytesPerSecond, r}, r)
}

// SetPolicy says for one transfer how much the origin sends, at once;
// PolicyPublisher is what the settings say.
func (e *Engine) SetPolicy(ctx context.Context, id uuid.UUID, p Policy) error {
	if err := p.check("The policy"); err != nil {
		return err
	}
	r := newReply()
	return e.command(ctx, evPolicy{id, p, r}, r)
}

// StopSharing ends the sharing of a transfer: one that is complete is Done, any
// other goes on and gives nothing.
func (e *Engine) StopSharing(ctx context.Context, id uuid.UUID) error {
	r := newReply()
	return e.command(ctx, evStopSharing{id, r}, r)
}

// Log returns what happened to a transfer, oldest first.
func (e *Engine) Log(_ context.Context, id uuid.UUID) ([]LogEntry, error) {
	return e.cfg.Store.LoadLog(id)
}

// Remove takes a transfer or an offer off the list; its part folder goes, a
// finished or shared file stays. It returns when nothing of it is open any
// more.
func (e *Engine) Remove(ctx context.Context, id uuid.UUID) error {
	r := newReply()
	return e.command(ctx, evRemove{id, r}, r)
}

// Next returns the newest snapshot as soon as its version is above since.
func (e *Engine) Next(ctx context.Context, since uint64) (*Snapshot, error) {
	a := ask{since, make(chan *Snapshot, 1)}
	select {
	case e.asks <- a:
	case <-e.ended:
		return nil, NewProblem(Stopped, "Grove", nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case s := <-a.to:
		return s, nil
	case <-e.ended:
		return nil, NewProblem(Stopped, "Grove", nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answer gives waiting readers the newest snapshot, made once a version.
func (e *Engine) answer() {
	keep := e.waiting[:0]
	for _, a := range e.waiting {
		if a.since >= e.version {
			keep = append(keep, a)
			continue
		}
		if e.newest == nil || e.newest.Version != e.version {
			e.newest = e.state.snapshot(e.version, time.Now())
		}
		a.to <- e.newest
	}
	e.waiting = keep
}
