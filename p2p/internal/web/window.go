package web

import (
	"net"
	"sync"
	"time"
)

// sparing is a connection that takes little ahead of what was read. The many who
// download from one line fill its queue with what each has under way, and
// what does not fit is lost and sent again, at the publisher's cost. So it begins
// with a short receive buffer, which grows while that, and not the line, is
// what limits it: while about as much arrives in the time that connecting takes.
// (Less than best effort from the receiver's side, as in RFC 9840, without its
// clock.)
type sparing struct {
	net.Conn
	buffer interface{ SetReadBuffer(int) error }

	// of whoever reads
	window window
	since  time.Time
	bytes  int
}

// window is the length of a receive buffer in bytes, and of the way in time.
type window struct {
	size  int
	delay time.Duration
}

const (
	// leastWindow is 22 packets; what systems make of it is up to twice as much. A
	// dozen such connections fit a tenth of a second of 50 Mbit/s. Less would be
	// slow behind a modem whose own queue is full.
	leastWindow = 32 << 10
	mostWindow  = 8 << 20
	// windowLook is how often it is looked at, at the most.
	windowLook = 20 * time.Millisecond
)

// spare makes c a sparing connection. It took delay to connect.
func spare(c net.Conn, delay time.Duration) net.Conn {
	b, ok := c.(interface{ SetReadBuffer(int) error })
	if !ok || b.SetReadBuffer(leastWindow) != nil {
		return c // what it was to spare others is not worth an error
	}
	return &sparing{Conn: c, buffer: b, window: window{leastWindow, delay}, since: time.Now()}
}

// Read implements net.Conn.
func (s *sparing) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.bytes += n
	now := time.Now()
	if took := now.Sub(s.since); took >= max(windowLook, 2*s.window.delay) {
		if s.window.grow(s.bytes, took) {
			_ = s.buffer.SetReadBuffer(s.window.size) // it stays as it was
		}
		s.since, s.bytes = now, 0
	}
	return n, err
}

// grow doubles the window if n bytes in took say that it is what limits the
// connection.
func (w *window) grow(n int, took time.Duration) bool {
	underWay := float64(n) * w.delay.Seconds() / took.Seconds()
	if underWay < float64(w.size)*3/4 || w.size >= mostWindow {
		return false
	}
	w.size *= 2
	return true
}

// Delays is how long connecting to each address took at the least. What connects
// while the line is full takes longer than the way is. The zero value is ready.
type Delays struct {
	mu    sync.Mutex
	least map[string]time.Duration // guarded by mu
}

// took takes one more, and returns the least.
func (d *Delays) took(address string, delay time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.least == nil {
		d.least = map[string]time.Duration{}
	}
	if least, ok := d.least[address]; !ok || delay < least {
		d.least[address] = delay
	}
	return d.least[address]
}
