package words

import (
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// Plain is s as it may be shown in one line, whoever wrote it: without
// control, format, direction, private and unseen characters, its white space
// single, with at most limit characters, and cut between what a reader takes
// for one. What runs from right to left is isolated, so that what stands
// beside it keeps its place; the two marks for that are not counted. A name
// that nothing is left of is "?".
func Plain(s string, limit int) string {
	limit = max(limit, 1)
	if len(s) <= limit && tidy(s) {
		return s
	}
	kept := clean(s, limit)
	if len(kept) == 0 {
		return "?"
	}
	if kept = cut(kept, limit); containsRight(kept) {
		return "\u2068" + string(kept) + "\u2069"
	}
	return string(kept)
}

// tidy reports whether s can be shown as it is: most names can, and rows are
// made of names.
func tidy(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// clean is what may be shown of s, and no more of it than tells that it is
// longer than limit.
func clean(s string, limit int) []rune {
	var kept []rune
	space, marks := false, 0
	for _, r := range s {
		last, before := rune(0), kept
		if n := len(kept); n > 0 && !space {
			last = kept[n-1]
		}
		if last == joiner && !picture(r) {
			before = kept[:len(kept)-1] // it joins nothing
		}
		switch {
		case blank(r):
			kept, space = before, true
			continue
		case r == joiner || r == emojiForm: // kept behind a picture, where it belongs
			if picture(last) || r == joiner && last == emojiForm {
				kept = append(kept, r)
			}
			continue
		case unseen(r):
			continue
		case !mark(r):
			marks = 0
		case last == 0 || marks == maxMarks: // without a letter, or one of a pile
			continue
		default:
			marks++
		}
		if space && len(before) > 0 {
			before = append(before, ' ')
		}
		kept, space = append(before, r), false
		if len(kept) > limit+1 {
			break
		}
	}
	if n := len(kept); n > 0 && kept[n-1] == joiner {
		return kept[:n-1]
	}
	return kept
}

// cut shortens s to at most limit characters, with an ellipsis where
// something went.
func cut(s []rune, limit int) []rune {
	if len(s) <= limit {
		return s
	}
	end, flags := 0, 0
	for i := 0; i < limit; i++ {
		if i == 0 || !together(s[i-1], s[i], flags) {
			end = i
		}
		if flags++; !flag(s[i]) {
			flags = 0
		}
	}
	if end == 0 { // one that is longer than all that may be shown
		end = limit - 1
	}
	return []rune(strings.TrimRight(string(s[:end]), " \u200d") + "…")
}

func containsRight(s []rune) bool {
	for _, r := range s {
		if r < 0x590 { // before the Hebrew letters
			continue
		}
		p, _ := bidi.LookupRune(r)
		if c := p.Class(); c == bidi.R || c == bidi.AL {
			return true
		}
	}
	return false
}
