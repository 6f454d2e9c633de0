package apptest

import (
	"fmt"
	"slices"

	"grove/app"
)

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
