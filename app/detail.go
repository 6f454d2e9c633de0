package app

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Detail is everything about one transfer, at one moment. It is immutable.
type Detail struct {
	View
	Desc    *Described   // nil until the transfer was opened once in this run
	Pieces  []PieceState // one for each piece; nil with Desc
	History []Sample     // the last seconds of this run, oldest first
	Peers   []string     // addresses from the link
}

// FileHave is how many verified bytes of file f are here.
func (d *Detail) FileHave(f int) int64 {
	if d.Desc == nil {
		return 0
	}
	l := d.Desc.Package.Layout
	first, end := l.FilePieces(f)
	var n int64
	for i := first; i < end; i++ {
		if d.Pieces[i].Here() {
			n += l.Span(i).Length
		}
	}
	return n
}

// PieceState is what is known of one piece.
type PieceState uint8

const (
	PieceMissing    PieceState = iota
	PieceSkipped               // in a file that was not selected
	PieceAsked                 // under way
	PieceWrong                 // came with wrong bytes and is still missing
	PieceBefore                // verified, in an earlier run
	PieceFromPeer              // verified, from a peer
	PieceFromOrigin            // verified, from the origin or a mirror
)

// Here reports whether the piece is verified and on disk.
func (p PieceState) Here() bool { return p >= PieceBefore }

// Sample is one second of a transfer, in bytes a second.
type Sample struct {
	Peers, Origin, Given float64
}

// HistoryLength is how many samples a Detail has at most.
const HistoryLength = 240

// Detail says everything about one transfer or offer.
func (e *Engine) Detail(ctx context.Context, id uuid.UUID) (*Detail, error) {
	var d *Detail
	err := e.look(ctx, func(now time.Time) error {
		t := e.state.find(id)
		if t == nil {
			return noTransfer(id)
		}
		d = t.detail(e.state, now)
		return nil
	})
	return d, err
}

func (t *transfer) detail(s *state, now time.Time) *Detail {
	d := &Detail{View: t.view(s, now), Desc: t.desc, History: t.past.list(), Peers: slices.Clone(t.rec.Peers)}
	if !t.saved() {
		d.Peers = slices.Clone(t.lead.Link.Peers)
	}
	if t.desc != nil {
		d.Pieces = t.pieceStates()
	}
	return d
}

func (t *transfer) pieceStates() []PieceState {
	out := make([]PieceState, t.desc.Package.Layout.Pieces())
	copy(out, t.pieces)
	wanted := wantedPieces(t.desc, t.rec.Selected)
	for i, p := range out {
		if p == PieceMissing && !wanted.Has(i) {
			out[i] = PieceSkipped
		}
	}
	if t.down == nil {
		return out
	}
	for _, fl := range t.down.flights {
		for i := fl.next; i < fl.run.End(); i++ {
			if out[i] == PieceMissing {
				out[i] = PieceAsked
			}
		}
	}
	return out
}

// foundPieces is what an open payload turned out to have; before is what was
// known of its pieces in this run, if anything.
func foundPieces(before []PieceState, have Bitmap) []PieceState {
	out := make([]PieceState, have.Len())
	copy(out, before)
	for i, p := range out {
		switch {
		case !have.Has(i):
			out[i] = PieceMissing
		case !p.Here():
			out[i] = PieceBefore
		}
	}
	return out
}

func pieceFrom(k Kind) PieceState {
	if k == KindPeer {
		return PieceFromPeer
	}
	return PieceFromOrigin
}
