package main

import (
	"context"
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
	total  int64 // bytes
	done   int64
	began  time.Time
	next   time.Time
}

func newMeter(t *terminal, verb string, total int64) *meter {
	m := &meter{out: t.errs, screen: isTerminal(t.errs), verb: verb, total: total, began: time.Now()}
	if t.quiet {
		m.out = nil
	}
	m.next = m.began.Add(m.every())
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

// reader counts what is read from r, and ends it when ctx does.
func (m *meter) reader(ctx context.Context, r io.Reader) io.Reader {
	return stoppable{ctx: ctx, r: r, m: m}
}

func (m *meter) add(n int) {
	m.done += int64(n)
	now := time.Now()
	if m.out == nil || now.Before(m.next) {
		return
	}
	m.next = now.Add(m.every())
	line := fmt.Sprintf("%s  %d %%  %s of %s  %s", m.verb, percent(m.done, m.total),
		sizeText(m.done), sizeText(m.total), rateText(float64(m.done)/now.Sub(m.began).Seconds()))
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
