package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

const (
	// MaxFrame is the largest control message in bytes, without its length. A
	// full bitmap of 131,072 pieces is 16 KiB.
	MaxFrame = 64 << 10
	// MaxHandshake bounds a message from somebody who has proved nothing yet.
	MaxHandshake = 256

	readBuffer = 1 << 10 // most frames are smaller; idle sessions hold one each
)

// ErrFrame is wrapped by every error that means the sender broke the format,
// as opposed to a stream that ended.
var ErrFrame = errors.New("bad control frame")

// Reader reads control frames. Not safe for concurrent use.
type Reader struct {
	r     *bufio.Reader
	limit int
	buf   []byte
}

// NewReader reads frames of at most limit bytes from r.
func NewReader(r io.Reader, limit int) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, readBuffer), limit: limit}
}

// SetLimit changes the largest frame accepted from now on.
func (r *Reader) SetLimit(limit int) { r.limit = limit }

// Next returns the next message. Messages that are unknown but marked
// optional are skipped. The error is io.EOF between frames, wraps
// io.ErrUnexpectedEOF inside one, and wraps ErrFrame when the bytes are not a
// frame of this protocol.
func (r *Reader) Next() (*Control, error) {
	for {
		m, err := r.next()
		if err != nil {
			return nil, err
		}
		if m.Message != nil {
			return m, nil
		}
		if !m.Optional {
			return nil, fmt.Errorf("%w: unknown message", ErrFrame)
		}
	}
}

func (r *Reader) next() (*Control, error) {
	size, err := r.length()
	if err != nil {
		return nil, err
	}
	if cap(r.buf) < size {
		r.buf = make([]byte, size)
	}
	b := r.buf[:size]
	if _, err := io.ReadFull(r.r, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("control frame: %w", err)
	}
	m := new(Control)
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if cap(r.buf) > 4*readBuffer {
		r.buf = nil // a have map came; the session may now be idle for hours
	}
	return m, nil
}

// length reads the varint before a frame. Only the shortest spelling counts.
func (r *Reader) length() (int, error) {
	size := 0
	for shift := 0; shift <= 14; shift += 7 {
		c, err := r.r.ReadByte()
		if err != nil {
			if err == io.EOF && shift > 0 {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		size |= int(c&0x7f) << shift
		if c < 0x80 {
			if c == 0 && shift > 0 {
				return 0, fmt.Errorf("%w: length is not in its shortest form", ErrFrame)
			}
			if size == 0 || size > r.limit {
				return 0, fmt.Errorf("%w: length %d, limit %d", ErrFrame, size, r.limit)
			}
			return size, nil
		}
	}
	return 0, fmt.Errorf("%w: length above %d", ErrFrame, r.limit)
}

// Append appends the frame of m to b.
func Append(b []byte, m *Control) ([]byte, error) {
	size := proto.Size(m)
	if size > MaxFrame {
		return b, fmt.Errorf("control frame of %d bytes, limit %d", size, MaxFrame)
	}
	b = binary.AppendUvarint(b, uint64(size))
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, m)
}
