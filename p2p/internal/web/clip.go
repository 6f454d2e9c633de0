package web

import (
	"strings"
	"unicode"
)

// Clip makes words of a server fit to be shown: at most so many characters, and
// nothing that a terminal obeys.
func Clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}
