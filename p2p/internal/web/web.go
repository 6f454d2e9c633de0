// Package web makes HTTP connections under app.Reach: the address is judged
// when the connection is made, it leaves from where the user said, and every
// wait on the other side ends.
package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"grove/app"
	"grove/p2p/internal/bind"
	"grove/p2p/room"
)

// Config is how HTTP leaves this computer. The zero value works.
type Config struct {
	Reach   app.Reach
	Proxy   *url.URL       // http, https or socks5; nil is none, whatever the environment says
	RootCAs *x509.CertPool // nil: the system's
	// Bind is the name of a network interface, or an address of this computer,
	// that every connection leaves from; "" is any. While it is not there,
	// connections fail with a NoInterface problem. Names are looked up as the
	// system does.
	Bind     string
	Resolver *net.Resolver // nil: the system's

	Dial   time.Duration // look-up and connection
	TLS    time.Duration // handshake
	Header time.Duration // from the request to the end of the answer's head
	// PerHost is how many connections there may be to one host; 0 is no limit.
	PerHost int
	// Sparing connections leave room to others who download from the same line.
	// Through a proxy there are none: how far the line is cannot be seen there.
	Sparing bool
	Room    *room.Room // is told of each connection over the line; nil: nobody wants to know
	Delays  *Delays    // of all transports that reach the same hosts; Sparing needs it
}

const maxHeader = 64 << 10 // bytes of an answer's head

// Transport makes a pool of HTTP/1.1 connections to hosts that the user typed,
// or to all others. It follows no redirect and sends nothing of its own; its
// dialer has the last word on an address, of a request and of every redirect.
// CheckURL has the first.
func (c Config) Transport(typed bool) *http.Transport {
	t := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return c.dial(ctx, typed, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		TLSHandshakeTimeout:    c.TLS,
		ResponseHeaderTimeout:  c.Header,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		MaxConnsPerHost:        c.PerHost,
		MaxIdleConnsPerHost:    c.PerHost,
		IdleConnTimeout:        time.Minute,
	}
	t.Protocols.SetHTTP1(true)
	if c.Proxy != nil {
		t.Proxy = http.ProxyURL(c.Proxy)
	}
	return t
}

// dial makes one connection.
func (c Config) dial(ctx context.Context, typed bool, network, address string) (net.Conn, error) {
	var began atomic.Int64 // of the last attempt, of which there may be several
	dialer := net.Dialer{
		Timeout:  c.Dial,
		Resolver: c.Resolver,
		// Here the address is resolved, and the connection that follows goes to
		// nothing else.
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			began.Store(time.Now().UnixNano())
			// A proxy is what the user set, wherever it is; behind it the text
			// of the address has to do (CheckURL).
			return c.Reach.Check(ap.Addr(), typed || c.Proxy != nil)
		},
	}
	conn, err := bind.Local(c.Bind).DialContext(ctx, dialer, network, address)
	if err != nil {
		return nil, err
	}
	abrupt(conn)
	if at, ok := conn.RemoteAddr().(*net.TCPAddr); ok && c.Room != nil && !app.IsLocal(at.AddrPort().Addr().Unmap()) {
		conn = c.Room.Conn(conn) // what comes from next door says nothing of the line
	}
	if c.Delays == nil {
		return conn, nil
	}
	delay := c.Delays.took(address, time.Since(time.Unix(0, began.Load())))
	if !c.Sparing || c.Proxy != nil {
		return conn, nil
	}
	return spare(conn, delay), nil
}

// abrupt has a connection end with one packet, also where the process ends: the
// system would go on for minutes to say goodbye to a server that is gone. What
// was asked was answered by then, or is no longer wanted.
func abrupt(c net.Conn) {
	if c, ok := c.(*net.TCPConn); ok {
		_ = c.SetLinger(0) // it ends all the same
	}
}

// CheckURL judges the text of an address. Behind a proxy the dialler sees
// only the proxy, so that an address in digits, of which nobody knows where
// it leads behind it, is taken from nobody but the user. The error is a
// Refused problem.
func (c Config) CheckURL(u *url.URL, typed bool) error {
	if err := c.Reach.CheckURL(u, typed); err != nil {
		return err
	}
	if c.Proxy != nil && !typed {
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			return app.NewProblem(app.Refused, u.Hostname(), errors.New("an IP address behind a proxy counts only where you typed it"))
		}
	}
	return nil
}
