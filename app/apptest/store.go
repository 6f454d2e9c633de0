package apptest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

// Store is an app.Store in memory for tests in virtual time. It keeps what a
// real one would have on disk apart from what was only written, so that Crash
// can lose the rest as a power cut does.
type Store struct {
	mu         sync.Mutex
	records    map[uuid.UUID]app.Record         // guarded by mu
	logs       map[uuid.UUID][]app.LogEntry     // guarded by mu
	publishers map[pack.PublicKey]app.Publisher // guarded by mu
	payloads   map[uuid.UUID]*Payload           // guarded by mu
	free       int64                            // guarded by mu
	fault      error                            // guarded by mu; of the next writes
}

// NewStore makes an empty store with room for a terabyte.
func NewStore() *Store {
	return &Store{
		records:    map[uuid.UUID]app.Record{},
		logs:       map[uuid.UUID][]app.LogEntry{},
		publishers: map[pack.PublicKey]app.Publisher{},
		payloads:   map[uuid.UUID]*Payload{},
		free:       1 << 40,
	}
}

// SetFree sets the room left in every folder, in bytes.
func (s *Store) SetFree(n int64) { s.mu.Lock(); defer s.mu.Unlock(); s.free = n }

// SetFault makes every write of a piece fail with err, until nil.
func (s *Store) SetFault(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.fault = err }

// Payload returns the payload of a transfer, or nil.
func (s *Store) Payload(id uuid.UUID) *Payload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.payloads[id]
}

// LoadTransfers implements app.Transfers.
func (s *Store) LoadTransfers() ([]app.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []app.Record
	for _, r := range s.records {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b app.Record) int { return a.Created.Compare(b.Created) })
	return out, nil
}

// SaveTransfer implements app.Transfers.
func (s *Store) SaveTransfer(r app.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[r.ID] = r
	return nil
}

// DeleteTransfer implements app.Transfers.
func (s *Store) DeleteTransfer(id uuid.UUID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, id)
	delete(s.logs, id)
	return nil
}

// AppendLog implements app.Transfers.
func (s *Store) AppendLog(id uuid.UUID, entries ...app.LogEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs[id] = append(s.logs[id], entries...)
	return nil
}

// LoadLog implements app.Transfers.
func (s *Store) LoadLog(id uuid.UUID) ([]app.LogEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.logs[id]), nil
}

// LoadPublishers implements app.Publishers.
func (s *Store) LoadPublishers() ([]app.Publisher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []app.Publisher
	for _, p := range s.publishers {
		out = append(out, p)
	}
	return out, nil
}

// SavePublisher implements app.Publishers.
func (s *Store) SavePublisher(p app.Publisher) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publishers[p.Key] = p
	return nil
}

// Create implements app.Payloads.
func (s *Store) Create(r app.Record, d app.Described) (app.Payload, app.Bitmap, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.payloads[r.ID]
	if p == nil {
		p = newPayload(s, d)
		s.payloads[r.ID] = p
	}
	p.open = true
	return p, p.saved.Clone(), false, nil
}

// Open implements app.Payloads.
func (s *Store) Open(r app.Record) (app.Payload, app.Described, app.Bitmap, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.payloads[r.ID]
	if p == nil {
		return nil, app.Described{}, app.Bitmap{}, false, app.NewProblem(app.NotFound, r.Name, nil)
	}
	p.open = true
	return p, p.desc, p.saved.Clone(), p.suspect, nil
}

// Adopt implements app.Payloads; the content is that of made, which SetShared
// gave.
func (s *Store) Adopt(r app.Record, d app.Described) (app.Payload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.payloads[r.ID]
	if p == nil {
		return nil, app.NewProblem(app.NotFound, r.Path, nil)
	}
	p.open, p.saved = true, app.FullBitmap(p.saved.Len())
	return p, nil
}

// SetShared puts made's content where Adopt of transfer id finds it.
func (s *Store) SetShared(id uuid.UUID, made *Made) {
	p := newPayload(s, app.Described{Package: made.Package, Hashes: made.Hashes})
	for i := range made.Pieces() {
		p.pieces[i] = made.Piece(i)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.payloads[id] = p
}

// Remove implements app.Payloads.
func (s *Store) Remove(r app.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.payloads, r.ID)
	return nil
}

