package p2p

import (
	"context"
	"net"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
)

// yamux takes what is written to a stream into a queue of up to 64 frames, so a
// megabyte of content may lie between a message and the wire, seconds on a
// home's uplink. With lineMuxer a large write returns when the socket took all
// but its own length of what its connection owes; nothing changes on the wire.
type lineMuxer struct{ inner *yamux.Transport }

var _ network.Multiplexer = lineMuxer{}

func (m lineMuxer) NewConn(c net.Conn, server bool, scope network.PeerScope) (network.MuxedConn, error) {
	l := newLine()
	cork, ok := c.(*corkedConn)
	if ok {
		cork.line = l
	}
	inner, err := m.inner.NewConn(c, server, scope)
	if err != nil || !ok {
		return inner, err
	}
	ended, _ := cork.cork.Conn.(*endedConn)
	return &lineConn{inner, l, ended}, nil
}

// bulk is the least write that waits.
const bulk = 8 << 10

// line is what the streams of one connection wrote and the socket did not take.
type line struct {
	mu     sync.Mutex
	less   sync.Cond
	owed   int64 // bytes of streams; below 0 for a moment when the socket is quick
	closed bool
}

func newLine() *line {
	l := &line{}
	l.less.L = &l.mu
	return l
}

// sent is called with each frame that the socket took; nil is no line yet.
func (l *line) sent(frame []byte) {
	const header, data = 12, 0 // yamux's, and its type of frames with content
	if l == nil || len(frame) <= header || frame[1] != data {
		return
	}
	l.mu.Lock()
	l.owed -= int64(len(frame) - header)
	l.mu.Unlock()
	l.less.Broadcast()
}

func (l *line) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.less.Broadcast()
}

type lineConn struct {
	network.MuxedConn
	line  *line
	ended *endedConn
}

// As finds what is below the multiplexer too.
func (c *lineConn) As(target any) bool {
	if t, ok := target.(**endedConn); ok && c.ended != nil {
		*t = c.ended
		return true
	}
	return c.MuxedConn.As(target)
}

func (c *lineConn) OpenStream(ctx context.Context) (network.MuxedStream, error) {
	st, err := c.MuxedConn.OpenStream(ctx)
	if err != nil {
		return nil, err
	}
	return &lineStream{MuxedStream: st, line: c.line}, nil
}

func (c *lineConn) AcceptStream() (network.MuxedStream, error) {
	st, err := c.MuxedConn.AcceptStream()
	if err != nil {
		return nil, err
	}
	return &lineStream{MuxedStream: st, line: c.line}, nil
}

type lineStream struct {
	network.MuxedStream
	line *line
	gone bool // guarded by line.mu; reset from here
}

// Write waits as above, and for nothing once the stream was reset. A socket
// that takes nothing ends the connection after ten seconds.
func (s *lineStream) Write(p []byte) (int, error) {
	n, err := s.MuxedStream.Write(p)
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed += int64(n)
	for err == nil && n >= bulk && l.owed > int64(n) && !l.closed && !s.gone {
		l.less.Wait()
	}
	return n, err
}

func (s *lineStream) Reset() error {
	s.leave()
	return s.MuxedStream.Reset()
}

func (s *lineStream) ResetWithError(code network.StreamErrorCode) error {
	s.leave()
	return s.MuxedStream.ResetWithError(code)
}

func (s *lineStream) leave() {
	s.line.mu.Lock()
	s.gone = true
	s.line.mu.Unlock()
	s.line.less.Broadcast()
}
