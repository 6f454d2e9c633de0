package p2p

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// memStream is one end of a stream in memory, which keeps virtual time.
type memStream struct {
	network.Stream // nil: a method that is not below panics
	pipe           net.Conn
	conn           memConn
}

type memConn struct {
	network.Conn
	local, remote peer.ID
}

func (c memConn) LocalPeer() peer.ID            { return c.local }
func (c memConn) RemotePeer() peer.ID           { return c.remote }
func (c memConn) RemoteMultiaddr() ma.Multiaddr { return ma.StringCast("/ip4/127.0.0.1/tcp/1") }
func (c memConn) Stat() network.ConnStats       { return network.ConnStats{} }
func (c memConn) As(any) bool                   { return false }

func (s memStream) Protocol() protocol.ID              { return ControlProtocol }
func (s memStream) Conn() network.Conn                 { return s.conn }
func (s memStream) Read(p []byte) (int, error)         { return s.pipe.Read(p) }
func (s memStream) Write(p []byte) (int, error)        { return s.pipe.Write(p) }
func (s memStream) SetDeadline(t time.Time) error      { return s.pipe.SetDeadline(t) }
func (s memStream) SetReadDeadline(t time.Time) error  { return s.pipe.SetReadDeadline(t) }
func (s memStream) SetWriteDeadline(t time.Time) error { return s.pipe.SetWriteDeadline(t) }
func (s memStream) CloseWrite() error                  { return s.pipe.Close() }
func (s memStream) Close() error                       { return s.pipe.Close() }
func (s memStream) Reset() error                       { return s.pipe.Close() }

func memPair() (a, b memStream) {
	x, y := net.Pipe()
	return memStream{pipe: x, conn: memConn{local: "a", remote: "b"}},
		memStream{pipe: y, conn: memConn{local: "b", remote: "a"}}
}

// noHost takes the place of libp2p.
type noHost struct{ closed []peer.ID }

func (h *noHost) protect(peer.ID, string)   {}
func (h *noHost) unprotect(peer.ID, string) {}
func (h *noHost) protected(peer.ID) bool    { return false }
func (h *noHost) closePeer(p peer.ID)       { h.closed = append(h.closed, p) }

// memNode is a node without a host, for sessions on memStreams.
func memNode() (*Node, *noHost) {
	h := &noHost{}
	n := &Node{
		id: "b", peers: h, log: slog.New(slog.DiscardHandler), swarms: map[tag]*swarm{},
		gate: &gate{bans: newBans()}, slots: slots[*session]{n: 1}, turn: make(chan struct{}, 1),
		chunks: sync.Pool{New: func() any { return new([wire.ReplySize + wire.ChunkSize]byte) }},
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.ways, n.outreach, n.interference = newWays(n), newOutreach(n), newInterference()
	return n, h
}

// memSession makes n share made and starts a session whose far end is the
// returned control.
func memSession(t testing.TB, n *Node, share app.Share) (*session, *control) {
	t.Helper()
	v, err := n.Serve(share)
	if err != nil {
		t.Fatal(err)
	}
	return joinMem(t, n, v, "a")
}

// joinMem starts a session with a peer about what v shares.
func joinMem(t testing.TB, n *Node, v app.Serving, who peer.ID) (*session, *control) {
	t.Helper()
	there, here := memPair()
	here.conn.remote = who
	s := n.newSession(v.(*serving).swarm, newControl(here), who)
	s.control.r.SetLimit(wire.MaxFrame)
	if err := n.admit(s); err != nil {
		t.Fatal(err)
	}
	go s.run()
	c := newControl(there)
	c.r.SetLimit(wire.MaxFrame)
	return s, c
}

// TestHandshakeTimeout: who says nothing, or stops half-way, costs ten seconds.
func TestHandshakeTimeout(t *testing.T) {
	none := func(tag) (knowledge, bool) { return knowledge{}, false }
	for name, say := range map[string]func(c *control){
		"silent": func(*control) {},
		"one byte": func(c *control) {
			_, _ = c.stream.Write([]byte{0x40})
		},
		"hello only": func(c *control) {
			_ = c.send(&wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 1, Tag: newNonce(), Nonce: newNonce()}}})
			_, _ = c.r.Next()
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := memPair()
			go say(newControl(a))
			began := time.Now()
			err := handshakeListener(newControl(b), none, nil)
			var timeout net.Error
			if took := time.Since(began); !errors.As(err, &timeout) || !timeout.Timeout() || took != handshakeTimeout {
				t.Errorf("%s: after %v: %v; want a timeout after %v", name, took, err, handshakeTimeout)
			}
			_ = a.Close()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		a, b := memPair()
		go func() { _, _ = io.Copy(io.Discard, b) }()
		began := time.Now()
		if err := handshakeDialer(newControl(a), knowledge{}); err == nil || time.Since(began) != handshakeTimeout {
			t.Errorf("the dialer waited %v and got %v", time.Since(began), err)
		}
		_, _ = a.Close(), b.Close()
	})
}

