package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	RequestSize = 16 // bytes of a request on a data stream
	ReplySize   = 8  // bytes of the header before each chunk

	// FrameSize is the largest yamux frame that is sent, its own header
	// included. With what four TLS records add to it, it still fits the 65,483
	// bytes that one TCP segment carries on loopback; a few bytes more would
	// leave a second, tiny segment behind every frame, and one on a network is
	// cut into many anyway.
	FrameSize = 65_000

	// ChunkSize is the most content behind one reply header. Header and full
	// chunk together fill four yamux frames, so that no short one is left over.
	ChunkSize = 4*(FrameSize-12) - ReplySize
)

// Op is what a request asks for.
type Op uint8

const (
	OpPieces Op = 1 // Count pieces from First
	OpCancel Op = 2 // the run with the same ID; First and Count are 0
	OpPart   Op = 3 // First is an app.Part; Count is 0
)

// Request is the fixed form a downloader writes.
type Request struct {
	Op    Op
	First uint32
	Count uint32
	ID    uint32 // chosen by the downloader; one more with each request
}

// ErrRequest is wrapped by every error of ParseRequest.
var ErrRequest = errors.New("bad request")

// Put writes r into b, RequestSize bytes.
func (r Request) Put(b []byte) {
	_ = b[RequestSize-1]
	b[0], b[1], b[2], b[3] = byte(r.Op), 0, 0, 0
	binary.BigEndian.PutUint32(b[4:], r.First)
	binary.BigEndian.PutUint32(b[8:], r.Count)
	binary.BigEndian.PutUint32(b[12:], r.ID)
}

// ParseRequest reads what Put wrote, for a package of pieces pieces.
func ParseRequest(b []byte, pieces int) (Request, error) {
	if len(b) != RequestSize {
		return Request{}, fmt.Errorf("%w: %d bytes", ErrRequest, len(b))
	}
	r := Request{
		Op:    Op(b[0]),
		First: binary.BigEndian.Uint32(b[4:]),
		Count: binary.BigEndian.Uint32(b[8:]),
		ID:    binary.BigEndian.Uint32(b[12:]),
	}
	if b[1]|b[2]|b[3] != 0 {
		return Request{}, fmt.Errorf("%w: reserved bytes are not zero", ErrRequest)
	}
	switch r.Op {
	case OpPieces:
		if r.Count == 0 || uint64(r.First)+uint64(r.Count) > uint64(pieces) {
			return Request{}, fmt.Errorf("%w: pieces %d+%d of %d", ErrRequest, r.First, r.Count, pieces)
		}
	case OpCancel:
		if r.First != 0 || r.Count != 0 {
			return Request{}, fmt.Errorf("%w: cancel names pieces", ErrRequest)
		}
	case OpPart:
		if r.Count != 0 {
			return Request{}, fmt.Errorf("%w: part with a count", ErrRequest)
		}
	default:
		return Request{}, fmt.Errorf("%w: operation %d", ErrRequest, r.Op)
	}
	return r, nil
}

// Status says what follows a reply header.
type Status uint8

const (
	StatusData      Status = 1 // Length bytes, the next of what was asked for
	StatusSize      Status = 2 // of a part: Length is its whole size; nothing follows
	StatusCancelled Status = 3 // the request ends here; as do the next three
	StatusGone      Status = 4 // not there any more
	StatusBusy      Status = 5 // no upload slot
)

// Reply is the header before each chunk of an answer, or the end of one.
type Reply struct {
	Status Status
	ID     uint16 // low bits of the request's ID
	Length uint32 // bytes that follow; 0 unless StatusData or StatusSize
}

// ErrReply is wrapped by every error of ParseReply.
var ErrReply = errors.New("bad reply")

// Put writes r into b, ReplySize bytes.
func (r Reply) Put(b []byte) {
	_ = b[ReplySize-1]
	b[0], b[1] = byte(r.Status), 0
	binary.BigEndian.PutUint16(b[2:], r.ID)
	binary.BigEndian.PutUint32(b[4:], r.Length)
}

// ParseReply reads what Put wrote. A data chunk is 1 to ChunkSize bytes.
func ParseReply(b []byte) (Reply, error) {
	if len(b) != ReplySize {
		return Reply{}, fmt.Errorf("%w: %d bytes", ErrReply, len(b))
	}
	r := Reply{Status: Status(b[0]), ID: binary.BigEndian.Uint16(b[2:]), Length: binary.BigEndian.Uint32(b[4:])}
	ok := b[1] == 0
	switch r.Status {
	case StatusData:
		ok = ok && r.Length > 0 && r.Length <= ChunkSize
	case StatusSize:
	case StatusCancelled, StatusGone, StatusBusy:
		ok = ok && r.Length == 0
	default:
		ok = false
	}
	if !ok {
		return Reply{}, fmt.Errorf("%w: status %d, length %d", ErrReply, r.Status, r.Length)
	}
	return r, nil
}
