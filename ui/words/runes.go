package words

import "unicode"

const (
	joiner    = '\u200d' // makes one picture of two
	emojiForm = '\ufe0f' // asks for the picture of the character before it
)

// maxMarks is how many marks one letter keeps. No language piles up more, and
// a pile runs over the rows above and below.
const maxMarks = 4

// blank is white space of any width.
func blank(r rune) bool { return unicode.IsSpace(r) || r == '\u2800' }

// unseen draws nothing where a font is as it should be, and so hides what is
// in a name; or draws what each font likes.
func unseen(r rune) bool {
	return r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

func mark(r rune) bool { return unicode.Is(unicode.M, r) }

// picture is what joins to a larger picture: emoji and their skin tones.
func picture(r rune) bool { return unicode.Is(unicode.So, r) || tone(r) }

func tone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

// flag is one of the two letters that make a flag.
func flag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// jamo is a vowel or final consonant of Hangul that its syllable goes on
// with.
func jamo(r rune) bool { return r >= 0x1161 && r <= 0x11ff || r >= 0xd7b0 && r <= 0xd7fb }

// together reports whether a reader takes a and b for one character. flags is
// how many letters of flags end with a.
func together(a, b rune, flags int) bool {
	return mark(b) || b == joiner || b == emojiForm || a == joiner || tone(b) || jamo(b) || flag(b) && flags%2 == 1
}
