package apptest

import (
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
	kept       map[uuid.UUID]app.Described      // guarded by mu
	free       int64                            // guarded by mu
	fault      error                            // guarded by mu; of the next writes

	rows     map[rowKey]app.LedgerRow // guarded by mu
	marks    map[string]int64         // guarded by mu
	added    int                      // guarded by mu; calls of AddLedger
	settings app.Settings             // guarded by mu
	choices  error                    // guarded by mu; what Ledger and Choices fail with
}

type rowKey struct {
	day string
	id  pack.ID
}

// NewStore makes an empty store with room for a terabyte.
func NewStore() *Store {
	return &Store{
		records:    map[uuid.UUID]app.Record{},
		logs:       map[uuid.UUID][]app.LogEntry{},
		publishers: map[pack.PublicKey]app.Publisher{},
		payloads:   map[uuid.UUID]*Payload{},
		kept:       map[uuid.UUID]app.Described{},
		free:       1 << 40,
		rows:       map[rowKey]app.LedgerRow{},
		marks:      map[string]int64{},
		settings:   app.DefaultSettings(),
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
	slices.SortFunc(out, func(a, b app.Record) int { return a.Compare(&b) })
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
	delete(s.marks, app.AccountOf(id))
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

// Keep implements app.Payloads.
func (s *Store) Keep(r app.Record, d app.Described) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[r.ID] = d
	return nil
}

// Kept implements app.Payloads.
func (s *Store) Kept(r app.Record) (app.Described, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.kept[r.ID]
	if !ok || s.payloads[r.ID] != nil {
		return app.Described{}, app.NewProblem(app.NotFound, r.Name, nil)
	}
	return d, nil
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
	delete(s.kept, r.ID)
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
