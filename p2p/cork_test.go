package p2p

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	libtls "github.com/libp2p/go-libp2p/p2p/security/tls"
)

func plainTLS(t testing.TB) (sec.SecureTransport, peer.ID) {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err1 := peer.IDFromPrivateKey(key)
	tr, err2 := libtls.New(libtls.ID, key, nil)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return tr, id
}

// countedConn counts system calls that move bytes.
type countedConn struct {
	net.Conn
	writes, reads atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }
func (c *countedConn) Read(p []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(p) }

// secured returns both ends of a connection over loopback TCP.
func secured(t testing.TB, client, server sec.SecureTransport, serverID peer.ID) (c, s sec.SecureConn, rawC, rawS *countedConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			rawS = &countedConn{Conn: conn}
			s, err = server.SecureInbound(context.Background(), rawS, "")
		}
		accepted <- err
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	rawC = &countedConn{Conn: conn}
	c, err = client.SecureOutbound(t.Context(), rawC, serverID)
	if err := errors.Join(err, <-accepted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = s.Close() })
	return c, s, rawC, rawS
}

// TestCorkInterop: a corked side and libp2p's own TLS understand each other,
// whoever dials, in both directions at once.
func TestCorkInterop(t *testing.T) {
	for _, row := range []struct {
		name           string
		client, server bool // corked
	}{
		{"corked dials plain", true, false},
		{"plain dials corked", false, true},
		{"corked dials corked", true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, _ := plainTLS(t)
			server, id := plainTLS(t)
			if row.client {
				client = corkTransport{client}
			}
			if row.server {
				server = corkTransport{server}
			}
			c, s, _, _ := secured(t, client, server, id)
			if c.RemotePeer() != id {
				t.Errorf("the other side is %s; want %s", c.RemotePeer(), id)
			}
			var wg sync.WaitGroup
			for _, way := range [][2]sec.SecureConn{{c, s}, {s, c}} {
				sent := make([]byte, 3<<20)
				_, _ = rand.Read(sent)
				wg.Go(func() {
					for b, n := sent, 1; len(b) > 0; n = (n*3 + 1) % (1 << 20) {
						k := min(len(b), n%(200<<10)+1)
						if _, err := way[0].Write(b[:k]); err != nil {
							t.Error(err)
							return
						}
						b = b[k:]
					}
				})
				wg.Go(func() {
					got := make([]byte, len(sent))
					if _, err := io.ReadFull(way[1], got); err != nil || !bytes.Equal(got, sent) {
						t.Errorf("other bytes came, or %v", err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestCorkSaves: a yamux frame leaves in one write and a bulk transfer arrives
// in few reads.
func TestCorkSaves(t *testing.T) {
	client, _ := plainTLS(t)
	server, id := plainTLS(t)
	c, s, rawC, rawS := secured(t, corkTransport{client}, corkTransport{server}, id)
	const frames = 400
	frame := make([]byte, 64<<10)
	before := rawC.writes.Load()
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, s, frames*int64(len(frame)))
		done <- err
	}()
	for range frames {
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// TLS cuts smaller records until 128 KiB went out.
	if n := rawC.writes.Load() - before; n > frames+16 {
		t.Errorf("%d writes for %d frames", n, frames)
	}
	if n := rawS.reads.Load(); n > 4*frames {
		t.Errorf("%d reads for %d frames: the buffer is not used", n, frames)
	}
}

// TestCorkIdle: the read buffer goes back when there is little to read.
func TestCorkIdle(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	c := &corkConn{Conn: a}
	write := func(sizes ...int) {
		go func() {
			for _, n := range sizes {
				_, _ = b.Write(make([]byte, n))
			}
		}()
	}
	buf := make([]byte, 1000)
	for range promoteAfter {
		write(len(buf))
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
	}
	if c.in == nil {
		t.Fatalf("no buffer after %d full reads", promoteAfter)
	}
	for range demoteAfter + 1 {
		write(10)
		if _, err := io.ReadFull(c, buf[:10]); err != nil {
			t.Fatal(err)
		}
	}
	if c.in != nil {
		t.Errorf("the buffer is still there after %d small reads", demoteAfter)
	}
}

// TestCorkErrors: a write that fails is not reported as done.
func TestCorkErrors(t *testing.T) {
	client, _ := plainTLS(t)
	server, id := plainTLS(t)
	c, s, _, rawS := secured(t, corkTransport{client}, corkTransport{server}, id)
	_ = rawS.Conn.Close()
	if n, err := s.Write(make([]byte, 1<<16)); err == nil || n != 0 {
		t.Errorf("Write on a closed connection = %d, %v", n, err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("Read of a closed connection succeeded")
	}
}
