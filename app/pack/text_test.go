package pack

import "testing"

// What is quoted for an error is itself a text that may be shown.
func TestShow(t *testing.T) {
	for in, want := range map[string]string{
		"plain":             `"plain"`,
		"é":                 `"é"`,
		"e\u0301":           `"e\u0301"`,
		"\xaa\u0308":        `"\xaa\u0308"`, // the escape ends in an a
		"é\xaa\u0308":       `"\u00e9\xaa\u0308"`,
		"a\u202eb\nc\x1b[2": `"a\u202eb\nc\x1b[2"`,
	} {
		got := show(in)
		if got != want {
			t.Errorf("%+q is shown as %s, want %s", in, got, want)
		}
		if err := checkCharacters(got, ""); err != nil {
			t.Errorf("%+q: %v", in, err)
		}
	}
}
