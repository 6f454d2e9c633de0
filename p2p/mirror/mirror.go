// Package mirror brings pieces over HTTP: from the publisher's origin and
// from any other server with the same bytes.
//
// Client makes an app.Source of each HTTP address of a package (Find), fetches
// manifests, hash lists and posters (Describe), and tells a publisher how his
// origins behave (Check). It speaks HTTP/1.1 ranges over a few kept-alive
// connections a host.
//
// Whatever a server sends is untrusted. These hold:
//
//   - every address is judged by app.Reach, its text before anything is looked
//     up and the resolved IP address when the connection is made, for the
//     first request and for every redirect;
//   - a connection that was allowed because the user typed its host is never
//     used for a host that he did not type;
//   - no byte of an answer is handed on before its head fits the request:
//     status, range, size of the file, no encoding, unchanged validator;
//   - every wait on a server ends, by the limits in limits;
//   - nothing is sent but the request: no cookie, no Referer, no Authorization.
//
// Bytes are not verified here; that is the engine's one line.
//
// Goroutines: one per run until its first answer's head has arrived, which
// Close of the run's reader waits for; those of net/http's connections, which
// end with Client.Close. Nothing else outlives a call.
package mirror

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"grove/app"
	"grove/p2p/internal/web"
	"grove/p2p/room"
)

// Config is what a Client needs to know. The zero value works.
type Config struct {
	Reach     app.Reach
	UserAgent string         // default "Grove"
	Proxy     *url.URL       // http, https or socks5; nil is none, whatever the environment says
	RootCAs   *x509.CertPool // nil: the system's
	// Bind is the name of a network interface, or an address of this computer,
	// that every connection leaves from; "" is any. While it is not there,
	// connections fail with a NoInterface problem. Names are looked up as the
	// system does.
	Bind string
	// Room holds what comes below what the line takes, so that connections take
	// little ahead of what is read; nil: whatever it takes.
	Room *room.Room
	// Near is the cost of a byte from an address; nil knows the local network.
	Near func(netip.Addr) app.Nearness

	limits   limits        // zero: defaultLimits
	resolver *net.Resolver // nil: the system's
}

func (c Config) web() web.Config {
	return web.Config{Reach: c.Reach, Proxy: c.Proxy, RootCAs: c.RootCAs, Bind: c.Bind, Resolver: c.resolver,
		Dial: c.limits.dial, TLS: c.limits.tls, Header: c.limits.header, PerHost: connsPerHost, Room: c.Room}
}

// limits bound every wait on a server. A request may wait on the network
// for total + bytes/slowest in all; the time its reader takes is its own.
type limits struct {
	dial    time.Duration // look-up and connection
	tls     time.Duration // handshake
	header  time.Duration // from the request to the end of the answer's head
	idle    time.Duration // for the next byte of a body
	total   time.Duration
	slowest int64 // bytes a second
}

var defaultLimits = limits{
	dial: 10 * time.Second, tls: 10 * time.Second, header: 15 * time.Second,
	idle: 20 * time.Second, total: 30 * time.Second, slowest: 16 << 10,
}

// budget is how long a request of n bytes may wait on the network.
func (l limits) budget(n int64) time.Duration {
	return l.total + time.Duration(float64(n)/float64(l.slowest)*float64(time.Second))
}

const (
	connsPerHost = 4
	maxRedirects = 3
	// maxRetryAfter caps what a server may ask for: a mistaken Retry-After
	// must not lose an origin for the rest of a transfer.
	maxRetryAfter = 10 * time.Minute
)

// Client fetches over HTTP. Safe for concurrent use; Close it in the end.
type Client struct {
	conf Config // immutable

	pools map[pool]*http.Transport // immutable; one of each

	mu    sync.Mutex
	slots map[string]chan struct{} // guarded by mu; by host: connsPerHost tokens
}

// pool is which connections a request may use. One made to a private address
// for a typed host cannot carry a request that somebody else's manifest asks
// for, and one that spares others none that is to be quick.
type pool struct{ typed, sparing bool }

// New makes a client. It opens nothing yet.
func New(c Config) *Client {
	if c.UserAgent == "" {
		c.UserAgent = "Grove"
	}
	if c.limits == (limits{}) {
		c.limits = defaultLimits
	}
	client := &Client{conf: c, pools: map[pool]*http.Transport{}, slots: map[string]chan struct{}{}}
	w := c.web()
	w.Delays = new(web.Delays)
	for _, p := range []pool{{}, {typed: true}, {sparing: true}, {typed: true, sparing: true}} {
		w.Sparing = p.sparing || c.Room != nil
		client.pools[p] = w.Transport(p.typed)
	}
	return client
}

// Close ends idle connections. Readers and Finds under way end by their own
// contexts.
func (c *Client) Close() error {
	for _, t := range c.pools {
		t.CloseIdleConnections()
	}
	return nil
}

// Find implements app.Finder. Every origin is reported at once, before
// anything is asked of it: the time to the first byte is worth more than the
// certainty that it answers, and a wrong one is found out with its first
// answer. An origin that must not be asked at all is Found and Gone with the
// reason. Find blocks until ctx ends.
func (c *Client) Find(ctx context.Context, want app.Want, sink app.Sink) error {
	if want.Package == nil {
		return app.NewProblem(app.Internal, "looking for mirrors of no package", nil)
	}
	var found []*source
	for _, o := range unique(want.Origins) {
		s, err := c.newSource(want.Package, o)
		sink.Found(s)
		if err != nil {
			sink.Gone(s.info.ID, err)
			continue
		}
		found = append(found, s)
	}
	if len(found) == 0 {
		return nil
	}
	<-ctx.Done()
	for _, s := range found {
		sink.Gone(s.info.ID, nil)
	}
	return nil
}

// unique drops origins that are named twice; one that the user typed keeps
// that right.
func unique(origins []app.Origin) []app.Origin {
	var out []app.Origin
	at := map[string]int{}
	for _, o := range origins {
		if i, ok := at[o.URL]; ok {
			out[i].Typed = out[i].Typed || o.Typed
			continue
		}
		at[o.URL] = len(out)
		out = append(out, o)
	}
	return out
}

// slot waits for one of the places at a host; the caller gives it back. The
// wait is for readers of our own, so no limit of a server's applies to it.
func (c *Client) slot(ctx context.Context, host string) (release func(), err error) {
	c.mu.Lock()
	tokens := c.slots[host]
	if tokens == nil {
		tokens = make(chan struct{}, connsPerHost)
		c.slots[host] = tokens
	}
	c.mu.Unlock()
	select {
	case tokens <- struct{}{}:
		return func() { <-tokens }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
