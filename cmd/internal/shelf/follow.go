package shelf

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

const (
	lookEvery  = 200 * time.Millisecond // while something is fetched
	idleEvery  = 2 * time.Second        // while all is only given
	sweepEvery = time.Minute            // at the latest
)

// follow is the shelf's goroutine.
func (s *Shelf) follow(ctx context.Context) {
	defer close(s.done)
	var since uint64
	for ctx.Err() == nil {
		woken, wake := context.WithCancel(ctx)
		s.mu.Lock()
		s.nudge = wake
		s.mu.Unlock()
		busy := s.sweep(ctx)
		limited, cancel := context.WithTimeout(woken, s.untilEnd())
		snap, err := s.g.Engine.Next(limited, since)
		cancel()
		if err == nil {
			since = snap.Version
			busy = s.see(ctx, snap) || busy
			every := idleEvery
			if busy {
				every = lookEvery
			}
			pause := time.NewTimer(min(every, s.untilEnd()))
			select {
			case <-pause.C:
			case <-woken.Done():
				pause.Stop()
			}
		} else if limited.Err() == nil {
			wake()
			return // the engine has ended
		}
		wake()
	}
}

// untilEnd is how long it is until something is over.
func (s *Shelf) untilEnd() time.Duration {
	wait := sweepEvery
	now := s.conf.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.copies {
		if !k.Ended {
			wait = min(wait, k.Until.Sub(now))
		}
	}
	return max(wait, time.Millisecond)
}

// sweep ends what is over, forgets what is forgotten, and has the engine look
// at what changed. It reports whether something is left to be looked at soon.
func (s *Shelf) sweep(ctx context.Context) (busy bool) {
	s.acting.Lock()
	defer s.acting.Unlock()
	now := s.conf.Now()
	var over, forgotten []record
	var suspects []uuid.UUID
	s.mu.Lock()
	for _, k := range s.copies {
		switch {
		case k.forgotten(now):
			forgotten = append(forgotten, k.record)
		case !k.Ended && !k.Until.After(now):
			over = append(over, k.record)
		case k.suspect && !k.Ended:
			suspects = append(suspects, k.Transfer)
		}
	}
	s.mu.Unlock()
	for _, r := range over {
		s.log.Info("a copy's time is over", "package", r.Order.Package.Short())
		s.report(s.end(ctx, r))
	}
	for _, r := range forgotten {
		s.report(s.forget(r.Order.Package))
	}
	for _, id := range suspects {
		s.report(s.recheck(ctx, id))
	}
	return len(over)+len(suspects) > 0
}

func (s *Shelf) report(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("the depot could not clean up; it tries again", "err", err)
	}
}

// forget drops the memory of an order, once its files are gone.
func (s *Shelf) forget(id pack.ID) error {
	if err := s.clear(id); err != nil {
		return err
	}
	if err := os.Remove(s.recordPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.copies, id)
	return nil
}

// recheck has the engine open a transfer anew, which compares the files with
// what they were, and with the hashes where they are not.
func (s *Shelf) recheck(ctx context.Context, id uuid.UUID) error {
	if err := s.g.Engine.Pause(ctx, id); err != nil {
		return err
	}
	if err := s.g.Engine.Resume(ctx, id); err != nil {
		return err
	}
	// Snapshots from now on are of after the look.
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.copies {
		if k.Transfer == id {
			k.suspect, k.view = false, app.View{}
		}
	}
	return nil
}

// see takes over what the engine knows, and shows what has become complete. It
// reports whether anything is still to come.
func (s *Shelf) see(ctx context.Context, snap *app.Snapshot) (busy bool) {
	var complete []record
	s.mu.Lock()
	for _, k := range s.copies {
		if k.Ended || k.suspect {
			continue
		}
		v := snap.Transfer(k.Transfer)
		if v == nil {
			if k.view.ID != uuid.Nil { // somebody took it off the list
				s.hide(k)
				k.view = app.View{State: app.Failed, Problem: app.NewProblem(app.NotFound, k.Order.Package.Short(), nil)}
			}
			continue // else it is being accepted
		}
		k.view = *v
		switch {
		case v.State != app.Seeding:
			s.hide(k)
			busy = busy || v.State != app.Failed
		case k.shown == nil:
			complete = append(complete, k.record)
		}
	}
	s.mu.Unlock()
	for _, r := range complete {
		if err := s.reveal(ctx, r); err != nil && ctx.Err() == nil {
			s.log.Error("a complete copy cannot be shown", "package", r.Order.Package.Short(), "err", err)
			s.suspect(r.Order.Package)
			busy = true
		}
	}
	return busy
}

// suspect has the engine look at a copy with the next sweep.
func (s *Shelf) suspect(id pack.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.copies[id]; k != nil && !k.Ended {
		s.hide(k)
		k.suspect = true
	}
}

// reveal shows a copy that has become complete.
func (s *Shelf) reveal(ctx context.Context, r record) error {
	d, err := s.g.Engine.Detail(ctx, r.Transfer)
	if err != nil {
		return err
	}
	if d.Desc == nil || d.State != app.Seeding {
		return nil // it changed again
	}
	w, err := newShown(r, d.Desc, d.Path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.copies[r.Order.Package]
	if k == nil || k.Ended || k.suspect || k.Transfer != r.Transfer {
		return nil
	}
	s.show(k, w)
	s.log.Info("a copy is complete", "package", w.id.Short())
	return nil
}
