package pack

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The canonical form: compact JSON, fields in the order of Manifest, those
// that may be left out left out when empty, in strings only \" \\ and \n
// escaped, one newline at the end. It is written by the code below, and not
// by encoding/json, so that no version of Go can change what is signed.

// encode appends the canonical form to b.
func (m *Manifest) encode(b []byte) []byte {
	e := encoder{append(b, '{')}
	e.text("type", m.Type)
	e.number("v", int64(m.V))
	e.text("publisher", m.Publisher.String())
	if m.Series != "" {
		e.text("series", m.Series)
	}
	if m.Seq != 0 {
		e.key("seq")
		e.b = strconv.AppendUint(e.b, m.Seq, 10)
	}
	e.time("created", m.Created)
	if !m.Expires.IsZero() {
		e.time("expires", m.Expires)
	}
	e.text("name", m.Name)
	if m.About != "" {
		e.text("about", m.About)
	}
	e.number("piece", m.Piece)
	e.files(m.Files)
	e.hash("hashes", m.Hashes)
	for _, l := range []struct {
		field string
		list  []string
	}{{"origins", m.Origins}, {"trackers", m.Trackers}, {"relays", m.Relays}} {
		if len(l.list) > 0 {
			e.list(l.field, l.list)
		}
	}
	if m.Floor != 0 {
		e.number("floor", m.Floor)
	}
	for _, t := range []struct{ field, text string }{{"report", m.Report}, {"feed", m.Feed}, {"domain", m.Domain}} {
		if t.text != "" {
			e.text(t.field, t.text)
		}
	}
	if m.Poster != (Hash{}) {
		e.hash("poster", m.Poster)
	}
	if m.Sealed != "" {
		e.text("sealed", m.Sealed)
	}
	return append(e.b, "}\n"...)
}

// encoder appends JSON to b.
type encoder struct {
	b []byte
}

// key begins a field.
func (e *encoder) key(name string) {
	if e.b[len(e.b)-1] != '{' {
		e.b = append(e.b, ',')
	}
	e.b = append(e.b, '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
}

func (e *encoder) text(name, s string) {
	e.key(name)
	e.b = appendText(e.b, s)
}

func (e *encoder) number(name string, n int64) {
	e.key(name)
	e.b = strconv.AppendInt(e.b, n, 10)
}

func (e *encoder) hash(name string, h Hash) {
	e.key(name)
	e.b = append(e.b, '"')
	e.b = hex.AppendEncode(e.b, h[:])
	e.b = append(e.b, '"')
}

func (e *encoder) time(name string, t time.Time) {
	e.key(name)
	e.b = append(e.b, '"')
	e.b = t.AppendFormat(e.b, time.RFC3339Nano)
	e.b = append(e.b, '"')
}

func (e *encoder) list(name string, list []string) {
	e.key(name)
	e.texts(list)
}

func (e *encoder) texts(list []string) {
	e.b = append(e.b, '[')
	for i, s := range list {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendText(e.b, s)
	}
	e.b = append(e.b, ']')
}

func (e *encoder) files(files []File) {
	e.key("files")
	e.b = append(e.b, '[')
	for i, f := range files {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, '{')
		e.list("path", f.Path)
		e.number("size", f.Size)
		e.hash("sha256", f.SHA256)
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ']')
}

// appendText appends a JSON string. Control characters but the line feed are
// valid in no field; they are written so that the result is JSON all the same.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// decodeManifest reads the canonical form and nothing else. Unknown fields,
// second spellings, missing fields and trailing bytes all show in the one
// comparison with what would have been written.
func decodeManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := checkShape(b); err != nil {
		return m, refuse(BadManifest, "", "%w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		var own *Error // a publisher's key was refused
		if errors.As(err, &own) {
			return Manifest{}, own
		}
		return Manifest{}, refuse(BadManifest, "", "%w", err)
	}
	again := m.encode(make([]byte, 0, len(b)+64))
	at := 0
	for at < len(b) && at < len(again) && b[at] == again[at] {
		at++
	}
	if at < len(b) || at < len(again) {
		return Manifest{}, refuse(BadManifest, fmt.Sprintf("byte %d", at), "an unknown field, or not in canonical form: %s",
			show(string(b[max(at-12, 0):min(at+24, len(b))])))
	}
	return m, nil
}

// checkShape bounds what decoding may cost: it counts brackets and commas
// outside strings and measures what is between them, and refuses what no
// manifest has. It accepts every manifest, and is no proof that the rest is
// JSON.
func checkShape(b []byte) error {
	const (
		maxText = 4*MaxAbout + 2 // bytes of a string: no character takes more than four
		maxWord = 20             // bytes of a number, or of anything else outside a string
	)
	limit := [...]int{0, fieldCount, MaxFiles, 3, MaxDepth} // entries, by depth
	var count [len(limit)]int
	depth, inString, from := 0, false, 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		if inString {
			if i-from > maxText {
				return fmt.Errorf("byte %d: a text of more than %d bytes", from, maxText)
			}
			switch c {
			case '\\':
				i++
			case '"':
				inString, from = false, i+1
			}
			continue
		}
		switch c {
		case '"':
			inString = true
		case '{', '[':
			if depth++; depth == len(limit) {
				return fmt.Errorf("byte %d: nested too deeply", i)
			}
			count[depth] = 1
		case '}', ']':
			if depth--; depth < 0 {
				return fmt.Errorf("byte %d: brackets do not match", i)
			}
		case ',':
			if count[depth]++; count[depth] > limit[depth] {
				return fmt.Errorf("byte %d: more than %d entries in a list or object", i, limit[depth])
			}
		case ':':
		default:
			if i-from >= maxWord {
				return fmt.Errorf("byte %d: neither a text nor a number", from)
			}
			continue
		}
		from = i + 1
	}
	return nil
}
