package depot

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/web"
)

// Config is what a Client needs to know. The zero value works.
type Config struct {
	Reach     app.Reach
	UserAgent string         // default "Grove"
	Proxy     *url.URL       // http, https or socks5; nil is none, whatever the environment says
	RootCAs   *x509.CertPool // nil: the system's
	// Bind is the name of a network interface, or an address of this computer,
	// that every connection leaves from; "" is any.
	Bind string
}

const (
	dialTime   = 10 * time.Second
	headerTime = 30 * time.Second // a depot opens the package before it answers
	smallTime  = time.Minute      // for a request without a package
	slowest    = 16 << 10         // bytes a second that a package is sent with at least
	maxAnswer  = 64 << 10         // bytes
)

// Client asks depots. Safe for concurrent use; Close it in the end.
type Client struct {
	web         web.Config
	agent       string
	open, typed *http.Transport // two pools, as the right to be a private address differs
}

// New makes a client. It opens nothing yet.
func New(c Config) *Client {
	if c.UserAgent == "" {
		c.UserAgent = "Grove"
	}
	w := web.Config{Reach: c.Reach, Proxy: c.Proxy, RootCAs: c.RootCAs, Bind: c.Bind,
		Dial: dialTime, TLS: dialTime, Header: headerTime}
	return &Client{web: w, agent: c.UserAgent, open: w.Transport(false), typed: w.Transport(true)}
}

// Close ends idle connections.
func (c *Client) Close() error {
	c.open.CloseIdleConnections()
	c.typed.CloseIdleConnections()
	return nil
}

// About asks the server at base what it is. typed says that the user gave the
// address by hand on this computer, so that it may be a private one. Problems:
// those of CheckBase and of the address, NotFound where no Grove server
// answers, SourceFault where nobody does.
func (c *Client) About(ctx context.Context, base string, typed bool) (About, error) {
	t, err := c.target(base, typed)
	if err != nil {
		return About{}, err
	}
	req, err := http.NewRequest(http.MethodGet, t.base+aboutPath, nil)
	if err != nil {
		return About{}, t.fault(err)
	}
	status, body, err := c.do(ctx, t, req, smallTime)
	if err != nil {
		return About{}, err
	}
	var a About
	if status != http.StatusOK || json.Unmarshal(body, &a) != nil || a.V < 1 {
		return About{}, t.unexpected(status, aboutPath)
	}
	return a.plain(), nil
}

// Request is an order on its way to one depot, with what it may need for it.
// Used again it asks how far the depot is. Not safe for concurrent use.
type Request struct {
	// Order says what is asked for; Type, V, Depot and At are filled in.
	Order pack.Order
	// Sign makes order bytes. It is called again where the depot's clock, or an
	// earlier order, asks for another time.
	Sign func(context.Context, pack.Order) ([]byte, error)

	Grove, Hashes []byte // to keep a package
	Poster        []byte // nil is none
	Secret        []byte // of a private share; only encrypted, or on a local network, it is sent

	signed   []byte
	at       time.Time // to be signed; zero: now
	signedAt time.Time
	answered bool   // the depot acted on it
	place    string // of the package, once it was asked for
}

// Order gives an order to the depot at base and returns what it says. typed is
// as for About. Problems are sentences that name the depot.
func (c *Client) Order(ctx context.Context, base string, typed bool, r *Request) (Status, error) {
	t, err := c.target(base, typed)
	if err != nil {
		return Status{}, err
	}
	if err := t.mayHear(r.Secret); err != nil {
		return Status{}, err
	}
	for tries := 0; ; tries++ {
		s, err := c.give(ctx, t, r)
		var no *Refusal
		switch {
		case err == nil && s.over(r) && tries < maxCorrections:
			r.at, r.signed = r.signedAt.Add(time.Second), nil
		case err == nil:
			r.answered = true
			if r.Order.Do == pack.Keep {
				s.Folder = FolderURL(t.base, r.where())
			}
			return s, nil
		case !errors.As(err, &no):
			return Status{}, err
		case tries == maxCorrections || !r.correct(no):
			return Status{}, t.problem(no)
		}
	}
}

