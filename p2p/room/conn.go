package room

import (
	"math"
	"net"
	"time"

	"grove/p2p/internal/pacer"
)

// Conn has the system asked what the way to c takes, where it says so, until c is
// closed.
func (r *Room) Conn(c net.Conn) net.Conn {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	w := &conn{TCPConn: t, room: r}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[w] = struct{}{}
	return w
}

// conn is a connection to a server that content comes from.
type conn struct {
	*net.TCPConn
	room *Room

	// of Room.look
	said said
	base pacer.Base
}

// said is what the system says of a connection.
type said struct {
	smooth   time.Duration // the way there and back, of the last few times; 0: not known
	segments uint32        // of content that came
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.room.mu.Lock()
	delete(c.room.conns, c)
	c.room.mu.Unlock()
	return c.TCPConn.Close()
}

// look says what the way took, if anything came by it since the last time.
func (c *conn) look(r *Room, now time.Time) {
	old := c.said
	c.said = systemSays(c.TCPConn)
	if took, ok := c.said.since(old); ok {
		wait := c.base.Queue(now, took)
		r.Add(c, now, wait, took-wait)
	}
}

// since is what the way took since old was said. The system says a mean in which
// each time counts for an eighth (RFC 6298 has the same for what is sent), which is
// too late to go by; about every other segment made it anew.
func (s said) since(old said) (took time.Duration, ok bool) {
	if s.smooth == 0 || s.segments == old.segments || s.smooth == old.smooth && s.smooth > pacer.Target {
		return 0, false
	}
	if old.smooth == 0 {
		return s.smooth, true
	}
	times := max(1, float64(s.segments-old.segments)/2)
	part := 1 - math.Pow(7./8, times)
	return max(0, old.smooth+time.Duration(float64(s.smooth-old.smooth)/part)), true
}
