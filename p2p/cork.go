package p2p

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/sec"
)

// crypto/tls makes one system call for each record of at most 16 KiB, in both
// directions, while yamux works in frames of 64 KiB. corkTransport wraps a
// security transport, keeps its protocol ID and every byte on the wire, and
// puts buffers under it: the records of one write leave in one system call,
// and many records arrive in one.

const (
	corkWrite = 66 << 10  // the records of one yamux frame of 64 KiB
	corkRead  = 256 << 10 // a bulk read

	// A connection reads without a buffer of its own until promoteAfter reads
	// in a row were full, and again after demoteAfter small ones: a node with
	// a hundred idle peers would otherwise hold 32 MiB for nothing.
	promoteAfter = 8
	demoteAfter  = 4
	smallRead    = 8 << 10
)

var (
	corkWrites = sync.Pool{New: func() any { return new([corkWrite]byte) }}
	corkReads  = sync.Pool{New: func() any { return new([corkRead]byte) }}
)

type corkTransport struct{ inner sec.SecureTransport }

var _ sec.SecureTransport = corkTransport{}

func (t corkTransport) ID() protocol.ID { return t.inner.ID() }

func (t corkTransport) SecureInbound(ctx context.Context, raw net.Conn, p peer.ID) (sec.SecureConn, error) {
	keepShort(raw)
	cork := &corkConn{Conn: &endedConn{Conn: raw}}
	secure, err := t.inner.SecureInbound(ctx, cork, p)
	if err != nil {
		return nil, err
	}
	return &corkedConn{SecureConn: secure, cork: cork}, nil
}

func (t corkTransport) SecureOutbound(ctx context.Context, raw net.Conn, p peer.ID) (sec.SecureConn, error) {
	keepShort(raw)
	cork := &corkConn{Conn: &endedConn{Conn: raw}}
	secure, err := t.inner.SecureOutbound(ctx, cork, p)
	if err != nil {
		return nil, err
	}
	return &corkedConn{SecureConn: secure, cork: cork}, nil
}

// corkedConn is what the multiplexer writes to.
type corkedConn struct {
	sec.SecureConn
	cork *corkConn
	line *line      // what the multiplexer owes it; nil before there is one
	mu   sync.Mutex // one Write at a time: the cork is not counted
}

func (c *corkedConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cork.hold()
	n, err := c.SecureConn.Write(p)
	if e := c.cork.release(); err == nil && e != nil {
		return 0, e
	}
	c.line.sent(p)
	return n, err
}

// closeWait is how long the goodbye of TLS may take. It waits five seconds by
// itself where the peer takes nothing any more.
const closeWait = 100 * time.Millisecond

// Close ends the waiting of those who wrote.
func (c *corkedConn) Close() error {
	c.line.close()
	late := time.AfterFunc(closeWait, func() { _ = c.cork.Conn.Close() }) // the error is SecureConn's
	defer late.Stop()
	return c.SecureConn.Close()
}

// corkConn lies between TLS and the socket. Writes may come from the reading
// side too (key updates, alerts); mu keeps them in order. Reads come from one
// goroutine at a time, which crypto/tls sees to.
type corkConn struct {
	net.Conn

	mu   sync.Mutex
	held bool
	out  *[corkWrite]byte // while held, once something was written
	n    int              // bytes of out

	in          *[corkRead]byte
	from, to    int // unread bytes of in
	full, small int // such reads in a row
}

func (c *corkConn) hold() {
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
}

func (c *corkConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	err := c.flush()
	if c.out != nil {
		corkWrites.Put(c.out)
		c.out = nil
	}
	return err
}

// flush is called with mu held.
func (c *corkConn) flush() error {
	if c.n == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.out[:c.n])
	c.n = 0
	return err
}

func (c *corkConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		return c.Conn.Write(p)
	}
	if c.n+len(p) > corkWrite {
		if err := c.flush(); err != nil {
			return 0, err
		}
		if len(p) > corkWrite {
			return c.Conn.Write(p)
		}
	}
	if c.out == nil {
		c.out = corkWrites.Get().(*[corkWrite]byte)
	}
	c.n += copy(c.out[c.n:], p)
	return len(p), nil
}

func (c *corkConn) Read(p []byte) (int, error) {
	if c.from < c.to {
		n := copy(p, c.in[c.from:c.to])
		c.from += n
		return n, nil
	}
	if c.in != nil && c.small >= demoteAfter {
		corkReads.Put(c.in)
		c.in, c.full = nil, 0
	}
	if c.in == nil {
		n, err := c.Conn.Read(p)
		if n == len(p) {
			c.full++
		} else {
			c.full = 0
		}
		if c.full >= promoteAfter {
			c.in, c.small = corkReads.Get().(*[corkRead]byte), 0
		}
		return n, err
	}
	n, err := c.Conn.Read(c.in[:])
	if n < smallRead {
		c.small++
	} else {
		c.small = 0
	}
	c.from, c.to = copy(p, c.in[:n]), n
	if c.from > 0 {
		err = nil // comes again with the next read
	}
	return c.from, err
}
