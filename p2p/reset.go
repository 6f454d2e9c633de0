package p2p

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// endedConn remembers that a reset ended it. What is above turns that into
// errors of its own, and writes that come after it say something else.
type endedConn struct {
	net.Conn
	reset atomic.Bool
}

func (c *endedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.note(err)
	return n, err
}

func (c *endedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.note(err)
	return n, err
}

func (c *endedConn) note(err error) {
	if err != nil && isErrno(err, connReset) {
		c.reset.Store(true)
	}
}

// wasReset reports whether a reset ended c.
func wasReset(c network.Conn) bool {
	var ended *endedConn
	return c.As(&ended) && ended.reset.Load()
}

func isErrno(err error, want syscall.Errno) bool {
	var got syscall.Errno
	return errors.As(err, &got) && got == want
}

// watchDial tells n.interference how a dial of p goes. The returned function is
// called when it has ended.
func (n *Node) watchDial(p peer.ID, a ma.Multiaddr) (ended func(error)) {
	began := time.Now()
	if isTCP(a) {
		return func(err error) {
			if refused := isErrno(err, connRefused); refused || isErrno(err, connReset) {
				n.interference.dialTCP(p, placeOf(a), began, refused, time.Now())
			}
		}
	}
	done := n.interference.dialQUIC(p, began)
	return func(err error) {
		var timeout net.Error
		var errno syscall.Errno
		broken := errors.As(err, &errno)
		silent := broken || errors.Is(err, context.Canceled) || errors.As(err, &timeout) && timeout.Timeout()
		done(!silent, broken, time.Now()) // a refusal is an answer
	}
}

// opened tells n.interference of the session, and the returned function that it
// ended, and why.
func (s *session) opened() (ended func(cause error)) {
	remote, at, i := s.conn.RemoteMultiaddr(), s.conn.Stat().Opened, s.node.interference
	if isCircuit(remote) {
		return func(error) {}
	}
	i.met(s.peer, placeOf(remote), isTCP(remote), at, time.Now())
	return func(cause error) {
		// libp2p resets what it closes, too; whoever does so on purpose says bye.
		i.left(s.peer, at, s.cut(cause), time.Now())
	}
}

// cut reports whether a reset ended the session by cause.
func (s *session) cut(cause error) bool { return wasReset(s.conn) && !errors.Is(cause, errBye) }

// placeOf is the IP address and the port of TCP in a; no port for other
// transports.
func placeOf(a ma.Multiaddr) netip.AddrPort {
	port, err := a.ValueForProtocol(ma.P_TCP)
	if err != nil {
		return netip.AddrPortFrom(ipOf(a), 0)
	}
	n, _ := strconv.ParseUint(port, 10, 16) // a multiaddr has checked it
	return netip.AddrPortFrom(ipOf(a), uint16(n))
}

// Interference implements app.Swarm.
func (n *Node) Interference() app.Interference { return n.interference.believed(time.Now()) }
