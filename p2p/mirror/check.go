package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"grove/app"
)

// Grade says how much a finding matters.
type Grade uint8

const (
	Good Grade = iota + 1 // as it should be
	Note                  // works, and could be better
	Bad                   // Grove cannot use the origin as it is
)

// Finding is one thing that was looked at.
type Finding struct {
	What     string // "answers", "ranges", "length", "validator", "bytes"
	Grade    Grade
	Sentence string // one, for the publisher
}

// Report is what Check found out about one origin.
type Report struct {
	Origin   string // as it was given
	Findings []Finding
	Bytes    int64 // that were fetched
}

// OK reports whether Grove can use the origin.
func (r Report) OK() bool {
	for _, f := range r.Findings {
		if f.Grade == Bad {
			return false
		}
	}
	return len(r.Findings) > 0
}

// checkFiles is how many files of a package are looked at: the first ones,
// and the rest drawn at random.
const checkFiles = 12

// Check fetches a few pieces from each of want's origins, the first, the last
// and one in between of up to 12 files, and reports one after another how each
// behaves. want.Package and want.Hashes are needed. It stops early only when
// ctx ends.
func (c *Client) Check(ctx context.Context, want app.Want) ([]Report, error) {
	if want.Package == nil || len(want.Hashes) == 0 && want.Package.Layout.Pieces() > 0 {
		return nil, app.NewProblem(app.Internal, "checking the origins of no package", nil)
	}
	var reports []Report
	for _, o := range unique(want.Origins) {
		e := examination{want: want}
		e.run(ctx, c, o)
		if err := ctx.Err(); err != nil {
			return reports, err
		}
		reports = append(reports, e.report(o))
	}
	return reports, nil
}

// examination is what becomes known of one origin.
type examination struct {
	want    app.Want
	err     error // the first that made a run fail
	wrong   int   // pieces whose bytes differ
	right   int
	bytes   int64
	version validator // of the first file
	plain   bool      // answered 200 to some range
	wholes  int       // pieces that are whole files: they say nothing about ranges
}

func (e *examination) run(ctx context.Context, c *Client, o app.Origin) {
	s, err := c.newSource(e.want.Package, o)
	if err != nil {
		e.err = err
		return
	}
	for _, piece := range e.sample() {
		got, err := e.fetch(ctx, s, piece)
		e.bytes += int64(len(got))
		switch {
		case err != nil:
			e.err = err
			return
		case !e.want.Hashes.Matches(piece, got):
			e.wrong++
		default:
			e.right++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range e.want.Package.Manifest.Files {
		if v, ok := s.files[f]; ok {
			e.version = v
			break
		}
	}
}

// sample chooses the pieces to fetch. Each file's second one comes before its
// first, so that a server without ranges is found out by the first request.
func (e *examination) sample() []int {
	l := e.want.Package.Layout
	var files []int
	for f := range l.Files() {
		if first, end := l.FilePieces(f); end > first {
			files = append(files, f)
		}
	}
	if len(files) > checkFiles {
		rest := files[checkFiles/2:]
		rand.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		files = files[:checkFiles]
	}
	var pieces []int
	for _, f := range files {
		first, end := l.FilePieces(f)
		if end-first > 1 {
			pieces = append(pieces, end-1)
		}
		if end-first > 2 {
			pieces = append(pieces, first+1+rand.IntN(end-first-2))
		}
		pieces = append(pieces, first)
	}
	return pieces
}

func (e *examination) fetch(ctx context.Context, s *source, piece int) ([]byte, error) {
	r, err := s.Open(ctx, app.Run{First: piece, Count: 1})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if r.(*reader).plain {
		e.plain = true
	}
	if n := s.pack.Layout.Span(piece).Length; n == s.pack.Manifest.Files[s.pack.Layout.Span(piece).File].Size {
		e.wholes++
	}
	return got, err
}

func (e *examination) report(o app.Origin) Report {
	r := Report{Origin: o.URL, Bytes: e.bytes}
	add := func(what string, g Grade, format string, args ...any) {
		r.Findings = append(r.Findings, Finding{what, g, fmt.Sprintf(format, args...)})
	}
	var f *fault
	of := ofAnswer
	if errors.As(e.err, &f) {
		of = f.of
	}
	if e.err != nil && of == ofAnswer {
		add("answers", Bad, "It cannot be used: %v", e.err)
		return r
	}
	add("answers", Good, "It answers.")
	switch {
	case e.err != nil && of == ofRanges:
		add("ranges", Bad, "It %v. Grove needs a server with byte ranges (RFC 9110, section 14).", f)
	case e.plain:
		add("ranges", Note, "It ignores ranges. That is enough for the small files of this package only.")
	case e.right+e.wrong > e.wholes:
		add("ranges", Good, "It gives the ranges it is asked for.")
	}
	switch {
	case e.err != nil && of == ofLength:
		add("length", Bad, "It %v.", f)
	case e.err == nil:
		add("length", Good, "The files have the signed lengths.")
	}
	e.reportVersion(of, f, add)
	switch {
	case e.wrong > 0:
		add("bytes", Bad, "%d of the %d pieces that were fetched are not what was signed: these are other files.", e.wrong, e.wrong+e.right)
	case e.right > 0:
		add("bytes", Good, "All %d pieces that were fetched are what was signed.", e.right)
	}
	return r
}

func (e *examination) reportVersion(of aspect, f *fault, add func(string, Grade, string, ...any)) {
	v := e.version
	switch {
	case e.err != nil && of == ofValidator:
		add("validator", Bad, "It %v. If nobody replaced the file, several servers give one file different tags; they should agree.", f)
	case e.err != nil:
	case v.etag != "" && !v.weak():
		add("validator", Good, "It tells versions of a file apart by a strong ETag.")
	case v.etag == "" && v.strong:
		add("validator", Good, "It tells versions of a file apart by their date (Last-Modified).")
	case v.etag != "":
		add("validator", Note, "It sends a weak ETag only; a replaced file is noticed when its pieces fail.")
	default:
		add("validator", Note, "It sends neither ETag nor Last-Modified; a replaced file is noticed when its pieces fail.")
	}
}
