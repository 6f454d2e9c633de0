package pack

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unseen are the characters that no name and no text may hold: they are
// invisible, turn the writing direction or end a line, so two different texts
// could look the same.
var unseen = []*unicode.RangeTable{unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point}

// checkCharacters holds for every text of the format: valid UTF-8 in NFC,
// none of unseen but those in except.
func checkCharacters(s, except string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("not valid UTF-8")
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f {
			if unicode.In(r, unseen...) && !strings.ContainsRune(except, r) {
				return fmt.Errorf("control, format and direction characters are not allowed (U+%04X)", r)
			}
		}
	}
	if !norm.NFC.IsNormalString(s) {
		return fmt.Errorf("not in Unicode normal form C")
	}
	return nil
}

// checkText holds for text fields; limit is in characters.
func checkText(s string, limit int, except string) error {
	if n := utf8.RuneCountInString(s); n > limit {
		return fmt.Errorf("%d characters, at most %d are allowed", n, limit)
	}
	return checkCharacters(s, except)
}

// show quotes a part of the input for an error: escaped, and cut where it is
// long.
func show(s string) string {
	const limit = 160
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	// Asked of what is shown: an escape can end in a letter that the next
	// character combines with. Escaped whole, the fault can be seen.
	if q := strconv.Quote(s); norm.NFC.IsNormalString(q) {
		return q
	}
	return strconv.QuoteToASCII(s)
}

// showStart quotes the first characters of a link or a part of one. More is
// not shown: it may be a secret, and errors end in logs.
func showStart(s string) string {
	const limit = 24
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return show(s)
}

// checkPrintable holds for the addresses that only others can parse.
func checkPrintable(s string, limit int) error {
	if s == "" {
		return fmt.Errorf("empty")
	}
	if len(s) > limit {
		return fmt.Errorf("%d bytes, at most %d are allowed", len(s), limit)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return fmt.Errorf("only printable ASCII without spaces is allowed")
		}
	}
	return nil
}
