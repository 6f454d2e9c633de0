package serve

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// maxHTTPConns bounds what HTTP takes of the process's files, whoever comes:
// systemd gives a service 65,536 in assets/systemd.
const maxHTTPConns = 8192

// crowd is a listener that lets one address have so many connections at a
// time, and all together so many. A /64 of IPv6, which one household has, is
// one address. Who comes above that is hung up on, since nobody knows yet what
// he would ask.
type crowd struct {
	net.Listener
	each    int
	exempt  []netip.Prefix // proxies: behind them are many
	refused *atomic.Int64

	mu   sync.Mutex
	from map[netip.Prefix]int // guarded by mu; no zeros
	all  int                  // guarded by mu
}

func newCrowd(l net.Listener, each int, exempt []netip.Prefix, refused *atomic.Int64) *crowd {
	return &crowd{Listener: l, each: each, exempt: exempt, refused: refused, from: map[netip.Prefix]int{}}
}

// Accept returns the next connection that has a place.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who := c.who(conn.RemoteAddr())
		if c.enter(who) {
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { c.leave(who) })}, nil
		}
		c.refused.Add(1)
		_ = conn.Close() // it was not wanted
	}
}

// who is whose place a connection takes; the zero value is a proxy's, which
// only counts in all.
func (c *crowd) who(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := ap.Addr().Unmap().WithZone("")
	if within(ip, c.exempt) {
		return netip.Prefix{}
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // no address has fewer bits
	return p
}

func within(ip netip.Addr, all []netip.Prefix) bool {
	for _, p := range all {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func (c *crowd) enter(who netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= maxHTTPConns || who.IsValid() && c.from[who] >= c.each {
		return false
	}
	c.all++
	if who.IsValid() {
		c.from[who]++
	}
	return true
}

func (c *crowd) leave(who netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if !who.IsValid() {
		return
	}
	if c.from[who]--; c.from[who] == 0 {
		delete(c.from, who)
	}
}

// conns is how many connections there are.
func (c *crowd) conns() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// counted is a connection that gives its place back. It keeps the way of
// *net.TCPConn to send a file without copying it.
type counted struct {
	net.Conn
	leave func()
}

// ReadFrom sends what r holds.
func (c *counted) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// Close closes the connection; its place is free.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
