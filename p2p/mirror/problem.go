package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"grove/app"
)

// fault is what an answer did wrong. Its text ends the sentence "the server
// ...".
type fault struct {
	of   aspect
	text string
}

// aspect is which promise of a server a fault concerns.
type aspect uint8

const (
	ofAnswer    aspect = iota // that it answers at all
	ofRanges                  // that it gives the range it is asked for
	ofLength                  // that the file has the signed length
	ofValidator               // that the file stays the same
)

func (f *fault) Error() string { return f.text }

func faultf(of aspect, format string, args ...any) error {
	return &fault{of, fmt.Sprintf(format, args...)}
}

var (
	errIdle   = errors.New("sent nothing for too long")
	errSlow   = errors.New("was too slow")
	errClosed = errors.New("read after close")
)

// explain turns why a request to u ended into the problem the user is told,
// unless it ended because its caller's context did. A problem is passed on
// as it is.
func explain(ctx context.Context, u *url.URL, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var p *app.Problem
	if errors.As(err, &p) {
		return p
	}
	return app.NewProblem(app.SourceFault, u.Host, fmt.Errorf("%s: %w", place(u), err))
}

// place names an address without its query, which may hold a token.
func place(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// refusal is the problem of an answer whose status is no success. The status
// is in the subject, because it tells the publisher what to do.
func refusal(u *url.URL, resp *http.Response, now time.Time) error {
	status := resp.StatusCode
	subject := fmt.Sprintf("%s (%s)", u.Host, statusText(status))
	cause := fmt.Errorf("%s: answered %s", place(u), statusText(status))
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		p := app.NewProblem(app.SourceBusy, subject, cause)
		p.After = retryAfter(resp.Header.Get("Retry-After"), now)
		return p
	case http.StatusRequestedRangeNotSatisfiable:
		cause = fmt.Errorf("%s: %w", place(u), faultf(ofLength, "answered %s: the file there is shorter than the signed one", statusText(status)))
	}
	return app.NewProblem(app.SourceFault, subject, cause)
}

// statusText does not repeat the server's own words: they are untrusted.
func statusText(status int) string {
	if t := http.StatusText(status); t != "" {
		return strconv.Itoa(status) + " " + t
	}
	return strconv.Itoa(status)
}

// retryAfter reads seconds or a date, and caps both; 0 for anything else.
func retryAfter(s string, now time.Time) time.Duration {
	if s == "" {
		return 0
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
