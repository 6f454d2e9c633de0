package serve

import (
	"io"
	"net/http"
	"time"
)

// How long one step of a request may take. A client that makes none is gone or
// means harm; one on the slowest line makes several.
const (
	stepBytes = 256 << 10 // of an answer; in stepTime that is 4 kB a second
	stepTime  = time.Minute
	bodyTime  = time.Minute // for the body of a request, all of it
)

// guarded is a handler whose clients must keep reading, and send what they
// have to send.
func guarded(h http.Handler, step, body time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctl := http.NewResponseController(w)
		g := &guard{ResponseWriter: w, ctl: ctl, step: step}
		g.begin()
		if r.ContentLength != 0 {
			// net/http takes it back where the body ends. A handler that expects
			// a long one sets its own.
			_ = ctl.SetReadDeadline(time.Now().Add(body)) // always there; a test's recorder lives without
		}
		defer g.begin() // what is still in the server's buffer has the time of one step
		h.ServeHTTP(g, r)
	})
}

// guard is a ResponseWriter that gives each step of an answer its own time.
type guard struct {
	http.ResponseWriter
	ctl  *http.ResponseController
	step time.Duration
}

func (g *guard) begin() {
	_ = g.ctl.SetWriteDeadline(time.Now().Add(g.step)) // always there; a test's recorder lives without
}

// Unwrap lets http.ResponseController through.
func (g *guard) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// Write writes p in steps.
func (g *guard) Write(p []byte) (sent int, err error) {
	for {
		n := min(len(p), stepBytes)
		g.begin()
		k, err := g.ResponseWriter.Write(p[:n])
		sent += k
		if p = p[n:]; err != nil || len(p) == 0 {
			return sent, err
		}
	}
}

// ReadFrom sends what src holds in steps, each from file to socket inside the
// kernel where that can be.
func (g *guard) ReadFrom(src io.Reader) (sent int64, err error) {
	to, ok := g.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{g}, src)
	}
	// Only a limit right around a file is sent that way.
	l, ok := src.(*io.LimitedReader)
	if !ok {
		l = &io.LimitedReader{R: src, N: 1 << 62}
	}
	for l.N > 0 {
		n := min(l.N, stepBytes)
		g.begin()
		k, err := to.ReadFrom(&io.LimitedReader{R: l.R, N: n})
		sent, l.N = sent+k, l.N-k
		if err != nil || k < n {
			return sent, err
		}
	}
	return sent, nil
}
