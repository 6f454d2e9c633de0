package system

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
)

// oddPrograms are names that have to be quoted.
var oddPrograms = []string{
	"grove", "with space", `quote"d`, "it's", "$HOME", "`calc`", `back\slash`, `\\`, "a;b|c&d<e>f", "*?[]~#", "(x){y}", "漢字", "!",
}

// TestLaunchAgent reads what is written for macOS as XML.
func TestLaunchAgent(t *testing.T) {
	for _, name := range append(oddPrograms, "<string>", "a&amp;b", "]]>") {
		text, err := launchAgent("/Applications/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for d := xml.NewDecoder(bytes.NewReader([]byte(text))); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v\n%s", name, err, text)
			}
			if c, ok := token.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
				words = append(words, string(c))
			}
		}
		if want := []string{"Label", agent, "ProgramArguments", "/Applications/" + name, "--hidden", "RunAtLoad", "LimitLoadToSessionType", "Aqua"}; !slices.Equal(words, want) {
			t.Errorf("%q: %q", name, words)
		}
	}
}
