package tracker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/p2p/internal/web"
)

// Config is what a Client needs to know.
type Config struct {
	// Web is how requests leave this computer. Waits that are zero become 10,
	// 10 and 15 seconds.
	Web       web.Config
	UserAgent string         // default "Grove"
	Key       crypto.PrivKey // Ed25519, the one of this computer's peer ID
}

// requestTimeout bounds a request to the last byte of its answer.
const requestTimeout = 30 * time.Second

// Client asks trackers and announces to them. Safe for concurrent use; Close
// it in the end.
type Client struct {
	conf Config // immutable, as are the next two
	id   peer.ID
	// Pools of connections: to hosts that the user typed and to others, for one
	// made to a private address for the first must not serve the second; and of
	// each over any family, IPv4 and IPv6, since a tracker believes an address
	// only where it sees it.
	pools [2][3]*http.Transport

	mu   sync.Mutex
	last int64 // time of the latest announce, by this computer's clock; guarded by mu
}

// over is the family of a connection.
type over int

const (
	overAny over = iota
	over4
	over6
)

var networks = [...]string{overAny: "tcp", over4: "tcp4", over6: "tcp6"}

// New makes a client. It opens nothing yet. A key that is not Ed25519 is an
// Internal problem.
func New(c Config) (*Client, error) {
	if c.Key == nil || c.Key.Type() != crypto.Ed25519 {
		return nil, app.NewProblem(app.Internal, "a tracker's client without an Ed25519 key", nil)
	}
	id, err := peer.IDFromPrivateKey(c.Key)
	if err != nil {
		return nil, app.NewProblem(app.Internal, "the device key", err)
	}
	if c.UserAgent == "" {
		c.UserAgent = "Grove"
	}
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.Web.Dial, 10*time.Second)
	def(&c.Web.TLS, 10*time.Second)
	def(&c.Web.Header, 15*time.Second)
	cl := &Client{conf: c, id: id}
	for typed := range cl.pools {
		for o, network := range networks {
			t := c.Web.Transport(typed == 1)
			t.IdleConnTimeout = 10 * time.Second // the next request is half an hour away
			dial := t.DialContext
			if c.Web.Proxy == nil { // which may have one family only
				t.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
					return dial(ctx, network, address)
				}
			}
			cl.pools[typed][o] = t
		}
	}
	return cl, nil
}

// Close ends idle connections. Requests under way end by their own contexts.
func (c *Client) Close() error {
	for _, p := range c.pools {
		for _, t := range p {
			t.CloseIdleConnections()
		}
	}
	return nil
}

