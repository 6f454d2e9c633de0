package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/width"

	"grove/cmd/internal/spell"
)

// Whatever others wrote (names, answers of servers, log lines) goes through
// clean before it reaches a terminal.

// clean makes text of others fit for the middle of a line.
func clean(s string) string { return spell.Clean(s) }

// foreign is clean for the middle of a line: a name that runs from right to
// left gets a mark after it, so that the numbers behind it stay behind it.
func foreign(s string) string {
	s = clean(s)
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		if c := p.Class(); c == bidi.R || c == bidi.AL {
			return s + "\u200e"
		}
	}
	return s
}

// columns is how many cells of a terminal s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

func cells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens s to at most n cells, with an ellipsis where something went.
func cut(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	used, end := 0, 0
	for i, r := range s {
		if used += cells(r); used > n-1 {
			break
		}
		end = i + len(string(r))
	}
	return strings.TrimRight(s[:end], " ") + "…"
}

// pad fills s with spaces up to n cells.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// padLeft fills s with spaces on the left up to n cells.
func padLeft(s string, n int) string {
	return strings.Repeat(" ", max(0, n-columns(s))) + s
}
