// Package words is everything the window says, in each language: texts from
// the translation files, and sizes, rates, times and numbers the way people
// of that language write them. It knows no toolkit.
package words

import (
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Words speaks one language. Safe for concurrent use once made; SetBits is
// for the UI goroutine.
type Words struct {
	tag   string
	local *i18n.Localizer
	print *message.Printer
	bits  bool
}

// New speaks the language that fits tags best, in the order of preference;
// English where none does. Tags are BCP 47 ("pt-BR") or POSIX ("pt_BR.UTF-8",
// and lists of them as in LANGUAGE, "pt:en").
func New(tags ...string) *Words {
	tag := match(tags)
	return &Words{tag: tag, local: i18n.NewLocalizer(bundle(), tag), print: message.NewPrinter(language.Make(tag))}
}

// Tag is the language spoken, one of Languages.
func (w *Words) Tag() string { return w.tag }

// T is the text of key. args are names and values in turn; a text refers to
// them as {{.name}}. A key that is not there shows itself, in brackets.
func (w *Words) T(key string, args ...any) string {
	return w.text(i18n.LocalizeConfig{MessageID: key, TemplateData: args, TemplateParser: simpleParser{}})
}

// N is the text of key for n of something, in the plural form of the
// language; the text refers to the number as {{.n}}.
func (w *Words) N(key string, n int, args ...any) string {
	args = append([]any{"n", w.Count(int64(n))}, args...)
	return w.text(i18n.LocalizeConfig{MessageID: key, TemplateData: args, PluralCount: n, TemplateParser: simpleParser{}})
}

// has reports whether there is a text for key, if only in English.
func (w *Words) has(key string) bool {
	s, _ := w.local.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateParser: simpleParser{}})
	return s != ""
}

// text is in English where the language has none.
func (w *Words) text(c i18n.LocalizeConfig) string {
	if s, err := w.local.Localize(&c); s != "" || err == nil {
		return s
	}
	return "[" + c.MessageID + "]"
}
