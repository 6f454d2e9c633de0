package doctor

import (
	_ "embed"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Redactor takes out of a text what tells who somebody is or what he
// fetches. It does not look for what is private, which nobody can list, but
// keeps what is known to be harmless: words that Grove, Go and libp2p use in
// their messages, short numbers, times. Everything else becomes a code, where
// it matters that two are the same (ip-a, peer-b, host-c), or an ellipsis.
//
// Safe for one goroutine. A text that went through it may go through it again.
type Redactor struct {
	shown  map[string]bool
	hidden []hidden          // the longest first
	codes  map[string]string // by kind and text
	issued map[string]bool   // the codes
	counts map[string]int    // of each kind
}

type hidden struct{ text, kind string } // text in lower case

//go:embed words.txt
var wordList string

var harmless = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(wordList) {
		all[w] = true
	}
	return all
}()

// gone stands for what is not said at all.
const gone = "…"

// NewRedactor knows nothing private yet.
func NewRedactor() *Redactor {
	return &Redactor{shown: map[string]bool{}, codes: map[string]string{}, issued: map[string]bool{}, counts: map[string]int{}}
}

// Show lets exact texts through, such as a version.
func (r *Redactor) Show(texts ...string) {
	for _, s := range texts {
		if s != "" {
			r.shown[s] = true
		}
	}
}

// Hide takes out texts that are known to be private, whatever words they are
// made of. kind is what the code says instead: name, path, user, host.
func (r *Redactor) Hide(kind string, texts ...string) {
	for _, s := range texts {
		if first, rest, two := strings.Cut(s, "\n"); two {
			r.Hide(kind, first, rest)
			continue
		}
		s = lowered(strings.TrimSpace(s))
		if utf8.RuneCountInString(s) < 2 || !strings.ContainsFunc(s, unicode.IsLetter) || slices.Contains(r.hidden, hidden{s, kind}) {
			continue // says nothing; it would only riddle the rest
		}
		r.hidden = append(r.hidden, hidden{s, kind})
	}
	slices.SortStableFunc(r.hidden, func(a, b hidden) int { return len(b.text) - len(a.text) })
}

// code is the code of a private text: the same for the same one.
func (r *Redactor) code(kind, text string) string {
	key := kind + " " + strings.ToLower(text)
	c, ok := r.codes[key]
	if !ok {
		n := r.counts[kind]
		r.counts[kind]++
		c = kind + "-" + letters(n)
		r.codes[key], r.issued[c] = c, true
	}
	return c
}

// letters counts a, b, ... z, aa, ab, ... .
func letters(n int) string {
	s := string(rune('a' + n%26))
	if n >= 26 {
		s = letters(n/26-1) + s
	}
	return s
}

// whole is what is taken in one piece, because parts of it could pass for
// harmless: links, URLs, and bytes that were printed as numbers.
var whole = regexp.MustCompile(`(?i)grove:\d[^\s"<>]*|[a-z][a-z0-9+.-]*://[^\s"<>]*|\b\d{1,3}(?:[ ,]+\d{1,3}){5,}\b`)

// maxLine is how much of a line is looked at, in bytes: no message is longer.
const maxLine = 8 << 10

// Text is s without what is private, line by line.
func (r *Redactor) Text(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(line) > maxLine {
			r.line(&b, strings.ToValidUTF8(line[:maxLine], gone))
			line = gone
		}
		r.line(&b, strings.ToValidUTF8(line, gone))
	}
	return b.String()
}

func (r *Redactor) line(b *strings.Builder, s string) {
	for s != "" {
		at := whole.FindStringIndex(s)
		if at == nil {
			at = []int{len(s), len(s)}
		}
		r.parts(b, s[:at[0]])
		n := at[0]
		if n < len(s) {
			n += r.one(b, s[at[0]:at[1]])
		}
		s = s[n:]
	}
}

// parts writes a text that nothing is to be taken of in one piece.
func (r *Redactor) parts(b *strings.Builder, s string) {
	for s != "" {
		at, end, h := r.firstHidden(s)
		r.scan(b, s[:at])
		if h != nil {
			b.WriteString(r.code(h.kind, h.text))
		}
		s = s[end:]
	}
}

// firstHidden is where the first hidden text begins and ends in s; len(s)
// where there is none. Of two at one place it is the longer one.
func (r *Redactor) firstHidden(s string) (at, end int, h *hidden) {
	at, end = len(s), len(s)
	if len(r.hidden) == 0 {
		return at, end, nil
	}
	low := lowered(s)
	for i := range r.hidden {
		text := r.hidden[i].text
		for from := 0; from < len(low); {
			j := strings.Index(low[from:], text)
			if j < 0 || from+j >= at {
				break
			}
			if j += from; apart(low[:j], low[j+len(text):]) {
				at, end, h = j, j+len(text), &r.hidden[i]
				break
			}
			from = j + 1
		}
	}
	return at, end, h
}

// lowered is s in lower case, byte for byte in the same place.
func lowered(s string) string {
	return strings.Map(func(c rune) rune {
		if l := unicode.ToLower(c); utf8.RuneLen(l) == utf8.RuneLen(c) {
			return l
		}
		return c
	}, s)
}

// apart reports whether a word begins and ends between two texts.
func apart(before, after string) bool {
	b, _ := utf8.DecodeLastRuneInString(before)
	a, _ := utf8.DecodeRuneInString(after)
	return !isWordRune(b) && !isWordRune(a)
}

func isWordRune(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// Redacted is a copy of v, which has a JSON form, with every text in it
// redacted. Numbers, times and the names of fields stay.
func Redacted[T any](r *Redactor, v T) (T, error) {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err == nil {
		r.walk(reflect.ValueOf(&out).Elem())
	}
	return out, err
}

func (r *Redactor) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(r.Text(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.walk(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			r.walk(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			r.walk(v.Index(i))
		}
	case reflect.Map: // its keys are the names of log attributes
		for _, k := range v.MapKeys() {
			old := v.MapIndex(k)
			one := reflect.New(old.Type()).Elem()
			one.Set(old)
			r.walk(one)
			v.SetMapIndex(k, reflect.Value{})
			v.SetMapIndex(reflect.ValueOf(r.Text(k.String())).Convert(k.Type()), one)
		}
	case reflect.Interface:
		if s, ok := v.Interface().(string); ok {
			v.Set(reflect.ValueOf(r.Text(s)))
		} else if !v.IsNil() { // of a decoded any: what is not text, a number or a truth is not expected
			if k := v.Elem().Kind(); k != reflect.Float64 && k != reflect.Bool {
				v.Set(reflect.ValueOf(gone))
			}
		}
	}
}
