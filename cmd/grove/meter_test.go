package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowly gives n bytes a read, a second apart.
type slowly struct{ n, left int }

func (s *slowly) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second)
	n := min(s.n, s.left, len(b))
	s.left -= n
	return n, nil
}

// TestMeterInALog: a line every ten seconds, no control codes, and nothing
// with --quiet.
func TestMeterInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, quiet := range []bool{false, true} {
			var errs bytes.Buffer
			m := newMeter(&terminal{errs: &errs, quiet: quiet}, "hashing", 25_000)
			if _, err := io.Copy(io.Discard, m.reader(context.Background(), &slowly{1000, 25_000})); err != nil {
				t.Fatal(err)
			}
			m.end()
			lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
			switch {
			case quiet && errs.Len() > 0:
				t.Errorf("--quiet said %q", errs.String())
			case !quiet && (len(lines) != 2 || lines[0] != "hashing  40 %  10.0 kB of 25.0 kB  1 kB/s" || strings.ContainsAny(errs.String(), "\r\x1b")):
				t.Errorf("%q", errs.String())
			}
		}
	})
}
