package system

import (
	"os"
	"slices"
	"strings"
)

// fromEnvironment are the languages that POSIX and GNU gettext read from the
// environment, best first, as BCP 47 tags.
func fromEnvironment() []string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = os.Getenv(name); locale != "" {
			break
		}
	}
	tag := fromPOSIX(locale)
	if tag == "" {
		return nil // the C locale, in which LANGUAGE does not count
	}
	var tags []string
	for _, l := range append(strings.Split(os.Getenv("LANGUAGE"), ":"), locale) {
		if t := fromPOSIX(l); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return tags
}

// scripts are the modifiers of a locale that say how a language is written.
var scripts = map[string]string{"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}

// fromPOSIX turns a locale, language[_TERRITORY][.codeset][@modifier], into a
// tag; "" for C, POSIX and what is none.
func fromPOSIX(locale string) string {
	locale, modifier, _ := strings.Cut(locale, "@")
	locale, _, _ = strings.Cut(locale, ".")
	language, territory, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_")
	if language == "C" || language == "POSIX" {
		return ""
	}
	parts := []string{language}
	if script := scripts[modifier]; script != "" {
		parts = append(parts, script)
	}
	for _, p := range strings.Split(territory, "_") {
		if p != "" {
			parts = append(parts, p)
		}
	}
	for _, p := range parts {
		if len(p) < 2 || len(p) > 8 || strings.ContainsFunc(p, notAlphanumeric) {
			return ""
		}
	}
	return strings.Join(parts, "-")
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// fromPropertyList reads the list of languages as macOS prints it: a line
// each, between parentheses, with or without quotes.
func fromPropertyList(s string) []string {
	var tags []string
	for line := range strings.Lines(s) {
		tag := strings.Trim(strings.TrimSpace(line), `",`)
		if tag = fromPOSIX(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
