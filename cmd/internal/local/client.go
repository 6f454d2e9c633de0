package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"grove/app"
)

// ErrNotRunning: nobody answers in the data folder. Whether somebody has it all
// the same, its lock says.
var ErrNotRunning = errors.New("no Grove answers in this data folder")

// Client asks the Grove that runs in a data folder.
type Client struct{ http http.Client }

// NewClient makes a client for the data folder. Nothing is asked yet.
func NewClient(data string) *Client {
	return &Client{http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := dial(ctx, data)
			if errors.Is(err, fs.ErrPermission) {
				err = app.NewProblem(app.BadInput, "The data folder "+data+" belongs to somebody else", err)
			}
			return c, err
		},
	}}}
}

// answerTime is how long an answer may take: the engine never waits for
// anything.
const answerTime = 5 * time.Second

// Status asks once. It fails with ErrNotRunning where nobody answers, and with
// BadInput where the data folder is another user's.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s := new(Status)
	return s, c.ask(ctx, "/v1/status", s)
}

// Transfers asks for every transfer; it fails as Status does.
func (c *Client) Transfers(ctx context.Context) ([]Transfer, error) {
	var l List
	err := c.ask(ctx, "/v1/transfers", &l)
	return l.Transfers, err
}

// Ledger asks for a span of the ledger that was checked; it fails as Status
// does.
func (c *Client) Ledger(ctx context.Context, s Span) (*Book, error) {
	b := new(Book)
	return b, c.ask(ctx, "/v1/ledger?"+url.Values{"from": {s.From}, "to": {s.To}, "by": {s.By}}.Encode(), b)
}

// Publishers asks for every key that was seen; it fails as Status does.
func (c *Client) Publishers(ctx context.Context) ([]Publisher, error) {
	var l Publishers
	err := c.ask(ctx, "/v1/publishers", &l)
	return l.Publishers, err
}

// Give has the Grove go by a measure; it fails as Status does.
func (c *Client) Give(ctx context.Context, m Measure) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.exchange(ctx, http.MethodPost, "/v1/give", b, new(Stamp))
}

func (c *Client) ask(ctx context.Context, path string, v any) error {
	return c.exchange(ctx, http.MethodGet, path, nil, v)
}

func (c *Client) exchange(ctx context.Context, method, path string, say []byte, v any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, ErrNotRunning)
	defer cancel()
	body, err := c.do(ctx, method, path, say)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return lost(ctx, err)
	}
	return nil
}

// Events calls each with every status, the first at once, until the Grove ends
// (nil), ctx ends, or each fails.
func (c *Client) Events(ctx context.Context, each func(*Status) error) error {
	body, err := c.do(ctx, http.MethodGet, "/v1/events", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	for in := bufio.NewReader(body); ; {
		line, err := in.ReadBytes('\n')
		if err != nil { // also where it was killed in the middle of a line
			return ctx.Err()
		}
		var s Status
		if err := json.Unmarshal(line, &s); err != nil {
			return app.NewProblem(app.Internal, "the local API", err)
		}
		if s.Event != "status" {
			continue // of a newer Grove
		}
		if err := each(&s); err != nil {
			return err
		}
	}
}

func (c *Client) do(ctx context.Context, method, path string, say []byte) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://grove"+path, bytes.NewReader(say))
	if err != nil {
		return nil, err
	}
	a, err := c.http.Do(r)
	if err != nil {
		return nil, lost(ctx, err)
	}
	if a.StatusCode == http.StatusOK {
		return a.Body, nil
	}
	defer a.Body.Close()
	var said refusal
	if err := json.NewDecoder(a.Body).Decode(&said); err != nil {
		return nil, lost(ctx, err)
	}
	if said.Problem == nil || said.Problem.Kind != app.Stopped {
		return nil, app.NewProblem(app.Internal, "the local API answers "+a.Status+" to "+path, nil)
	}
	return nil, ErrNotRunning // it is just ending
}

// lost is what an answer that did not come, or not to its end, means.
func lost(ctx context.Context, err error) error {
	var p *app.Problem
	var bad *json.SyntaxError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &p):
		return p
	case errors.As(err, &bad):
		return app.NewProblem(app.Internal, "the local API", err)
	}
	return fmt.Errorf("%w: %w", ErrNotRunning, err)
}