// Free implements app.Payloads.
func (s *Store) Free(string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free, nil
}

// Crash loses everything that was not made durable, as a power cut does.
func (s *Store) Crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.payloads {
		for i := range p.pieces {
			if !p.synced[i] {
				delete(p.pieces, i)
			}
		}
	}
}

// Payload is the pieces of one transfer in memory.
type Payload struct {
	s       *Store
	desc    app.Described
	pieces  map[int][]byte // guarded by s.mu; written
	synced  map[int]bool   // guarded by s.mu; durable
	saved   app.Bitmap     // guarded by s.mu; of the last checkpoint
	open    bool           // guarded by s.mu
	suspect bool           // guarded by s.mu; Open asks for a recheck
	saves   int            // guarded by s.mu
	final   bool           // guarded by s.mu; Finish ran
	changed error          // guarded by s.mu; what ReadPiece fails with
}

func newPayload(s *Store, d app.Described) *Payload {
	return &Payload{s: s, desc: d, pieces: map[int][]byte{}, synced: map[int]bool{},
		saved: app.NewBitmap(d.Package.Layout.Pieces())}
}

// Piece returns what is written of piece i, or nil.
func (p *Payload) Piece(i int) []byte { p.s.mu.Lock(); defer p.s.mu.Unlock(); return p.pieces[i] }

// Spoil makes piece i wrong on disk and lets Open ask for a recheck.
func (p *Payload) Spoil(i int) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	b := slices.Clone(p.pieces[i])
	b[0] ^= 1
	p.pieces[i], p.suspect = b, true
}

// SetChanged makes ReadPiece fail with err.
func (p *Payload) SetChanged(err error) { p.s.mu.Lock(); defer p.s.mu.Unlock(); p.changed = err }

// Checkpoints is how many there were.
func (p *Payload) Checkpoints() int { p.s.mu.Lock(); defer p.s.mu.Unlock(); return p.saves }

// IsOpen reports whether it was opened and not closed.
func (p *Payload) IsOpen() bool { p.s.mu.Lock(); defer p.s.mu.Unlock(); return p.open }

// ReadPiece implements app.PieceReader.
func (p *Payload) ReadPiece(i int, b []byte, off int64) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.changed != nil {
		return p.changed
	}
	piece, ok := p.pieces[i]
	if !ok || off+int64(len(b)) > int64(len(piece)) {
		return fmt.Errorf("piece %d is not there", i)
	}
	copy(b, piece[off:])
	return nil
}

// WritePiece implements app.Payload.
func (p *Payload) WritePiece(i int, b []byte) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	switch {
	case p.s.fault != nil:
		return p.s.fault
	case !p.open:
		return app.NewProblem(app.Internal, "a piece was written to a closed payload", nil)
	case !p.desc.Hashes.Matches(i, b):
		return app.NewProblem(app.Internal, "an unverified piece reached the disk", nil)
	}
	p.pieces[i] = slices.Clone(b)
	return nil
}

// Checkpoint implements app.Payload. It fails when have claims a piece that
// was not written before.
func (p *Payload) Checkpoint(rec app.Record, have app.Bitmap) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.s.fault != nil {
		return p.s.fault
	}
	for i := range p.pieces {
		p.synced[i] = true
	}
	var err error
	have.Each(func(i int) bool {
		if !p.synced[i] {
			err = app.NewProblem(app.Internal, fmt.Sprintf("checkpoint claims piece %d", i), nil)
		}
		return err == nil
	})
	if err == nil {
		p.saved, p.suspect = have.Clone(), false
		p.saves++
		p.s.records[rec.ID] = rec
	}
	return err
}

// Finish implements app.Payload.
func (p *Payload) Finish(rec app.Record) (string, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for i := range p.pieces {
		p.synced[i] = true
		p.saved.Set(i)
	}
	p.final = true
	return rec.Folder + "/" + rec.Target, nil
}

// Close implements app.Payload.
func (p *Payload) Close() error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.open = false
	return nil
}
