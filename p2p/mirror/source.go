package mirror

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/web"
)

// source is one origin or mirror of one package.
type source struct {
	// immutable
	client *Client
	pack   *pack.Package
	origin app.Origin
	info   app.SourceInfo
	have   app.Bitmap
	flow   *flow // safe for concurrent use

	mu    sync.Mutex
	near  app.Nearness      // guarded by mu
	files map[int]validator // guarded by mu; by file, from its first good answer
	// fickle: a validator changed, so none of this server is believed any more.
	// Some farms of servers have as many for one file as they have machines;
	// what the pieces say decides then.
	fickle bool // guarded by mu
}

// newSource makes the source of an origin. The source is there even if its
// address must not be asked; the error says why.
func (c *Client) newSource(p *pack.Package, o app.Origin) (*source, error) {
	s := &source{
		client: c, pack: p, origin: o,
		info:  app.SourceInfo{ID: o.URL, Kind: app.KindMirror, Label: hide(o.URL)},
		near:  app.NearFar,
		have:  app.FullBitmap(p.Layout.Pieces()),
		flow:  newFlow(),
		files: map[int]validator{},
	}
	if o.Typed || slices.Contains(p.Manifest.Origins, o.URL) {
		s.info.Kind = app.KindOrigin
	}
	t, err := c.newTarget(o.URL, o.Typed)
	if t.url != nil {
		s.info.Label = t.url.Host
		s.near = c.nearByText(t.url.Hostname())
	}
	if err == nil && len(p.Manifest.Files) > 0 {
		if _, unfit := p.FileURL(o.URL, 0); unfit != nil {
			err = app.NewProblem(app.BadInput, "the origin "+hide(o.URL)+" cannot hold this package", unfit)
		}
	}
	return s, err
}

// nearByText tells from the text alone; nothing is looked up for a guess at cost.
func (c *Client) nearByText(host string) app.Nearness {
	if ip, err := netip.ParseAddr(host); err == nil {
		return c.nearness(ip)
	}
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") {
		return app.NearLAN
	}
	return app.NearFar
}

func (c *Client) nearness(ip netip.Addr) app.Nearness {
	switch {
	case c.conf.Near != nil:
		return c.conf.Near(ip)
	case app.IsLocal(ip):
		return app.NearLAN
	}
	return app.NearFar
}

// connected learns how near the server is from a connection to it. What is
// behind a proxy stays as it was.
func (s *source) connected(to net.Addr) {
	at, err := netip.ParseAddrPort(to.String())
	if err != nil || s.client.conf.Proxy != nil {
		return
	}
	near := s.client.nearness(at.Addr().Unmap())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.near = near
}

// Info implements app.Source.
func (s *source) Info() app.SourceInfo {
	info := s.info
	s.mu.Lock()
	defer s.mu.Unlock()
	info.Near = s.near
	return info
}

// Have implements app.Source: a server has everything.
func (s *source) Have() app.Bitmap { return s.have }

// Window implements app.Source.
func (s *source) Window() int64 { return s.flow.window() }

// Open implements app.Source. The request for the first part is under way when
// it returns; later parts are asked for when the one before has been read.
func (s *source) Open(ctx context.Context, run app.Run) (io.ReadCloser, error) {
	return s.open(ctx, run, false)
}

// OpenSparing implements app.Sparing.
func (s *source) OpenSparing(ctx context.Context, run app.Run) (io.ReadCloser, error) {
	return s.open(ctx, run, true)
}

func (s *source) open(ctx context.Context, run app.Run, sparing bool) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parts, err := s.parts(run)
	if err != nil {
		return nil, err
	}
	// Judged here as well, so that a bad address fails at once.
	t, err := s.target(parts[0], sparing)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r := &reader{source: s, ctx: ctx, cancel: cancel, parts: parts, started: make(chan struct{})}
	s.flow.opened()
	go func() {
		defer close(r.started)
		r.err = r.request(t)
	}()
	return r, nil
}

