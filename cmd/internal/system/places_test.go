package system

import (
	"net"
	"slices"
	"strings"
	"testing"
)

func TestFromPOSIX(t *testing.T) {
	for locale, want := range map[string]string{
		"de_DE.UTF-8": "de-DE", "pt_BR": "pt-BR", "ja": "ja", "zh_CN.GB18030": "zh-CN", "de_AT@euro": "de-AT", "zh-Hans-CN": "zh-Hans-CN",
		"sr_RS@latin": "sr-Latn-RS", "sr_RS.UTF-8@latin": "sr-Latn-RS", "ca_ES@valencia": "ca-ES", "fil_PH": "fil-PH",
		"": "", "C": "", "C.UTF-8": "", "POSIX": "", "x": "", "de_": "de", "../../etc": "", "de\x00": "", "englishlanguage": "",
	} {
		if got := fromPOSIX(locale); got != want {
			t.Errorf("%q: %q; want %q", locale, got, want)
		}
	}
}

func TestLanguagesOfTheEnvironment(t *testing.T) {
	for _, row := range []struct{ all, messages, lang, language, want string }{
		{"", "", "", "", ""},
		{"", "", "de_DE.UTF-8", "", "de-DE"},
		{"", "fr_FR", "de_DE.UTF-8", "", "fr-FR"},
		{"ja_JP", "fr_FR", "de_DE.UTF-8", "", "ja-JP"},
		{"", "", "de_DE.UTF-8", "pt_BR:pt:de_DE", "pt-BR pt de-DE"},
		{"", "", "de_DE.UTF-8", ":C::", "de-DE"},
		{"", "", "C.UTF-8", "pt_BR", ""},
		{"C", "", "de_DE.UTF-8", "pt_BR", ""},
	} {
		for name, value := range map[string]string{"LC_ALL": row.all, "LC_MESSAGES": row.messages, "LANG": row.lang, "LANGUAGE": row.language} {
			t.Setenv(name, value)
		}
		if got := strings.Join(fromEnvironment(), " "); got != row.want {
			t.Errorf("%+v: %q", row, got)
		}
	}
}

func TestFromPropertyList(t *testing.T) {
	for text, want := range map[string]string{
		"(\n    \"en-DE\",\n    \"de-DE\"\n)\n":             "en-DE de-DE",
		"(\n    en,\n    \"zh-Hans-CN\",\n    \"pt-BR\"\n)": "en zh-Hans-CN pt-BR",
		"": "", "(\n)\n": "", "The domain/default pair does not exist": "",
	} {
		if got := strings.Join(fromPropertyList(text), " "); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestInterfaces: each can be found by its name, is up, and is no loopback.
func TestInterfaces(t *testing.T) {
	names := Interfaces()
	for _, name := range names {
		itf, err := net.InterfaceByName(name)
		if err != nil || itf.Flags&net.FlagUp == 0 || itf.Flags&net.FlagLoopback != 0 {
			t.Errorf("%s: %+v, %v", name, itf, err)
		}
	}
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, itf := range all {
		addrs, err := itf.Addrs()
		want := err == nil && len(addrs) > 0 && itf.Flags&net.FlagUp != 0 && itf.Flags&net.FlagLoopback == 0
		if slices.Contains(names, itf.Name) != want {
			t.Errorf("%+v is left out or in", itf)
		}
	}
}