// TestHaveChangesAreGathered: however fast pieces come, a peer hears of them
// ten times a second, and of all of them.
func TestHaveChangesAreGathered(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	synctest.Test(t, func(t *testing.T) {
		n, _ := memNode()
		share := made.Share()
		share.Have = app.NewHaveSet(app.NewBitmap(made.Pieces()))
		s, c := memSession(t, n, share)
		if m, err := c.r.Next(); err != nil || m.GetHave().GetPieces() != uint32(made.Pieces()) {
			t.Fatalf("the first message is %v, %v; want the have map", m, err)
		}
		known, messages := app.NewBitmap(made.Pieces()), 0
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			for {
				m, err := c.r.Next()
				if err != nil {
					return
				}
				if more := m.GetHaveMore(); more != nil {
					messages++
					_ = wire.EachRun(more.Runs, made.Pieces(), func(first, end int) {
						for i := first; i < end; i++ {
							known.Set(i)
						}
					})
				}
				if less := m.GetHaveLess(); less != nil {
					_ = wire.EachRun(less.Runs, made.Pieces(), func(first, end int) { known.Clear(first) })
				}
			}
		}()
		const every = 20 * time.Millisecond
		for i := range made.Pieces() {
			share.Have.Add(i)
			time.Sleep(every)
		}
		share.Have.Remove(1)
		time.Sleep(2 * haveEvery)
		synctest.Wait()
		if span := time.Duration(made.Pieces()) * every; messages > int(span/haveEvery)+1 {
			t.Errorf("%d messages in %v", messages, span)
		}
		if known.Count() != made.Pieces()-1 || known.Has(1) {
			t.Errorf("the peer knows of %d pieces; want all but the one removed", known.Count())
		}
		s.end(errDone)
		<-s.done
		<-heard
		n.cancel()
	})
}

