package words

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	long := strings.Repeat("a", 300)
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"Feature film", 20, "Feature film"},
		{"", 20, ""},
		{long, 10, "aaaaaaaaa…"},
		{"exactly ten", 11, "exactly ten"},
		{"cut at a space", 8, "cut at…"},
		{"abc", 1, "…"}, {"abc", 0, "…"}, {"abc", -5, "…"}, {"a", 0, "a"},
		// what hides, moves or lies
		{"a\x00b\x1b[31mc\u007fd\u0085e", 40, "ab[31mcd e"},
		{"one\ntwo\tthree\r\nfour", 40, "one two three four"},
		{"  film   \u00a0\u3000 .exe \u2028", 40, "film .exe"},
		{"film" + strings.Repeat(" ", 200) + ".exe", 40, "film .exe"},
		{"photo\u202egpj.exe", 40, "photogpj.exe"},
		{"\u2066a\u2067b\u2068c\u2069d\u200ee\u200ff\u061cg", 40, "abcdefg"},
		{"a\ufeffb\u200bc\u00add\u2060e\u034ff\u180eg", 40, "abcdefg"},
		{"\u3164\u115f\uffa0\u2800 ", 40, "?"},
		{"\u202e\u200b\x01", 40, "?"},
		{" \n ", 40, "?"},
		{"\xff\xfe", 40, "?"}, {"a\xffb\ufffdc", 40, "abc"},
		{"a\ue000b\U000f0000c\ufdd0d\uffffe\U000e0041f", 40, "abcdef"},
		// what is only text here
		{"<b>HTML</b>", 40, "<b>HTML</b>"}, {"$(calc) `x` {{.n}} %s", 40, "$(calc) `x` {{.n}} %s"},
		// marks
		{"cafe\u0301 noir", 40, "cafe\u0301 noir"},
		{"cafe\u0301 noir", 5, "caf…"},
		{"Z" + strings.Repeat("\u0300", 60) + "algo", 40, "Z\u0300\u0300\u0300\u0300algo"},
		{"\u0301start", 40, "start"}, {"a \u0301b", 40, "a b"},
		{"हिन्दी", 40, "हिन्दी"}, {"हिन्दी", 5, "हिन्…"}, {"한국어", 2, "한…"}, {"\u1112\u1161\u11ab\u1100\u1161", 4, "\u1112\u1161\u11ab…"}, {"a\u1112\u1161\u11abb", 4, "a…"},
		// pictures
		{"👨‍👩‍👧 family", 40, "👨‍👩‍👧 family"}, {"ab👨‍👩‍👧", 5, "ab…"}, {"👨‍👩‍👧👨‍👩‍👧", 6, "👨‍👩‍👧…"},
		{"👍🏽👍🏽", 3, "👍🏽…"}, {"🇩🇪🇫🇷🇯🇵", 5, "🇩🇪🇫🇷…"}, {"🇩🇪🇫🇷🇯🇵", 4, "🇩🇪…"}, {"❤️❤️", 3, "❤️…"}, {"🇩🇪x🇫🇷", 4, "🇩🇪x…"}, {"a👍🏽b", 3, "a…"},
		{"a\u200db\u200dc\u200d", 40, "abc"}, {"👨\u200dx👨\u200d", 40, "👨x👨"}, {"👨\u200d 👩", 40, "👨 👩"}, {"a\ufe0f\ufe0f👨\ufe0f\ufe0f", 40, "a👨\ufe0f"},
		{strings.Repeat("👨\u200d", 50), 5, "👨‍👨…"},
		// other scripts
		{"日本語の映画 2026", 40, "日本語の映画 2026"}, {"日本語の映画", 4, "日本語…"},
		{"فيلم طويل.mp4", 40, "\u2068فيلم طويل.mp4\u2069"}, {"film שלום", 40, "\u2068film שלום\u2069"}, {"abcdef שלום", 4, "abc…"},
		{"فيلم طويل", 5, "\u2068فيلم…\u2069"}, {"فيلم\u202eطويل\u2069", 40, "\u2068فيلمطويل\u2069"},
	} {
		if got := Plain(c.s, c.limit); got != c.want {
			t.Errorf("%q in %d: %q, not %q", c.s, c.limit, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "film", "a\u202eb", "👨‍👩‍👧🇩🇪", "Z\u0300\u0300\u0300\u0300\u0300", "\xff", "  a  ", "فيلم 2", "한", "\u200d\ufe0f\u0301 "} {
		for _, limit := range []int{-1, 0, 1, 3, 60} {
			f.Add(s, limit)
		}
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(limit, 500)
		got := Plain(s, limit)
		if (got == "") != (s == "") {
			t.Fatalf("%q became %q", s, got)
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "\u2068"), "\u2069")
		if isolated := inner != got; isolated != containsRight([]rune(inner)) || isolated && len(got) != len(inner)+6 {
			t.Fatalf("%q is isolated badly", got)
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(inner) > max(limit, 1) || strings.TrimSpace(inner) != inner || strings.Contains(inner, "  ") {
			t.Fatalf("%q", got)
		}
		for _, r := range inner {
			if r != joiner && r != emojiForm && (unseen(r) || r != ' ' && blank(r) || unicode.IsControl(r)) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := Plain(got, limit); again != got {
			t.Fatalf("%q became %q the second time", got, again)
		}
	})
}

func BenchmarkPlain(b *testing.B) {
	for name, s := range map[string]string{"ascii": "Feature film 2026 (director's cut)", "mixed": "Größe 日本語 👨‍👩‍👧 film", "long": strings.Repeat("é", 4000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Plain(s, 80)
			}
		})
	}
}