// Ask asks the tracker at base for peers of key. It need not be Grove's: any
// server of HTTP Routing V1 answers. typed says that the user typed base on
// this computer, so that it may be on the local network. Nobody there is no
// error.
//
// Errors are app.Problems that name the tracker: Refused for an address that
// may not be reached, SourceBusy with After where it asks for patience,
// SourceFault for all else it does wrong, BadInput for a base that is none.
func (c *Client) Ask(ctx context.Context, base string, typed bool, key [32]byte) (Answer, error) {
	t, err := c.target(base, typed)
	if err != nil {
		return Answer{}, err
	}
	b, err := c.do(ctx, t, overAny, http.MethodGet, t.url.JoinPath(askPath, CID(key)), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.read(t, b, false)
}

// Announce tells the tracker at base that this computer is a peer of a.Key,
// and returns others. Where a has addresses of both families it announces over
// both, one after the other, and the answer has the peers of both; one that
// was taken is enough.
//
// Errors are those of Ask. One that wraps ErrNoAnnounce will not change; one
// that wraps ErrNoAddress will when this computer can be reached.
func (c *Client) Announce(ctx context.Context, base string, typed bool, a Announce) (Answer, error) {
	t, err := c.target(base, typed)
	if err != nil {
		return Answer{}, err
	}
	byFamily := c.split(a)
	var answers []Answer
	var errs []error
	for o, addrs := range byFamily {
		if addrs == nil {
			continue
		}
		ans, err := c.announceOver(ctx, t, over(o), a, addrs)
		if err == nil {
			answers = append(answers, ans)
		} else if errs = append(errs, err); ctx.Err() != nil || errors.Is(err, ErrNoAnnounce) {
			break
		}
	}
	switch {
	case len(answers) > 0:
		return merge(answers), nil
	case len(errs) > 0:
		return Answer{}, errs[0]
	}
	return Answer{}, app.NewProblem(app.SourceFault, t.url.Host, ErrNoAddress)
}

// split sorts addresses by the family they are announced over; nil is not at
// all. Relayed addresses go with each.
func (c *Client) split(a Announce) (out [3][]string) {
	var relayed []string
	for _, addr := range a.Addrs {
		rest, own := withoutOwn(addr, c.id)
		ip, relay, err := shape(rest)
		o := over6
		if ip.Is4() {
			o = over4
		}
		switch {
		case !own || err != nil || c.conf.Web.Reach.Check(ip, false) != nil: // nobody's business
		case relay != "":
			if len(relayed) < maxCircuits {
				relayed = append(relayed, rest.String())
			}
		case c.conf.Web.Proxy != nil: // not seen at its address, whatever it is
		case len(out[o]) < MaxAddrs-maxCircuits:
			out[o] = append(out[o], rest.String())
		}
	}
	switch {
	case a.Gone:
		return [3][]string{overAny: {}} // one is enough, and needs no address
	case out[over4] == nil && out[over6] == nil:
		out[overAny] = relayed
	}
	for _, o := range []over{over4, over6} {
		if out[o] != nil {
			out[o] = append(out[o], relayed...)
		}
	}
	return out
}

// announceOver announces addrs over one family. A tracker that says that this
// computer's clock is off, or that it has a later announce, is announced to
// once more with the time it wants.
func (c *Client) announceOver(ctx context.Context, t target, o over, a Announce, addrs []string) (Answer, error) {
	st := statement{Version: announceVersion, To: t.base, Key: CID(a.Key), Peer: c.id.String(),
		Addrs: addrs, Time: c.tick(), Complete: a.Complete, Gone: a.Gone}
	for try := 0; ; try++ {
		body, err := st.seal(c.conf.Key)
		if err != nil {
			return Answer{}, app.NewProblem(app.Internal, "signing an announce", err)
		}
		b, err := c.do(ctx, t, o, http.MethodPost, t.url.JoinPath(announcePath), body)
		if wrong, ok := errors.AsType[*clockError](err); ok && try == 0 {
			st.Time = wrong.want
			continue
		}
		if err != nil {
			return Answer{}, err
		}
		return c.read(t, b, true)
	}
}

// tick is the time for an announce: now, and later than that of any before.
func (c *Client) tick() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, time.Now().Unix())
	return c.last
}

// target is a tracker.
type target struct {
	url   *url.URL
	base  string // as announces name it
	typed bool
}

func (c *Client) target(base string, typed bool) (target, error) {
	u, text, err := parseBase(base)
	if err != nil {
		return target{}, app.NewProblem(app.BadInput, "This is not the address of a tracker: "+clip(base), err)
	}
	return target{u, text, typed}, c.conf.Web.CheckURL(u, typed)
}

// do sends one request and returns the body of a good answer.
func (c *Client) do(ctx context.Context, t target, o over, method string, u *url.URL, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errSlow)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, c.fault(ctx, t, err)
	}
	req.Header.Set("User-Agent", c.conf.UserAgent)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	if body != nil {
		req.Header.Set("Content-Type", "application/octet-stream")
	} else {
		req.Body, req.GetBody = nil, nil
	}
	pool := c.pools[0]
	if t.typed {
		pool = c.pools[1]
	}
	resp, err := pool[o].RoundTrip(req) // which follows no redirect
	if err != nil {
		return nil, c.fault(ctx, t, err)
	}
	defer resp.Body.Close()
	b, err := readBody(resp.Body)
	if err == nil {
		err = judge(resp, b, method == http.MethodPost)
	}
	if errors.Is(err, errNobody) {
		return []byte("{}"), nil
	}
	if err != nil {
		return nil, c.fault(ctx, t, err)
	}
	return b, nil
}

var errSlow = errors.New("it was too slow")

// fault makes err the problem of t, unless the caller ended the request.
func (c *Client) fault(ctx context.Context, t target, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errSlow):
		err = errSlow
	case cause != nil:
		return cause
	}
	if p, ok := errors.AsType[*app.Problem](err); ok {
		return p
	}
	p := app.NewProblem(app.SourceFault, t.url.Host, fmt.Errorf("tracker: %w", err))
	if busy, ok := errors.AsType[*busyError](err); ok {
		p.Kind, p.After = app.SourceBusy, busy.after
	}
	return p
}
