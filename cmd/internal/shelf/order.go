package shelf

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
	"grove/p2p/depot"
)

// Keep implements depot.Shelf.
func (s *Shelf) Keep(ctx context.Context, p depot.Parcel) (depot.Status, error) {
	s.acting.Lock()
	defer s.acting.Unlock()
	now := s.conf.Now()
	r := record{Order: p.Order, Place: p.Place(), Private: p.Secret != nil, Size: p.Package.Size(), Until: p.Order.Until}
	if most := now.Add(s.conf.KeepMost).UTC().Truncate(time.Second); r.Until.After(most) {
		r.Until = most
	}
	if e := p.Package.Manifest.Expires; !e.IsZero() && r.Until.After(e) {
		r.Until = e
	}
	if !r.Until.After(now) {
		return depot.Status{}, &depot.Refusal{Reason: depot.Expired, Text: "The time of the package, or of the order, is over."}
	}
	old, err := s.current(p.Order)
	switch {
	case err != nil:
		return depot.Status{}, err
	case old.Transfer == uuid.Nil || old.Ended:
	case old.Place != r.Place:
		return depot.Status{}, &depot.Refusal{Reason: depot.BadPackage,
			Text: "The package is kept here as another kind of share, private or public. Order it to be dropped first."}
	case s.fit(p.Package.ID):
		r.Transfer = old.Transfer
		st, err := s.enter(r)
		return s.withPeers(st), err
	}
	if err := s.discard(ctx, p.Package.ID); err != nil { // of what failed, or is half deleted
		return depot.Status{}, err
	}
	if err := s.room(p); err != nil {
		return depot.Status{}, err
	}
	return s.begin(ctx, r, p)
}

// current is the record that order would override, or the zero one.
func (s *Shelf) current(order pack.Order) (record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.copies[order.Package]
	if s.closing {
		return record{}, errClosing()
	}
	if err := k.overrides(order); err != nil {
		return record{}, err
	}
	if k == nil {
		return record{}, nil
	}
	return k.record, nil
}

// fit reports whether the copy of a package is there or on its way.
func (s *Shelf) fit(id pack.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status(s.copies[id]).State != depot.Failed
}

// enter saves a record and takes it over.
func (s *Shelf) enter(r record) (depot.Status, error) {
	if err := s.save(r); err != nil {
		return depot.Status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.copies[r.Order.Package]
	if k == nil {
		k = &kept{}
		s.copies[r.Order.Package] = k
	}
	k.record = r
	s.nudge()
	return s.status(k), nil
}

// begin has the engine fetch a package. The record is saved before the
// transfer: a transfer without one is deleted at the next start, and so is a
// record without a transfer.
func (s *Shelf) begin(ctx context.Context, r record, p depot.Parcel) (depot.Status, error) {
	id := p.Package.ID
	lead := app.Lead{Link: pack.Link{ID: id, Secret: p.Secret}, Grove: p.Package.Bytes(), Hashes: p.Hashes, Poster: p.Poster,
		Mode: s.mode(p.Package.Manifest)}
	if lead.Hashes == nil {
		lead.Hashes = []byte{} // of a package without a byte
	}
	offer, err := s.g.Engine.Inspect(ctx, lead)
	if err != nil {
		return depot.Status{}, err
	}
	// The publisher may hang up; what was begun is finished or undone.
	ctx = context.WithoutCancel(ctx)
	r.Transfer = offer.ID
	if err := os.MkdirAll(s.folder(id), 0o700); err != nil {
		return depot.Status{}, errors.Join(files.WriteProblem(s.folder(id), err), s.g.Engine.Remove(ctx, offer.ID))
	}
	status, err := s.enter(r)
	if err != nil {
		return depot.Status{}, errors.Join(err, s.g.Engine.Remove(ctx, offer.ID))
	}
	if err := s.g.Engine.Accept(ctx, offer, app.Choice{Folder: s.folder(id), Seed: true}); err != nil {
		return depot.Status{}, errors.Join(err, s.end(ctx, r))
	}
	s.log.Info("a copy is made", "package", id.Short(), "size", r.Size, "until", r.Until)
	s.opened(ctx, r.Transfer)
	return s.withPeers(status), nil
}

// openTime is how long an answer waits for the engine.
const openTime = 2 * time.Second

// opened waits until the transfer can be met: the sender comes at once, and
// who comes before that is sent away.
func (s *Shelf) opened(ctx context.Context, id uuid.UUID) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	for since := uint64(0); ; {
		snap, err := s.g.Engine.Next(ctx, since)
		if err != nil {
			return // he comes again
		}
		since = snap.Version
		if v := snap.Transfer(id); v == nil || v.State != app.Queued && v.State != app.Checking {
			return
		}
	}
}

// mode leaves the depot itself out, where it is the only origin: it would ask
// itself for what it does not have.
func (s *Shelf) mode(m pack.Manifest) app.Mode {
	if len(m.Origins) > 0 && !slices.ContainsFunc(m.Origins, func(o string) bool { return !strings.HasPrefix(o, s.conf.Base) }) {
		return app.ModePeersOnly
	}
	return app.ModeAll
}

// Drop implements depot.Shelf.
func (s *Shelf) Drop(ctx context.Context, order pack.Order) (depot.Status, error) {
	s.acting.Lock()
	defer s.acting.Unlock()
	old, err := s.current(order)
	if err != nil {
		return depot.Status{}, err
	}
	if old.Order.Package == (pack.ID{}) { // nothing is known of it, and nothing is to be remembered
		return depot.Status{State: depot.Dropped}, nil
	}
	old.Order = order
	if err := s.end(context.WithoutCancel(ctx), old); err != nil {
		return depot.Status{}, err
	}
	s.log.Info("a copy was dropped", "package", order.Package.Short())
	return depot.Status{State: depot.Dropped}, nil
}

// end remembers that a copy is over, and deletes it. Called with acting held.
func (s *Shelf) end(ctx context.Context, r record) error {
	r.Ended = true
	if _, err := s.enter(r); err != nil {
		return err
	}
	return s.discard(ctx, r.Order.Package)
}

// discard deletes the transfer and the files of a package, whether or not
// there are any. Called with acting held.
func (s *Shelf) discard(ctx context.Context, id pack.ID) error {
	s.mu.Lock()
	k := s.copies[id]
	if k != nil {
		s.hide(k)
	}
	s.mu.Unlock()
	if k == nil {
		return s.clear(id)
	}
	if err := s.remove(ctx, k.Transfer); err != nil {
		return err
	}
	s.mu.Lock()
	k.view, k.suspect = app.View{}, false
	s.mu.Unlock()
	return s.clear(id)
}
