package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestMeterInALog: a line every ten seconds, no control codes, and nothing
// with --quiet.
func TestMeterInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, quiet := range []bool{false, true} {
			var errs bytes.Buffer
			m := newMeter(&terminal{errs: &errs, quiet: quiet}, "hashing")
			for done := int64(0); done <= 25_000; done += 1000 {
				m.at(done, 25_000)
				time.Sleep(time.Second)
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