// over reports whether s is the end of an earlier order that happened to be
// the same, given in the same second.
func (s Status) over(r *Request) bool {
	return !r.answered && r.Order.Do == pack.Keep && (s.State == Failed || s.State == Dropped)
}

// maxCorrections: once for the clock, once for an earlier order.
const maxCorrections = 2

// correct changes the time of the order to one that the depot takes, if that
// is what was wrong.
func (r *Request) correct(no *Refusal) bool {
	switch {
	case no.Reason == Clock && !no.Now.IsZero():
		r.at = no.Now
	case no.Reason == Stale && !no.Newest.IsZero():
		r.at = no.Newest.Add(time.Second)
	default:
		return false
	}
	r.signed = nil
	return true
}

// where is the place of the package. A depot's word is not needed for it.
func (r *Request) where() string {
	if r.place == "" {
		if p, err := pack.Open(r.Grove); err == nil {
			r.place = pack.Place(p.Publisher(), p.Manifest.Hashes, r.Secret)
		}
	}
	return r.place
}

// give sends the order, and the package where the depot asks for it: who may
// not give orders, and who only asks how far it is, sends little.
func (c *Client) give(ctx context.Context, t target, r *Request) (Status, error) {
	if r.signed == nil {
		o := r.Order
		o.Depot, o.At = t.base, r.at
		if o.At.IsZero() {
			o.At = time.Now()
		}
		if o.Do == pack.Keep && !o.Until.After(o.At) {
			return Status{}, t.problem(refuse(Expired, ""))
		}
		r.signedAt = o.At
		var err error
		if r.signed, err = r.Sign(ctx, o); err != nil {
			return Status{}, err
		}
	}
	s, err := c.post(ctx, t, []field{{"order", r.signed}})
	if err != nil || s.State != Wanted {
		return s, err
	}
	s, err = c.post(ctx, t, []field{{"order", r.signed}, {"grove", r.Grove}, {"hashes", r.Hashes}, {"poster", r.Poster}, {"secret", r.Secret}})
	if err == nil && s.State == Wanted {
		err = t.fault(errors.New("it asks for the package again and again"))
	}
	return s, err
}

// field is one part of a request.
type field struct {
	name string
	b    []byte // nil: left out; a hash list may be empty
}

// post sends an order. The error is a *Refusal where the depot said no.
func (c *Client) post(ctx context.Context, t target, fields []field) (Status, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		if f.b == nil && f.name != "hashes" {
			continue
		}
		w, err := form.CreateFormField(f.name)
		if err == nil {
			_, err = w.Write(f.b)
		}
		if err != nil {
			return Status{}, t.fault(err)
		}
	}
	if err := form.Close(); err != nil {
		return Status{}, t.fault(err)
	}
	length := body.Len()
	req, err := http.NewRequest(http.MethodPost, t.base+ordersPath, bytes.NewReader(body.Bytes()))
	if err != nil {
		return Status{}, t.fault(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	// The same order twice is one order, so a connection that the server closed
	// meanwhile may be replaced. The key is for our own transport; its absence
	// from the wire is agreed.
	req.Header["Idempotency-Key"] = nil
	status, answer, err := c.do(ctx, t, req, smallTime+time.Duration(length/slowest)*time.Second)
	if err != nil {
		return Status{}, err
	}
	return t.read(status, answer)
}

// do sends a request and reads the answer. No redirect is followed: an order
// goes where it is addressed to.
func (c *Client) do(ctx context.Context, t target, req *http.Request, limit time.Duration) (status int, body []byte, err error) {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req = req.WithContext(ctx)
	req.Header.Set("User-Agent", c.agent)
	transport := c.open
	if t.typed {
		transport = c.typed
	}
	resp, err := transport.RoundTrip(req)
	if err == nil {
		defer resp.Body.Close()
		status = resp.StatusCode
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	}
	var p *app.Problem
	switch {
	case err == nil && len(body) > maxAnswer:
		return 0, nil, t.fault(fmt.Errorf("an answer of more than %d bytes", maxAnswer))
	case err == nil:
		return status, body, nil
	case parent.Err() != nil:
		return 0, nil, parent.Err()
	case errors.As(err, &p):
		return 0, nil, p
	}
	return 0, nil, t.fault(err)
}
