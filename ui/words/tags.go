package words

import (
	"strings"

	"golang.org/x/text/language"
)

// Languages are the tags there are translations for, English first.
var Languages = []string{"en", "de", "fr", "es", "pt", "ja", "zh"}

// names are what the languages call themselves, in the order of Languages.
var names = []string{"English", "Deutsch", "Français", "Español", "Português (Brasil)", "日本語", "简体中文"}

// Name is what the language of a tag calls itself; the tag where there is no
// translation for it.
func Name(tag string) string {
	for i, t := range Languages {
		if t == tag {
			return names[i]
		}
	}
	return tag
}

var matcher = language.NewMatcher(func() (tags []language.Tag) {
	for _, t := range Languages {
		tags = append(tags, language.MustParse(t))
	}
	return tags
}())

// match is what the first of wanted leads to: a reader of Traditional Chinese
// who lists English second is better served with Simplified.
func match(wanted []string) string {
	for _, list := range wanted {
		for t := range strings.SplitSeq(list, ":") {
			tag, err := language.Parse(bcp(t))
			if err != nil || tag.IsRoot() {
				continue
			}
			if _, i, c := matcher.Match(tag); c != language.No {
				return Languages[i]
			}
		}
	}
	return Languages[0]
}

// bcp makes a BCP 47 tag of a POSIX name: "de_DE.UTF-8@euro" is "de-DE". The
// names without a language, "C" and "POSIX", become nothing that parses.
func bcp(posix string) string {
	t, _, _ := strings.Cut(strings.TrimSpace(posix), "@")
	t, _, _ = strings.Cut(t, ".")
	return strings.ReplaceAll(t, "_", "-")
}
