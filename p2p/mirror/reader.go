package mirror

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"grove/app"
)

// reader is a run under way. Read is called by one goroutine at a time; Close
// may come from another.
type reader struct {
	// immutable
	source  *source
	ctx     context.Context
	cancel  context.CancelCauseFunc
	started chan struct{} // closed when the first request's head was judged

	// of the reading goroutine, and of the first request's until started
	parts []part // still to come; the first is being read
	got   int64  // bytes of the first that were handed on
	at    target // of the first
	body  io.ReadCloser
	watch *watch
	free  func() // gives the place at the host back
	err   error  // sticky
	plain bool   // an answer was the whole file instead of the range

	closing sync.Once
	reading sync.Mutex // held by Read; Close takes it last
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	<-r.started
	if context.Cause(r.ctx) == errClosed {
		return 0, errClosed
	}
	if r.err == nil && r.body == nil && len(r.parts) > 0 {
		r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := r.read(p)
	if n > 0 {
		return n, nil // an error stays for the next call
	}
	return 0, err
}

// read hands on what the body of the present part gives next.
func (r *reader) read(p []byte) (int, error) {
	part := r.parts[0]
	if left := part.length - r.got; int64(len(p)) > left {
		p = p[:left]
	}
	r.watch.begin()
	n, err := r.body.Read(p)
	r.watch.end()
	r.got += int64(n)
	if n > 0 {
		r.source.flow.arrived(time.Now(), n)
	}
	if r.got == part.length {
		// The end was reached with the last byte (net/http says EOF with it), or
		// there is more that nobody asked for, which Close cuts off.
		r.endPart()
		r.parts, r.got = r.parts[1:], 0
		return n, nil
	}
	if err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			err = faultf(ofLength, "closed the connection after %d of %d bytes", r.got, part.length)
		}
		r.err = explain(r.ctx, r.at.url, r.watch.cause(err))
		if context.Cause(r.ctx) == errClosed {
			r.err = errClosed
		}
		r.endPart()
	}
	return n, r.err
}

// next asks for the part that is the first now.
func (r *reader) next() error {
	t, err := r.source.target(r.parts[0], r.at.sparing)
	if err != nil {
		return err
	}
	return r.request(t)
}

// request sends the request for the first part and judges the answer's head.
// On success body and watch are set.
func (r *reader) request(t target) error {
	part := r.parts[0]
	r.at = t
	c := r.source.client
	free, err := c.slot(r.ctx, t.url.Host)
	if err != nil {
		return r.ended(err)
	}
	w := newWatch(r.ctx, c.conf.limits.idle, c.conf.limits.budget(part.length))
	ctx := httptrace.WithClientTrace(w.ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { r.source.connected(i.Conn.RemoteAddr()) },
	})
	resp, err := c.do(ctx, http.MethodGet, t, r.source.header(part))
	w.end()
	if err == nil {
		r.source.flow.answered(time.Since(w.began))
		if err = r.source.accept(t, resp, part); err != nil {
			resp.Body.Close()
		}
	}
	if err != nil {
		err = r.ended(explain(r.ctx, t.url, w.cause(err)))
		w.stop()
		free()
		return err
	}
	r.body, r.watch, r.free = resp.Body, w, free
	r.plain = r.plain || resp.StatusCode == http.StatusOK
	return nil
}

// ended prefers the caller's own end of the reader to what followed from it.
func (r *reader) ended(err error) error {
	if context.Cause(r.ctx) == errClosed {
		return errClosed
	}
	if ctxErr := r.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return err
}

// endPart closes the present body. One that was read to its end leaves its
// connection to the next request.
func (r *reader) endPart() {
	if r.body == nil {
		return
	}
	r.body.Close()
	r.watch.stop()
	r.free()
	r.body, r.watch, r.free = nil, nil, nil
}

// Close implements io.Closer. It ends a Read under way, and returns when
// nothing of the reader is left.
func (r *reader) Close() error {
	r.closing.Do(func() {
		r.cancel(errClosed)
		<-r.started
		r.reading.Lock()
		defer r.reading.Unlock()
		r.endPart()
		r.source.flow.closed()
	})
	return nil
}

var (
	_ app.Source  = (*source)(nil)
	_ app.Sparing = (*source)(nil)
)
