package serve

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// classes of requests, for the metrics.
const (
	classFile     = "depot_file"
	classOrder    = "depot_order"
	classFind     = "tracker_find"
	classAnnounce = "tracker_announce"
	classAbout    = "about"
	classOther    = "other"
)

var classes = []string{classFile, classOrder, classFind, classAnnounce, classAbout, classOther}

// classOf is what a request below the server's base is about.
func classOf(path string) string {
	for _, c := range []struct{ prefix, class string }{
		{"d/", classFile},
		{"grove/v1/packages", classOrder},
		{"routing/v1/", classFind},
		{"grove/v1/announce", classAnnounce},
		{"grove/v1/about", classAbout},
	} {
		if strings.HasPrefix(path, c.prefix) {
			return c.class
		}
	}
	return classOther
}

// front is what every request meets first: the base is cut off, so that a
// handler behind it sees paths from "/", and the answer is counted.
type front struct {
	base   string // "/" or "/…/"
	inner  http.Handler
	meters *meters
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &countingWriter{ResponseWriter: w, code: http.StatusOK}
	below, ok := strings.CutPrefix(r.URL.Path, f.base)
	class := classOther
	if ok {
		class = classOf(below)
	}
	defer func() { f.meters.answered(class, c.code, c.sent) }()
	h := w.Header()
	// What publishers put here is shown by no browser as a page of this server.
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Referrer-Policy", "no-referrer")
	if r.URL.Path == "/robots.txt" {
		_, _ = io.WriteString(c, "User-agent: *\nDisallow: /\n") // the client may have gone
		return
	}
	if !ok {
		http.NotFound(c, r)
		return
	}
	http.StripPrefix(strings.TrimSuffix(f.base, "/"), f.inner).ServeHTTP(c, r)
}

// countingWriter counts what is answered.
type countingWriter struct {
	http.ResponseWriter
	code int
	sent int64
}

// Unwrap lets http.ResponseController through.
func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader notes the code of the answer; those below 200 are not yet it.
func (c *countingWriter) WriteHeader(code int) {
	if code >= 200 {
		c.code = code
	}
	c.ResponseWriter.WriteHeader(code)
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.sent += int64(n)
	return n, err
}

// ReadFrom sends what src holds.
func (c *countingWriter) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, src)
	c.sent += n
	return n, err
}

// page is the landing page: what somebody sees who follows the address by
// hand.
const page = `This is a Grove server.

Grove downloads and shares signed packages, from people and from servers at
once. This one has no pages: its address stands in the packages of publishers
who use it, and Grove finds it there.

What it does: %s.
`

func (s *Server) pageText() string { return fmt.Sprintf(page, s.config.roleText()) }

func landing(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, text) // the client may have gone
	})
}

// Waits of the public server, all on a client that should be sending.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 32 << 10 // bytes of a request's head
)

// newWeb is the public HTTP server.
func newWeb(h http.Handler, logger *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:           guarded(h, stepTime, bodyTime),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(debugLog{logger}, "", 0),
		Protocols:         new(http.Protocols),
	}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(true)
	return s
}

// debugLog takes net/http's lines, which have addresses of clients in them. A
// panic is for everybody to see, without the address.
type debugLog struct{ log *slog.Logger }

func (d debugLog) Write(b []byte) (int, error) {
	line := strings.TrimSpace(string(b))
	if _, rest, ok := strings.Cut(line, "panic serving "); ok {
		_, what, _ := strings.Cut(rest, ": ")
		d.log.Error("panic in an answer", "what", what)
	} else {
		d.log.Debug(line)
	}
	return len(b), nil
}