// TestControlFlood: messages beyond the rate wait in the stream.
func TestControlFlood(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	synctest.Test(t, func(t *testing.T) {
		n, _ := memNode()
		s, c := memSession(t, n, made.Share())
		go func() { _, _ = io.Copy(io.Discard, c.stream) }()
		have := &wire.Control{Message: &wire.Control_Have{Have: &wire.Have{Pieces: uint32(made.Pieces())}}}
		began := time.Now()
		const count = controlBurst + 10*controlRate
		for range count {
			if err := c.send(have); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 9*time.Second {
			t.Errorf("%d messages were taken in %v", count, took)
		}
		_ = c.stream.Close()
		<-s.done
		n.cancel()
	})
}

// TestSlotsRotate: with one slot two peers take turns of half a minute, and
// are told so.
func TestSlotsRotate(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	synctest.Test(t, func(t *testing.T) {
		n, _ := memNode()
		n.wg.Go(n.rotateSlots)
		v, err := n.Serve(made.Share())
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var turns []string
		began := time.Now()
		var ends []func()
		for _, who := range []peer.ID{"a", "c"} {
			s, c := joinMem(t, n, v, who)
			heard := make(chan struct{})
			go func() {
				defer close(heard)
				for {
					m, err := c.r.Next()
					if err != nil {
						return
					}
					if m.GetSlot().GetOpen() {
						mu.Lock()
						turns = append(turns, string(who)+" "+time.Since(began).String())
						mu.Unlock()
					}
				}
			}()
			if err := c.send(&wire.Control{Message: &wire.Control_Interest{Interest: &wire.Interest{Wanted: true}}}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ends = append(ends, func() { _ = c.stream.Close(); <-s.done; <-heard })
		}
		time.Sleep(100 * time.Second)
		mu.Lock()
		if got, want := fmt.Sprint(turns), "[a 0s c 30s a 1m0s c 1m30s]"; got != want {
			t.Errorf("the turns are %s; want %s", got, want)
		}
		mu.Unlock()
		for _, end := range ends {
			end()
		}
		v.Stop()
		n.cancel()
		n.wg.Wait()
	})
}

// TestUploadStuck: a peer that asks and never reads holds a data stream, and
// what serves it, for a minute.
func TestUploadStuck(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	synctest.Test(t, func(t *testing.T) {
		n, _ := memNode()
		s, c := memSession(t, n, made.Share())
		go func() { _, _ = io.Copy(io.Discard, c.stream) }()
		s.granted.Store(true)
		there, here := memPair()
		began := time.Now()
		served := make(chan error, 1)
		go func() { served <- s.serveStream(here) }()
		if _, err := there.Write(request(wire.OpPieces, 0, 4, 1)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if err := <-served; !errors.As(err, &timeout) || time.Since(began) != writeTimeout {
			t.Errorf("it was served for %v and ended with %v; want a timeout after %v", time.Since(began), err, writeTimeout)
		}
		if q := s.up.queued.Load(); q != 0 {
			t.Errorf("%d requests are still counted", q)
		}
		_ = c.stream.Close()
		<-s.done
		n.cancel()
	})
}

// TestBrokenWhileStuck: a peer that breaks the protocol is found out at once,
// also while it leaves an answer unread.
func TestBrokenWhileStuck(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	synctest.Test(t, func(t *testing.T) {
		n, _ := memNode()
		s, c := memSession(t, n, made.Share())
		go func() { _, _ = io.Copy(io.Discard, c.stream) }()
		s.granted.Store(true)
		there, here := memPair()
		began := time.Now()
		served := make(chan error, 1)
		go func() { served <- s.serveStream(here) }()
		if _, err := there.Write(request(wire.OpPieces, 0, 4, 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the answer is being written
		if _, err := there.Write(request(99, 0, 0, 2)); err != nil {
			t.Fatal(err)
		}
		<-served
		<-s.done
		if cause := context.Cause(s.ctx); !errors.Is(cause, errBroken) || !n.gate.bans.has("a") || time.Since(began) > time.Second {
			t.Errorf("after %v the session ended with %v; want it broken at once", time.Since(began), cause)
		}
		_ = c.stream.Close()
		n.cancel()
	})
}

// TestEcho: an answer that is not the protocol's name is not taken for data,
// however it is cut, and a deadline in the middle of it loses nothing.
func TestEcho(t *testing.T) {
	echo := []byte("\x13/multistream/1.0.0\n\x11/grove/control/1\n")
	for _, row := range []struct {
		name string
		says []byte
		want error
	}{
		{"the echo and data", append(bytes.Clone(echo), "data"...), nil},
		{"not available", []byte("\x13/multistream/1.0.0\n\x03na\n"), errProtocol},
	} {
		synctest.Test(t, func(t *testing.T) {
			here, there := memPair()
			said := make(chan struct{})
			go func() {
				defer close(said)
				for _, b := range row.says {
					if _, err := there.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			s := &eagerStream{Stream: here, echo: echo}
			b := make([]byte, 4)
			_ = here.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := s.Read(b); n != 0 || err == nil {
				t.Errorf("%s: %d, %v before the deadline", row.name, n, err)
			}
			_ = here.SetReadDeadline(time.Time{})
			_, err := io.ReadFull(s, b)
			if !errors.Is(err, row.want) || err == nil && string(b) != "data" {
				t.Errorf("%s: %q, %v; want %v", row.name, b, err, row.want)
			}
			_, _ = here.Close(), there.Close()
			<-said
		})
	}
}

// TestByeReason: the other side hears why.
func TestByeReason(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	for cause, want := range map[error]uint32{errDone: 0, errReplaced: 1, errClosed: 2} {
		synctest.Test(t, func(t *testing.T) {
			n, _ := memNode()
			s, c := memSession(t, n, made.Share())
			if _, err := c.r.Next(); err != nil {
				t.Fatal(err)
			}
			s.end(cause)
			m, err := c.r.Next()
			if bye := m.GetBye(); bye == nil || bye.Reason != want {
				t.Errorf("%v: %v, %v; want bye %d", cause, m, err, want)
			}
			<-s.done
			n.cancel()
		})
	}
}
