package spell

import "testing"

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"film.mkv":                 "film.mkv",
		"a\x1b[2Jb\nc\td":          "a[2Jb c d",
		"abc\u202egpj.exe\u2028x":  "abcgpj.exex",
		"bad \xff\xfe bytes\ufffd": "bad  bytes",
		"日本語 é":                    "日本語 é",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"roles", "roles", 0}, {"rolse", "roles", 2}, {"kitten", "sitting", 3}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, not %d", c.a, c.b, got, c.want)
		}
	}
}
