package mirror

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"grove/p2p/internal/bind"
)

// newTransport makes a pool of connections to hosts that the user typed, or
// to all others.
func newTransport(c Config, typed bool) *http.Transport {
	dialer := net.Dialer{
		Timeout:  c.limits.dial,
		Resolver: c.resolver,
		// The last word on an address: here it is resolved, and the connection
		// that follows goes to nothing else.
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			// A proxy is what the user set, wherever it is; behind it the text
			// of the address has to do (checkURL).
			return c.Reach.Check(ap.Addr(), typed || c.Proxy != nil)
		},
	}
	t := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return bind.Local(c.Bind).DialContext(ctx, dialer, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		TLSHandshakeTimeout:    c.limits.tls,
		ResponseHeaderTimeout:  c.limits.header,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		MaxConnsPerHost:        connsPerHost,
		MaxIdleConnsPerHost:    connsPerHost,
		IdleConnTimeout:        time.Minute,
	}
	t.Protocols.SetHTTP1(true)
	if c.Proxy != nil {
		t.Proxy = http.ProxyURL(c.Proxy)
	}
	return t
}
