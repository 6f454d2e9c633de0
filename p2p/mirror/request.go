package mirror

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"grove/app"
	"grove/p2p/internal/web"
)

// target is an address, the right to reach it, and how.
type target struct {
	url *url.URL
	// typed is the host (without port) that the user typed, "" for none: the
	// right to lie on a private network goes with it through redirects, and to
	// no other host.
	typed string
	// sparing asks over a connection that leaves others their part of the line.
	sparing bool
}

// newTarget parses and judges the text of an address.
func (c *Client) newTarget(raw string, typed bool) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// Not wrapped: the error of url.Parse repeats the address, password and all.
		return target{}, app.NewProblem(app.BadInput, "this is not a web address: "+hide(raw), nil)
	}
	t := target{url: u}
	if typed {
		t.typed = u.Hostname()
	}
	return t, c.checkURL(t)
}

// hide shows an address that cannot be parsed, without what may be secret.
func hide(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "..." + raw[i:]
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		raw = raw[:i] + "..."
	}
	return web.Clip(raw, 80)
}

func (t target) isTyped() bool { return t.typed != "" && strings.EqualFold(t.typed, t.url.Hostname()) }

// checkURL judges the text of an address.
func (c *Client) checkURL(t target) error { return c.conf.web().CheckURL(t.url, t.isTyped()) }

// do sends a request with the given headers to t and follows redirects. The
// answer is the last one's, with any status that is no redirect, and its
// request's URL is where it came from. ctx bounds all of it, and the body.
func (c *Client) do(ctx context.Context, method string, t target, header http.Header) (*http.Response, error) {
	for hop := 0; ; hop++ {
		if err := c.checkURL(t); err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, method, t.url.String(), nil)
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		req.Header.Set("User-Agent", c.conf.UserAgent)
		req.Header.Set("Accept-Encoding", "identity")
		resp, err := c.pools[pool{t.isTyped(), t.sparing}].RoundTrip(req)
		if err != nil {
			return nil, err
		}
		resp.Request = req
		if !isRedirect(resp.StatusCode) {
			return resp, nil
		}
		next, err := redirect(t, resp)
		discard(resp.Body)
		if err != nil {
			return nil, err
		}
		if hop == maxRedirects {
			return nil, faultf(ofAnswer, "redirected more than %d times", maxRedirects)
		}
		t = next
	}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect is where resp points; checkURL has yet to judge it.
func redirect(from target, resp *http.Response) (target, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return target{}, faultf(ofAnswer, "answered %s without a Location", statusText(resp.StatusCode))
	}
	u, err := from.url.Parse(location)
	if err != nil {
		return target{}, faultf(ofAnswer, "redirected to what is not an address")
	}
	u.Fragment, u.RawFragment = "", "" // never sent, so it says nothing
	if from.url.Scheme == "https" && u.Scheme == "http" {
		return target{}, faultf(ofAnswer, "redirected from https to http")
	}
	return target{url: u, typed: from.typed, sparing: from.sparing}, nil
}

// discard closes a body nobody wants, and reads a short one first so that
// its connection can be used again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 2<<10)
	body.Close()
}

// watch ends a request when the server makes it wait too long: for one byte,
// or in all. The time between its waits is the reader's and not counted.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration // for one wait
	left   time.Duration // for all
	began  time.Time
}

// newWatch begins the wait for the answer's head. stop must be called.
func newWatch(parent context.Context, idle, budget time.Duration) *watch {
	ctx, cancel := context.WithCancelCause(parent)
	w := &watch{ctx: ctx, cancel: cancel, idle: idle, left: budget, began: time.Now()}
	w.timer = time.AfterFunc(budget, func() { cancel(errSlow) })
	return w
}

// begin starts a wait, end ends it. The timer cancels with errSlow; which
// limit it was is told by cause.
func (w *watch) begin() {
	w.began = time.Now()
	w.timer.Reset(max(min(w.idle, w.left), 1))
}

func (w *watch) end() {
	w.timer.Stop()
	w.left -= time.Since(w.began)
}

// cause is the limit that ended the request, or err.
func (w *watch) cause(err error) error {
	switch cause := context.Cause(w.ctx); {
	case cause == nil || !errors.Is(cause, errSlow):
		return err
	case w.left > 0:
		return errIdle
	default:
		return errSlow
	}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(errClosed)
}
