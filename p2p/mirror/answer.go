package mirror

import (
	"fmt"
	"grove/p2p/internal/web"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// part is the bytes of a run that lie in one file: one request.
type part struct {
	file   int
	offset int64
	length int64
	size   int64 // of the whole file
}

func (p part) String() string { return fmt.Sprintf("bytes %d-%d", p.offset, p.offset+p.length-1) }

func (p part) header() string { return fmt.Sprintf("bytes=%d-%d", p.offset, p.offset+p.length-1) }

// checkAnswer returns nil when the body of resp begins with the bytes of p, as
// far as the head tells; else the problem or the fault.
//
// A 200 is the answer of a server without ranges: it sends the whole file.
// That is taken only where p begins with the file, and when p is not all of
// it the connection is lost after p. Skipping to a later place would make the
// origin send, and the publisher pay for, many times the size of the file.
func checkAnswer(u *url.URL, resp *http.Response, p part, now time.Time) error {
	switch resp.StatusCode {
	case http.StatusPartialContent, http.StatusOK:
	default:
		return refusal(u, resp, now)
	}
	if e := resp.Header.Values("Content-Encoding"); len(e) > 0 {
		return faultf(ofRanges, "sent the file encoded (Content-Encoding: %s), unasked", web.Clip(e[0], 80))
	}
	want := p.length
	if resp.StatusCode == http.StatusOK {
		switch {
		case p.offset != 0:
			return faultf(ofRanges, "does not support ranges: answered 200 OK to a request for %v", p)
		case resp.ContentLength < 0:
			return faultf(ofRanges, "does not support ranges, and does not say how long the file is")
		case resp.ContentLength != p.size:
			return faultf(ofLength, "sent a file of %d bytes; the signed one has %d", resp.ContentLength, p.size)
		}
		return nil
	}
	if ct := resp.Header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(strings.TrimSpace(ct)), "multipart/") {
		return faultf(ofRanges, "sent several ranges instead of one (%s)", web.Clip(ct, 80))
	}
	if err := checkContentRange(resp.Header.Values("Content-Range"), p); err != nil {
		return err
	}
	if resp.ContentLength >= 0 && resp.ContentLength != want {
		return faultf(ofLength, "announced %d bytes for a range of %d", resp.ContentLength, want)
	}
	return nil
}

func checkContentRange(lines []string, p part) error {
	if len(lines) != 1 {
		return faultf(ofRanges, "sent %d Content-Range lines with a 206 instead of one", len(lines))
	}
	first, last, size, ok := parseContentRange(lines[0])
	switch {
	case !ok:
		return faultf(ofRanges, "sent a Content-Range that cannot be read: %s", web.Clip(lines[0], 80))
	case first != p.offset || last != p.offset+p.length-1:
		return faultf(ofRanges, "sent bytes %d-%d instead of %v", first, last, p)
	case size != p.size:
		return faultf(ofLength, "has a file of %d bytes; the signed one has %d", size, p.size)
	}
	return nil
}

// parseContentRange reads "bytes first-last/size" with all three numbers
// given. A size of * is not taken: nothing would tell a file that grew.
func parseContentRange(s string) (first, last, size int64, ok bool) {
	unit, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	span, total, _ := strings.Cut(strings.TrimSpace(rest), "/")
	from, to, _ := strings.Cut(span, "-")
	var good [3]bool
	first, good[0] = digits(from)
	last, good[1] = digits(to)
	size, good[2] = digits(total)
	ok = strings.EqualFold(unit, "bytes") && good == [3]bool{true, true, true} && first <= last && last < size
	return first, last, size, ok
}

// digits reads a decimal number without sign.
func digits(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil
}

// validator is what a server says identifies a version of a file. The zero
// value says nothing.
type validator struct {
	etag     string // as sent, weak or strong
	modified string // Last-Modified, as sent
	strong   bool   // modified is old enough to tell versions apart
}

func newValidator(h http.Header) validator {
	v := validator{etag: h.Get("ETag"), modified: h.Get("Last-Modified")}
	m, err1 := http.ParseTime(v.modified)
	d, err2 := http.ParseTime(h.Get("Date"))
	// RFC 9110 8.8.2.2: a file may change twice within one second.
	v.strong = err1 == nil && err2 == nil && d.Sub(m) >= time.Second
	return v
}

// weak reports whether the entity tag promises only a file that means the
// same, which is of no use for ranges.
func (v validator) weak() bool { return strings.HasPrefix(v.etag, "W/") }

// ifRange is the If-Range line that asks for this version, or "" if RFC 9110
// 13.1.5 allows none.
func (v validator) ifRange() string {
	switch {
	case v.etag != "" && !v.weak():
		return v.etag
	case v.etag == "" && v.strong:
		return v.modified
	}
	return ""
}

// differs reports whether two answers are of different versions of a file.
func (v validator) differs(o validator) bool {
	if v.etag != "" && o.etag != "" && !v.weak() && !o.weak() {
		return v.etag != o.etag
	}
	return v.modified != "" && o.modified != "" && v.modified != o.modified
}
