package system

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hostile are words of strangers that try to be more than words.
var hostile = []string{
	"$(calc)", "`calc`", `"; calc; "`, "'; calc; '", "$env:PATH", "%PATH%", "${HOME}",
	`" & do shell script "calc" & "`, "-e", "--help", "\\", `\" calc`,
	"<b>bold</b>", `<a href="http://x">x</a>`, "<img src=x>", "&lt;", "]]>", "</text>",
	"a\u202egpj.exe", "a\x00b", "a\x1b[31mb", "a\r\nb", "\u2066a\u2069", "\ufeff", string(rune(0xe0001)),
	strings.Repeat("w", 5_000), "عربي", "漢字", "👩‍👩‍👧", "\xff\xfe",
}
