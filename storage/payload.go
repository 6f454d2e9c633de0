package storage

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
	"grove/app/pack"
)

// payload is the files of one package: in a part folder until Finish, in
// their final place after it or when they are shared in place.
type payload struct {
	// immutable
	store *Store
	id    uuid.UUID
	desc  app.Described

	// saving is held for the whole of a Checkpoint or Finish; Close waits too.
	saving sync.Mutex
	number uint64      // guarded by saving; of the last saved bitmap
	slots  bitmapSlots // guarded by saving
	side   sidecar     // guarded by saving
	closed bool        // guarded by saving
	stage  finishStage // guarded by saving
	// unsaved says that files.json is not what the tree goes by, because the
	// files have to be checked first. Guarded by saving.
	unsaved bool

	// moving is held for reading while a piece is read, written or synced, and
	// for writing, with saving, while the files are put elsewhere.
	moving sync.RWMutex
	tree   *tree  // guarded by moving
	part   string // guarded by moving; path of the part folder, "" in the final place
}

var _ app.Payload = (*payload)(nil)

// layout says where pieces lie.
func (p *payload) layout() *pack.Layout { return p.desc.Package.Layout }

// ReadPiece fills b with bytes of piece i from offset off in the piece, all
// in bytes. It fails with FileChanged when the file is not what was verified.
func (p *payload) ReadPiece(i int, b []byte, off int64) error {
	if i < 0 || i >= p.layout().Pieces() {
		return p.misuse("read piece %d of %d", i, p.layout().Pieces())
	}
	span := p.layout().Span(i)
	if off < 0 || off > span.Length || int64(len(b)) > span.Length-off {
		return p.misuse("read %d bytes from %d of piece %d, which has %d", len(b), off, i, span.Length)
	}
	p.moving.RLock()
	defer p.moving.RUnlock()
	return p.tree.readAt(span.File, b, span.Offset+off)
}

// WritePiece writes the verified bytes of piece i.
func (p *payload) WritePiece(i int, b []byte) error {
	if i < 0 || i >= p.layout().Pieces() {
		return p.misuse("write piece %d of %d", i, p.layout().Pieces())
	}
	span := p.layout().Span(i)
	if int64(len(b)) != span.Length {
		return p.misuse("write %d bytes as piece %d, which has %d", len(b), i, span.Length)
	}
	p.moving.RLock()
	defer p.moving.RUnlock()
	if p.part == "" {
		return p.misuse("write piece %d of finished files", i)
	}
	if err := p.tree.faulted(); err != nil {
		return err
	}
	return p.tree.writeAt(span.File, b, span.Offset)
}

// Checkpoint makes durable what was written before the call and then saves
// have and rec. After a failed sync it, like WritePiece, fails with the same
// error until the payload is closed and opened again: the system may have
// dropped the bytes, and a second sync would not say so. When only saving
// failed, for want of room say, it can be called again.
func (p *payload) Checkpoint(rec app.Record, have app.Bitmap) error {
	p.saving.Lock()
	defer p.saving.Unlock()
	if err := p.usable(rec); err != nil {
		return err
	}
	if have.Len() != p.layout().Pieces() {
		return p.misuse("bitmap of %d pieces for %d", have.Len(), p.layout().Pieces())
	}
	p.moving.RLock()
	err := p.tree.sync()
	p.moving.RUnlock()
	if err != nil {
		return err
	}
	if p.unsaved {
		if err := p.side.writeIdents(p.tree); err != nil {
			return err
		}
		p.unsaved = false
	}
	return p.save(rec, have)
}

// save writes a bitmap whose pieces are durable, and the record. Called with
// saving held.
func (p *payload) save(rec app.Record, have app.Bitmap) error {
	if hook := p.store.opts.hooks.saved; hook != nil {
		if err := hook(have); err != nil {
			return err
		}
	}
	p.number++
	m := savedBitmap{number: p.number, have: have}
	if err := p.slots.write(m); err != nil {
		return err
	}
	if err := p.store.saveState(rec, m); err != nil {
		return err
	}
	if !p.store.besideIsCurrent(rec) {
		_ = p.store.writeRecord(p.side, rec) // the next save tries again
	}
	return nil
}

// saveState saves record and bitmap in one transaction.
func (s *Store) saveState(rec app.Record, m savedBitmap) error {
	return s.update(func(tx *bolt.Tx) error {
		if err := putBitmap(tx, rec.ID, m); err != nil {
			return err
		}
		return putRecord(tx, rec)
	})
}

// usable refuses a closed payload and another transfer's record. Called with
// saving held.
func (p *payload) usable(rec app.Record) error {
	if p.closed {
		return fmt.Errorf("storage: payload: %w", os.ErrClosed)
	}
	if rec.ID != p.id || rec.Package != p.desc.Package.ID {
		return p.misuse("record of transfer %s", rec.ID)
	}
	return nil
}

// misuse is a mistake of the caller's.
func (p *payload) misuse(format string, args ...any) error {
	return app.NewProblem(app.Internal, "storage was asked for what cannot be", fmt.Errorf(format, args...))
}

// Close closes every file. It is no error to close twice.
func (p *payload) Close() error {
	p.saving.Lock()
	defer p.saving.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	p.moving.Lock()
	defer p.moving.Unlock()
	p.store.vacate(p.part)
	p.side.close()
	return errors.Join(p.slots.f.Close(), p.tree.close())
}

// occupy takes a part folder for an open payload; two must not write it.
func (s *Store) occupy(part string, id uuid.UUID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.inUse[part]; taken {
		return app.NewProblem(app.TargetExists, part, errors.New("in use"))
	}
	s.inUse[part] = id
	return nil
}

// vacate gives a part folder back.
func (s *Store) vacate(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inUse, part)
}
