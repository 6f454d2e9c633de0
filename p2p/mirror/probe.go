package mirror

import (
	"context"
	"net/http"
	"time"

	"grove/app"
)

var _ app.Prober = (*source)(nil)

// Probe implements app.Prober: it asks for the head of the first file with
// bytes in it. A server that does not answer such questions may still give the
// file, and passes.
func (s *source) Probe(ctx context.Context) error {
	for i, f := range s.pack.Manifest.Files {
		if f.Size > 0 {
			return s.probe(ctx, part{file: i, length: f.Size, size: f.Size})
		}
	}
	return nil
}

func (s *source) probe(ctx context.Context, p part) error {
	t, err := s.target(p, false)
	if err != nil {
		return err
	}
	c := s.client
	free, err := c.slot(ctx, t.url.Host)
	if err != nil {
		return err
	}
	defer free()
	w := newWatch(ctx, c.conf.limits.idle, c.conf.limits.budget(0))
	defer w.stop()
	resp, err := c.do(w.ctx, http.MethodHead, t, http.Header{})
	w.end()
	if err != nil {
		return explain(ctx, t.url, w.cause(err))
	}
	resp.Body.Close() // the answer to HEAD has none
	switch resp.StatusCode {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return nil
	case http.StatusOK:
		if n := resp.ContentLength; n >= 0 && n != p.size {
			return explain(ctx, t.url, faultf(ofLength, "has a file of %d bytes; the signed one has %d", n, p.size))
		}
		return nil
	}
	return refusal(t.url, resp, time.Now())
}
