package words

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"grove/assets"
)

// bundle reads every translation file, assets/words/<area>.<language>.json,
// at its first call.
var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	files, err := fs.Glob(assets.Words, "words/*.json")
	if err != nil {
		panic("words: " + err.Error())
	}
	for _, f := range files {
		text, err := fs.ReadFile(assets.Words, f)
		if err == nil {
			_, err = b.ParseMessageFileBytes(text, path.Base(f))
		}
		if err != nil { // a test reads them all
			panic(fmt.Sprintf("words: %s: %v", f, err))
		}
	}
	return b
})

// simpleParser reads texts with {{.name}} in them, and nothing else that a Go
// template may hold: rows are made of such texts, and text/template takes ten
// times as long.
type simpleParser struct{}

// Cacheable lets go-i18n keep what Parse made.
func (simpleParser) Cacheable() bool { return true }

// Parse implements template.Parser.
func (simpleParser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	var t text
	for {
		before, rest, found := strings.Cut(src, "{{")
		if t = append(t, before); !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed || len(name) < 2 || name[0] != '.' || strings.ContainsAny(name, " {}|$()") {
			return nil, fmt.Errorf("{{%s is not {{.name}}", rest)
		}
		t, src = append(t, name[1:]), after
	}
}

// text is what is said and the names of what is filled in, in turn; it begins
// and ends with something said, be it empty.
type text []string

// Execute fills in data, a list of names and values in turn. A name without a
// value shows itself, in brackets.
func (t text) Execute(data any) (string, error) {
	if len(t) == 1 {
		return t[0], nil
	}
	args, _ := data.([]any)
	var s strings.Builder
	for i, part := range t {
		if i%2 == 0 {
			s.WriteString(part)
			continue
		}
		switch v := value(args, part).(type) {
		case nil:
			s.WriteString("[" + part + "]")
		case string:
			s.WriteString(v)
		default:
			fmt.Fprint(&s, v)
		}
	}
	return s.String(), nil
}

// value is what follows name in args, or nil.
func value(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