// parts cuts a run at the borders of files.
func (s *source) parts(run app.Run) ([]part, error) {
	l := s.pack.Layout
	if run.Count < 1 || run.First < 0 || run.End() > l.Pieces() {
		return nil, app.NewProblem(app.Internal, fmt.Sprintf("run %v of a package of %d pieces", run, l.Pieces()), nil)
	}
	var parts []part
	for i := run.First; i < run.End(); {
		span := l.Span(i)
		_, end := l.FilePieces(span.File)
		end = min(end, run.End())
		parts = append(parts, part{
			file: span.File, offset: span.Offset, length: l.RunBytes(i, end-i),
			size: s.pack.Manifest.Files[span.File].Size,
		})
		i = end
	}
	return parts, nil
}

func (s *source) target(p part, sparing bool) (target, error) {
	raw, err := s.pack.FileURL(s.origin.URL, p.file)
	if err != nil {
		return target{}, app.FromPack(err)
	}
	t, err := s.client.newTarget(raw, s.origin.Typed)
	t.sparing = sparing
	return t, err
}

// header is the request's head for p.
func (s *source) header(p part) http.Header {
	h := http.Header{"Range": {p.header()}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.files[p.file].ifRange(); v != "" && !s.fickle {
		h.Set("If-Range", v)
	}
	return h
}

// accept decides about an answer's head. A server that answers If-Range with
// the whole file says that the file changed.
func (s *source) accept(t target, resp *http.Response, p part) error {
	err := checkAnswer(t.url, resp, p, time.Now())
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		return err
	}
	now := newValidator(resp.Header)
	s.mu.Lock()
	defer s.mu.Unlock()
	before, known := s.files[p.file]
	if known && !s.fickle && before.differs(now) {
		s.fickle = true
		return faultf(ofValidator, "changed the file while it was read (%s)", changed(before, now))
	}
	if err == nil && !known {
		s.files[p.file] = now
	}
	return err
}

func changed(before, now validator) string {
	if before.etag != now.etag && before.etag != "" && now.etag != "" {
		return "ETag " + web.Clip(before.etag, 80) + ", then " + web.Clip(now.etag, 80)
	}
	return "Last-Modified " + web.Clip(before.modified, 80) + ", then " + web.Clip(now.modified, 80)
}

// flow measures what a server gives, over all its readers, to tell how much
// it should be asked for ahead.
type flow struct {
	mu    sync.Mutex
	open  int           // guarded by mu; readers
	since time.Time     // guarded by mu; start of the sample
	bytes int64         // guarded by mu; in the sample
	rate  float64       // guarded by mu; bytes a second
	delay time.Duration // guarded by mu; shortest from request to head
}

const (
	minWindow = 4 << 20
	maxWindow = 32 << 20
	// flowSample is how often the rate is taken.
	flowSample = 250 * time.Millisecond
)

func newFlow() *flow { return &flow{} }

// window is a second's worth of bytes, as the engine asks about that much
// ahead, and what arrives in the time it takes to answer four requests, so
// that the pause between two runs is lost in the others.
func (f *flow) window() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	ahead := f.rate * (time.Second + 4*f.delay).Seconds()
	return max(minWindow, min(maxWindow, minWindow+int64(ahead)))
}

func (f *flow) opened() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open++; f.open == 1 {
		f.since, f.bytes = time.Now(), 0 // idle time is no sample
	}
}

func (f *flow) closed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
}

func (f *flow) answered(after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.delay == 0 || after < f.delay {
		f.delay = after
	}
}

func (f *flow) arrived(now time.Time, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += int64(n)
	d := now.Sub(f.since)
	if d < flowSample {
		return
	}
	sample := float64(f.bytes) / d.Seconds()
	if f.rate == 0 {
		f.rate = sample
	}
	f.rate += (sample - f.rate) / 3
	f.since, f.bytes = now, 0
}
