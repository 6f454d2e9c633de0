package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

const (
	meterEvery = 200 * time.Millisecond // on a screen
	plainEvery = 10 * time.Second       // elsewhere: a line in a log
)

// meter shows on stderr how far the reading of files has come: one line that
// is written over on a screen, a line now and then elsewhere, nothing with
// --quiet. Not safe for concurrent use.
type meter struct {
	out    io.Writer // nil: says nothing
	screen bool
	verb   string
	began  time.Time // zero before the first call of at
	next   time.Time
}

func newMeter(t *terminal, verb string) *meter {
	m := &meter{out: t.errs, screen: isTerminal(t.errs), verb: verb}
	if t.quiet {
		m.out = nil
	}
	return m
}

// isTerminal reports whether w is a screen somebody looks at.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (m *meter) every() time.Duration {
	if m.screen {
		return meterEvery
	}
	return plainEvery
}

// at shows that done of total bytes were read. The first call is the
// beginning.
func (m *meter) at(done, total int64) {
	now := time.Now()
	if m.began.IsZero() {
		m.began, m.next = now, now.Add(m.every())
	}
	if m.out == nil || now.Before(m.next) {
		return
	}
	m.next = now.Add(m.every())
	line := fmt.Sprintf("%s  %d %%  %s of %s  %s", m.verb, percent(done, total),
		sizeText(done), sizeText(total), rateText(float64(done)/now.Sub(m.began).Seconds()))
	if m.screen {
		fmt.Fprint(m.out, "\r\x1b[K"+line)
	} else {
		fmt.Fprintln(m.out, line)
	}
}

// end wipes the line.
func (m *meter) end() {
	if m.out != nil && m.screen {
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}
