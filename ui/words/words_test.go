package words

import (
	"strings"
	"sync"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// speaker says the texts of a file of its own.
func speaker(t *testing.T, tag, file string) *Words {
	t.Helper()
	b := i18n.NewBundle(language.English)
	for name, text := range map[string]string{
		"a.en.json":          `{"a":{"plain":"as it is","name":"for {{.name}}, {{.n}}","files":{"one":"{{.n}} file of {{.of}}","other":"{{.n}} files of {{.of}}"},"english":"only here"}}`,
		"b." + tag + ".json": file,
	} {
		if _, err := b.ParseMessageFileBytes([]byte(text), name); err != nil {
			t.Fatal(err)
		}
	}
	return &Words{tag: tag, local: i18n.NewLocalizer(b, tag), print: message.NewPrinter(language.Make(tag))}
}

func TestTexts(t *testing.T) {
	w := speaker(t, "fr", `{"a":{"plain":"tel quel","name":"pour {{.name}} :{{.n}}","files":{"one":"{{.n}} fichier de {{.of}}","other":"{{.n}} fichiers de {{.of}}"},"bad":"{{if .x}}y{{end}}","open":"{{.x","dot":"{{.}}"}}`)
	for _, c := range []struct{ got, want string }{
		{w.T("a.plain"), "tel quel"},
		{w.T("a.plain", "unused", 1), "tel quel"},
		{w.T("a.name", "name", "{{.n}}", "n", 7), "pour {{.n}} :7"}, // what is filled in is no template
		{w.T("a.name", "name", "x"), "pour x :[n]"},
		{w.T("a.name", "name"), "pour [name] :[n]"},
		{w.T("a.name", 3, "y"), "pour [name] :[n]"},
		{w.T("a.english"), "only here"},
		{w.T("a.missing"), "[a.missing]"},
		{w.T(""), "[]"},
		{w.T("a.bad"), "[a.bad]"},
		{w.T("a.open"), "[a.open]"},
		{w.T("a.dot"), "[a.dot]"},
		{w.N("a.missing", 2), "[a.missing]"},
		{w.N("a.files", 0, "of", "x"), "0 fichier de x"}, // none is one in French
		{w.N("a.files", 1, "of", "x"), "1 fichier de x"},
		{w.N("a.files", 2, "of", "x"), "2 fichiers de x"},
		{w.N("a.files", 1000000, "of", "x"), "1\u00a0000\u00a0000 fichiers de x"}, // CLDR: many
		{w.N("a.files", -1, "of", "x"), "— fichier de x"},
		{w.N("a.files", 2, "n", "x", "of", "y"), "2 fichiers de y"},
	} {
		if c.got != c.want {
			t.Errorf("%q, not %q", c.got, c.want)
		}
	}
}

// TestConcurrent is for the race detector: pages ask from several goroutines.
func TestConcurrent(t *testing.T) {
	w := New("de")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 100 {
				if s := w.N("unit.days", i) + w.Size(1e9) + w.Left(1e11); strings.Contains(s, "[") {
					t.Error(s)
				}
			}
		})
	}
	all.Wait()
}

func TestTags(t *testing.T) {
	for _, c := range []struct{ wanted, want string }{
		{"", "en"}, {"C", "en"}, {"POSIX", "en"}, {"C.UTF-8", "en"}, {"en_US.UTF-8", "en"}, {"und", "en"}, {"x-private", "en"},
		{"de", "de"}, {"de_DE.UTF-8@euro", "de"}, {"de-AT-1996", "de"}, {"DE_at", "de"}, {"gsw-CH", "de"},
		{"pt-PT", "pt"}, {"pt_BR", "pt"}, {"es-419", "es"}, {"fr_CA@x", "fr"}, {"ja-JP", "ja"},
		{"zh", "zh"}, {"zh-Hans-CN", "zh"}, {"zh-Hant", "zh"}, {"zh_TW.UTF-8", "zh"}, {"zh_HK", "zh"},
		{"nl", "en"}, {"nl de", "de"}, {"nl:fr:en", "fr"}, {"C fr", "fr"}, {"zh-Hant en", "zh"}, {"en-GB de", "en"}, {"ru uk ja", "ja"},
		{"🙂 ../../etc \x00 de", "de"}, {strings.Repeat("de-", 500), "en"},
	} {
		if got := New(strings.Split(c.wanted, " ")...).Tag(); got != c.want {
			t.Errorf("%q speaks %s, not %s", c.wanted, got, c.want)
		}
	}
	if got := New().Tag(); got != "en" {
		t.Errorf("without a wish it speaks %s", got)
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, tag := range Languages {
		n := Name(tag)
		if n == tag || seen[n] {
			t.Errorf("%s is called %s", tag, n)
		}
		seen[n] = true
	}
	if len(names) != len(Languages) || Name("ja") != "日本語" || Name("nl") != "nl" {
		t.Error("names and languages do not go together")
	}
}

func BenchmarkT(b *testing.B) {
	w := New("de")
	b.ReportAllocs()
	for b.Loop() {
		w.T("reason.held", "who", "x", "rate", "y")
	}
}

func BenchmarkN(b *testing.B) {
	w := New("de")
	b.ReportAllocs()
	for b.Loop() {
		w.N("unit.days", 3)
	}
}

func BenchmarkSize(b *testing.B) {
	w := New("de")
	b.ReportAllocs()
	for b.Loop() {
		w.Size(1234567890)
	}
}

func BenchmarkNew(b *testing.B) {
	New()
	b.ReportAllocs()
	for b.Loop() {
		New("de_DE.UTF-8")
	}
}
