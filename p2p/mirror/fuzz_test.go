package mirror

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/10", "BYTES 0-0/1", "bytes */10", "bytes 0-9/*", "bytes 9-5/10",
		"bytes 0-10/10", "bytes=0-9/10", "bytes +1-9/10", "bytes 0-9", "", "bytes 0-9/18446744073709551616", "bytes  0-9/10 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, last, size, ok := parseContentRange(s)
		if !ok {
			return
		}
		if first < 0 || first > last || last >= size {
			t.Errorf("%q was read as %d-%d of %d", s, first, last, size)
		}
		// Whatever was taken says the same in the usual spelling.
		a, b, c, ok := parseContentRange(fmt.Sprintf("bytes %d-%d/%d", first, last, size))
		if !ok || a != first || b != last || c != size {
			t.Errorf("%q does not survive its usual spelling", s)
		}
	})
}

// FuzzAnswer: whatever a server sends, the head is refused or describes
// exactly what was asked for, and no error can drive a terminal.
func FuzzAnswer(f *testing.F) {
	p := part{offset: 100, length: 50, size: 1000}
	for _, s := range []string{
		"206 Partial Content\r\nContent-Range: bytes 100-149/1000\r\nContent-Length: 50",
		"206 Partial Content\r\nContent-Range: bytes 100-149/1000\r\nTransfer-Encoding: chunked",
		"200 OK\r\nContent-Length: 1000",
		"503 No\r\nRetry-After: 10",
		"206 X\r\nContent-Range: bytes 100-149/1000\r\nContent-Encoding: \x1b[2J",
	} {
		f.Add([]byte("HTTP/1.1 " + s + "\r\n\r\n"))
	}
	u := &url.URL{Scheme: "https", Host: "cdn.example", Path: "/file.bin"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		err = checkAnswer(u, resp, p, time.Now())
		if err == nil {
			if resp.StatusCode != http.StatusPartialContent || resp.Header.Get("Content-Encoding") != "" ||
				resp.ContentLength >= 0 && resp.ContentLength != p.length || len(resp.Header["Content-Range"]) != 1 {
				t.Errorf("taken: %q", raw)
			}
			return
		}
		if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
			t.Errorf("%q says %q", raw, err)
		}
	})
}
