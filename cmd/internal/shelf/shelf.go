// Package shelf is a depot's store: an engine that fetches what publishers
// order, keeps it as long as was agreed, and gives it to everybody.
//
// Each copy lies in a folder of its own, named after its package, and has a
// record beside the folders: the order, and until when. What is in the folder
// of copies without a record that holds is deleted at the next start, with its
// transfer; nothing else is ever touched.
//
// A Shelf has one goroutine, which follows the engine, ends what is over, and
// looks again at what changed on disk; Close waits for it.
package shelf

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
	"grove/p2p/depot"
)

// Config is how a depot differs from others.
type Config struct {
	Folder string // absolute; copies and their records lie in it, and nothing else
	Base   string // base URL, as orders name it
	// Allow says who may give orders, and how many bytes of his may lie here; a
	// quota of 0 is none but Quota.
	Allow    func(pack.PublicKey) (quota int64, ok bool)
	Quota    int64            // bytes of all copies; 0 is as much as the disk holds
	KeepMost time.Duration    // 0 is 90 days; an order may ask for less
	Now      func() time.Time // nil is the system's clock
	Log      *slog.Logger     // nil logs nothing
}

const keepMost = 90 * 24 * time.Hour

// Shelf is a depot. Safe for concurrent use.
type Shelf struct {
	// immutable
	g    *boot.Grove
	conf Config
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}

	// acting is held by whoever changes which copies there are: one order or
	// the sweep at a time. mu is taken inside it, and never the other way round.
	acting sync.Mutex

	mu      sync.Mutex
	copies  map[pack.ID]*kept   // guarded by mu, and what is in it
	places  map[string][]*shown // guarded by mu; of complete copies, the newest first
	closing bool                // guarded by mu
	nudge   func()              // guarded by mu; wakes the goroutine
}

var _ depot.Shelf = (*Shelf)(nil)

// kept is one copy, or the memory of an order that is over.
type kept struct {
	record
	view    app.View // as the engine saw it last
	shown   *shown   // nil: not complete, or not to be trusted
	suspect bool     // a file changed; nothing is shown before the engine has looked
}

// Open puts back what was kept before on g's engine and goes on with it. The
// engine's settings become those of a server: everything that is kept is
// fetched at once and given without end. Close it before g.
func Open(ctx context.Context, g *boot.Grove, c Config) (*Shelf, error) {
	s := &Shelf{g: g, conf: c, log: c.Log, done: make(chan struct{}),
		copies: map[pack.ID]*kept{}, places: map[string][]*shown{}, nudge: func() {}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.conf.Now == nil {
		s.conf.Now = time.Now
	}
	if s.conf.KeepMost <= 0 {
		s.conf.KeepMost = keepMost
	}
	if g.Node == nil {
		return nil, app.NewProblem(app.BadInput, "A depot needs other people; the settings keep Grove from reaching them", nil)
	}
	if err := pack.CheckDepot(c.Base); err != nil {
		return nil, app.NewProblem(app.BadInput, "The depot's address is not one", err)
	}
	if !filepath.IsAbs(c.Folder) {
		return nil, app.NewProblem(app.BadInput, "The depot's folder must be a full path", nil)
	}
	if err := os.MkdirAll(s.orders(), 0o700); err != nil {
		return nil, files.WriteProblem(s.orders(), err)
	}
	if err := s.serverSettings(ctx); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	if err := s.tidy(ctx); err != nil {
		return nil, err
	}
	if err := s.restore(ctx); err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.follow(run)
	return s, nil
}

// Close refuses further orders and ends what the shelf does by itself. The
// engine goes on until its own end.
func (s *Shelf) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.stop()
	<-s.done
	s.acting.Lock() // the last order
	defer s.acting.Unlock()
	return nil
}

// serverSettings bounds nothing: what lies here is meant to be given, and
// ends by its date alone. A budget would silence the depot in the middle of a
// month, and the others would wait for the one whose sender is slow.
func (s *Shelf) serverSettings(ctx context.Context) error {
	snap, err := s.g.Engine.Next(ctx, 0)
	if err != nil {
		return err
	}
	set := snap.Settings
	set.MaxActive = maxActive
	set.Giving = app.Giving{On: true, AfterTimes: set.Giving.AfterTimes, AfterHours: set.Giving.AfterHours}
	return s.g.Engine.SetSettings(ctx, set)
}

// maxActive is the most that the settings allow.
const maxActive = 100

// restore puts the transfers back. What failed is tried again: a server has
// nobody who presses a button.
func (s *Shelf) restore(ctx context.Context) error {
	if err := s.g.Restore(ctx); err != nil {
		return err
	}
	snap, err := s.g.Engine.Next(ctx, 0)
	if err != nil {
		return err
	}
	for _, k := range s.copies {
		if snap.Transfer(k.Transfer) == nil {
			continue
		}
		if err := s.g.Engine.Resume(ctx, k.Transfer); err != nil {
			return err
		}
	}
	return nil
}

// Allowed implements depot.Shelf.
func (s *Shelf) Allowed(key pack.PublicKey) bool {
	_, ok := s.conf.Allow(key)
	return ok
}

// Stats is how full a shelf is.
type Stats struct {
	Packages int   // kept, or on their way
	Complete int   // of those
	Size     int64 // bytes of all, as they count against quotas
	Have     int64 // bytes, of those, that are here
}

// Stats counts.
func (s *Shelf) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n Stats
	for _, k := range s.copies {
		if k.Ended {
			continue
		}
		n.Packages++
		n.Size += k.Size
		n.Have += k.have()
		if k.shown != nil {
			n.Complete++
		}
	}
	return n
}
