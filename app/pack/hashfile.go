package pack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"
)

// A file is read in blocks of blockSize bytes; ringBlocks of them are in
// flight between the reader and the two hashing goroutines. Every piece size
// is a multiple or a divisor of blockSize.
const (
	blockSize  = 1 << 20
	ringBlocks = 4
)

var blocks = sync.Pool{New: func() any { return new(block) }}

// block belongs to the reader until it is given away, then to both hashers
// until each has let go of it.
type block struct {
	users atomic.Int32
	n     int
	bytes [blockSize]byte
}

// HashFile reads r to its end, once, and returns SHA-256 of the whole and of
// each piece of piece bytes, computed side by side on two goroutines. It holds
// about 4 MiB whatever the piece size. The error is r's own, wrapped, or
// Reason BadManifest for a piece size or a length outside the limits.
func HashFile(r io.Reader, piece int64) (whole Hash, pieces []byte, size int64, err error) {
	if piece < MinPiece || piece > MaxPiece || piece&(piece-1) != 0 {
		return Hash{}, nil, 0, refuse(BadManifest, "piece", "%d is not a power of two from %d to %d", piece, MinPiece, MaxPiece)
	}
	h := &hashing{piece: int(piece), whole: sha256.New(), part: sha256.New()}
	defer h.stop() // also when r panics
	for {
		b := h.take()
		end, err := b.fill(r)
		if err != nil {
			return Hash{}, nil, 0, fmt.Errorf("reading for hashing: %w", err)
		}
		if size += int64(b.n); size > min(MaxSize, MaxPieces*piece) {
			return Hash{}, nil, 0, refuse(BadManifest, "size", "more than %d pieces of %d bytes, or more than %d bytes", MaxPieces, piece, int64(MaxSize))
		}
		h.give(b, end)
		if end {
			h.stop()
			return Hash(h.whole.Sum(nil)), h.pieces, size, nil
		}
	}
}

// fill reads until the block is full or r ends. An unexpected end is r's
// error, not the end.
func (b *block) fill(r io.Reader) (end bool, err error) {
	b.n = 0
	for idle := 0; b.n < blockSize; {
		n, err := r.Read(b.bytes[b.n:])
		b.n += n
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case n > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return false, io.ErrNoProgress
			}
		}
	}
	return false, nil
}

// hashing is one HashFile. The reader's goroutine calls its methods; whole
// belongs to one hashing goroutine and the three fields after it to the other
// until stop has returned.
type hashing struct {
	piece   int
	taken   []*block
	free    chan *block // blocks both hashers are done with; nil until started
	toWhole chan *block
	toParts chan *block
	running sync.WaitGroup

	whole hash.Hash

	part   hash.Hash
	inPart int
	pieces []byte
}

// take returns a block nobody uses, waiting for one when the ring is full.
func (h *hashing) take() *block {
	if len(h.taken) == ringBlocks {
		return <-h.free
	}
	select {
	case b := <-h.free:
		return b
	default:
	}
	b := blocks.Get().(*block)
	h.taken = append(h.taken, b)
	return b
}

// give hands a filled block to both hashers. A file of one block is hashed
// here: it is not worth two goroutines.
func (h *hashing) give(b *block, end bool) {
	if h.free == nil {
		if end {
			h.whole.Write(b.bytes[:b.n])
			h.addParts(b.bytes[:b.n])
			h.endPart()
			return
		}
		h.start()
	}
	b.users.Store(2)
	h.toWhole <- b
	h.toParts <- b
}

func (h *hashing) start() {
	// Every channel holds the whole ring, so that no hasher waits to let go
	// and the reader waits only in take.
	h.free = make(chan *block, ringBlocks)
	h.toWhole = make(chan *block, ringBlocks)
	h.toParts = make(chan *block, ringBlocks)
	h.running.Go(func() {
		for b := range h.toWhole {
			h.whole.Write(b.bytes[:b.n])
			h.letGo(b)
		}
	})
	h.running.Go(func() {
		for b := range h.toParts {
			h.addParts(b.bytes[:b.n])
			h.letGo(b)
		}
		h.endPart()
	})
}

func (h *hashing) letGo(b *block) {
	if b.users.Add(-1) == 0 {
		h.free <- b
	}
}

// addParts hashes bytes as pieces, cutting at every border.
func (h *hashing) addParts(b []byte) {
	for len(b) > 0 {
		n := min(len(b), h.piece-h.inPart)
		h.part.Write(b[:n])
		b = b[n:]
		if h.inPart += n; h.inPart == h.piece {
			h.endPart()
		}
	}
}

func (h *hashing) endPart() {
	if h.inPart > 0 {
		h.pieces = h.part.Sum(h.pieces)
		h.part.Reset()
		h.inPart = 0
	}
}

// stop waits for both hashers and gives the blocks back. It may be called
// again.
func (h *hashing) stop() {
	if h.free != nil {
		close(h.toWhole)
		close(h.toParts)
		h.running.Wait()
		h.free = nil
	}
	for _, b := range h.taken {
		blocks.Put(b)
	}
	h.taken = nil
}
