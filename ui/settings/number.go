package settings

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/unicode/norm"
)

// numbers reads and writes numbers the way a language does. comma: a comma
// parts the whole from the fraction.
type numbers struct{ comma bool }

// numbersOf is what people of the language tag write.
func numbersOf(tag string) numbers {
	return numbers{comma: strings.Contains(message.NewPrinter(language.Make(tag)).Sprintf("%.1f", 0.5), ",")}
}

// decimal is v with as many decimals as it has.
func (n numbers) decimal(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if n.comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// read parts text into a number, not negative, and the unit after it in lower
// case. Blanks and apostrophes between digits do not count.
func (n numbers) read(text string) (v float64, unit string, ok bool) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\'' || r == '’' {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	end := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789.,", r) })
	if end < 0 {
		end = len(text)
	}
	whole, fraction := n.split(text[:end])
	whole, ok = ungroup(whole)
	if !ok || whole == "" && fraction == "" {
		return 0, "", false
	}
	v, err := strconv.ParseFloat(whole+"."+fraction, 64)
	if err != nil || strings.ContainsAny(fraction, ".,") {
		return 0, "", false
	}
	return v, strings.ToLower(text[end:]), true
}

// split parts a number at its decimal separator: the last sign where there are
// two kinds, none where one repeats, and otherwise the language's. The other
// language's counts where it cannot part thousands.
func (n numbers) split(s string) (whole, fraction string) {
	at := strings.LastIndexAny(s, ".,")
	if at < 0 {
		return s, ""
	}
	sign, other := s[at:at+1], "."
	if sign == "." {
		other = ","
	}
	parts := strings.Count(s, sign) == 1
	if parts && !strings.Contains(s, other) && (sign == ",") != n.comma {
		parts = len(s)-at-1 != 3 || at == 0 || at > 3 || s[0] == '0'
	}
	if !parts {
		return s, ""
	}
	return s[:at], s[at+1:]
}

// ungroup takes out what parts thousands; ok is false where it parts anything
// else.
func ungroup(s string) (digits string, ok bool) {
	at := strings.IndexAny(s, ".,")
	if at < 0 {
		return s, true
	}
	groups := strings.Split(s, s[at:at+1])
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(g) > 3) || strings.ContainsAny(g, ".,") {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// prefixes of units are decimal, as sizes and rates are shown.
var prefixes = map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}

// most is above every size and rate there is, and below what overflows.
const most = 1e18

// amount reads a number of bytes: a letter (k, M, G, T) with or without B, the
// French o, or bit; and where it is a rate, with or without "/s". A number
// alone counts in alone bytes. No text is 0.
func (n numbers) amount(text string, alone float64) (int64, bool) {
	if strings.TrimSpace(text) == "" {
		return 0, true
	}
	v, unit, ok := n.read(text)
	if !ok {
		return 0, false
	}
	of, ok := alone, true
	if unit != "" {
		of, ok = unitOf(unit)
	}
	if v = math.Round(v * of); !ok || v > most {
		return 0, false
	}
	return int64(v), true
}

func unitOf(unit string) (bytes float64, ok bool) {
	unit = strings.TrimSuffix(unit, "/s")
	for _, kind := range []struct {
		name  string
		bytes float64
	}{{"bit", 1. / 8}, {"bps", 1. / 8}, {"b", 1}, {"o", 1}, {"", 1}} {
		if letter, is := strings.CutSuffix(unit, kind.name); is {
			of, ok := prefixes[letter]
			return of * kind.bytes, ok
		}
	}
	return 0, false
}
