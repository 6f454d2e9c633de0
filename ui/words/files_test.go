package words

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"grove/assets"
)

// said is one text of one language, by plural form; "other" alone where it
// has no plural.
type said struct {
	key   string
	forms map[string]string
}

func (m said) plural() bool { return len(m.forms) > 1 || m.forms["other"] == "" }

// placeholders are the names that m refers to, sorted.
func (m said) placeholders() []string {
	seen := map[string]bool{}
	for _, s := range m.forms {
		for _, p := range placeholder.FindAllStringSubmatch(s, -1) {
			seen[p[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

var (
	placeholder = regexp.MustCompile(`\{\{\.([a-z_]+)\}\}`)
	reserved    = regexp.MustCompile(`(?i)^(id|description|hash|leftdelim|rightdelim|zero|one|two|few|many|other|translation)$`)
)

// texts reads every translation file: by area, language and key.
func texts(t *testing.T) map[string]map[string]map[string]said {
	t.Helper()
	files, err := fs.Glob(assets.Words, "words/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := map[string]map[string]map[string]said{}
	for _, f := range files {
		parts := strings.Split(path.Base(f), ".")
		if len(parts) != 3 || !slices.Contains(Languages, parts[1]) {
			t.Errorf("%s is not <area>.<language>.json", f)
			continue
		}
		b, err := fs.ReadFile(assets.Words, f)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := json.Unmarshal(b, &tree); err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if all[parts[0]] == nil {
			all[parts[0]] = map[string]map[string]said{}
		}
		found := map[string]said{}
		collect(t, f, "", tree, found)
		for key := range found {
			if !strings.HasPrefix(key, parts[0]+".") {
				t.Errorf("%s: %s is of another area", f, key)
			}
		}
		all[parts[0]][parts[1]] = found
	}
	return all
}

// collect finds the messages under at.
func collect(t *testing.T, file, at string, tree map[string]any, found map[string]said) {
	t.Helper()
	forms := map[string]string{}
	for name, v := range tree {
		s, isText := v.(string)
		sub, isTree := v.(map[string]any)
		key := strings.TrimPrefix(at+"."+name, ".")
		switch {
		case !isText && !isTree:
			t.Errorf("%s: %s is neither a text nor an object", file, key)
		case isTree && reserved.MatchString(name):
			t.Errorf("%s: %s: go-i18n keeps the name %q for itself", file, key, name)
		case isTree:
			collect(t, file, key, sub, found)
		case name == "one" || name == "other":
			forms[name] = s
		case reserved.MatchString(name):
			t.Errorf("%s: %s: go-i18n keeps the name %q for itself, or no language here needs that plural form", file, key, name)
		default:
			found[key] = said{key, map[string]string{"other": s}}
		}
	}
	if len(forms) == 0 {
		return
	}
	if len(forms) != len(tree) {
		t.Errorf("%s: %s mixes plural forms with other keys", file, at)
	}
	found[at] = said{at, forms}
}

// TestEveryLanguage: each area has its keys in all languages, with the same
// placeholders and the plural forms that the language needs.
func TestEveryLanguage(t *testing.T) {
	for area, langs := range texts(t) {
		keys := map[string]bool{}
		for _, found := range langs {
			for key := range found {
				keys[key] = true
			}
		}
		for _, tag := range Languages {
			found, ok := langs[tag]
			if !ok {
				t.Errorf("%s.%s.json is missing", area, tag)
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				m, ok := found[key]
				if !ok {
					t.Errorf("%s.%s.json: %s is missing", area, tag, key)
					continue
				}
				if en, ok := langs["en"][key]; ok {
					compare(t, tag, en, m)
				}
			}
		}
	}
}

// compare holds a translation to the English text.
func compare(t *testing.T, tag string, en, m said) {
	t.Helper()
	if got, want := m.placeholders(), en.placeholders(); !slices.Equal(got, want) {
		t.Errorf("%s: %s refers to %v, in English to %v", tag, m.key, got, want)
	}
	many := tag != "ja" && tag != "zh"
	switch one, hasOne := m.forms["one"]; {
	case m.forms["other"] == "":
		t.Errorf("%s: %s has no form \"other\"", tag, m.key)
	case !en.plural() && m.plural():
		t.Errorf("%s: %s has plural forms, in English it has none", tag, m.key)
	case en.plural() && many && !hasOne:
		t.Errorf("%s: %s has no form \"one\"", tag, m.key)
	case en.plural() && !many && hasOne:
		t.Errorf("%s: %s has a form \"one\", the language has none", tag, m.key)
	case hasOne && slices.Contains(en.placeholders(), "n") && !strings.Contains(m.forms["other"], "{{.n}}"):
		t.Errorf("%s: %s does not say the number: %q", tag, m.key, m.forms["other"])
	case hasOne && strings.Contains(en.forms["one"], "{{.n}}") && !strings.Contains(one, "{{.n}}"): // in French 0 is one
		t.Errorf("%s: %s does not say the number, which may be 0: %q", tag, m.key, one)
	}
}

// TestTextsAreClean: what a writer of translations gets wrong without seeing
// it.
func TestTextsAreClean(t *testing.T) {
	for _, langs := range texts(t) {
		for tag, found := range langs {
			for key, m := range found {
				for form, s := range m.forms {
					for _, fault := range faults(tag, s) {
						t.Errorf("%s: %s (%s): %s: %q", tag, key, form, fault, s)
					}
				}
			}
		}
	}
}

var (
	spaced   = regexp.MustCompile(`(?:^|[^\s\x{a0}]) ?[;:?!»]|«[^\x{a0}]`) // in French: without a no-break space
	official = regexp.MustCompile(`(?i)\b(successfully|oops|whoops|please|bitte|veuillez|erfolgreich|avec succès|con éxito|com sucesso|por favor)\b`)
	address  = regexp.MustCompile(`\S*(://|grove:1/)\S*|\d:\d`)
)

func faults(tag, s string) (faults []string) {
	plain := placeholder.ReplaceAllString(s, "")
	cjk := tag == "ja" || tag == "zh"
	for fault, found := range map[string]bool{
		"empty":                          strings.TrimSpace(s) == "",
		"not valid UTF-8":                !utf8.ValidString(s),
		"not NFC":                        !norm.NFC.IsNormalString(s),
		"control or hidden characters":   strings.ContainsFunc(s, func(r rune) bool { return unseen(r) }),
		"two spaces":                     strings.Contains(strings.ReplaceAll(s, "\u00a0", " "), "  "),
		"space at an end":                strings.TrimSpace(s) != s,
		"three dots for an ellipsis":     strings.Contains(s, "..."),
		"typewriter quotation marks":     strings.ContainsAny(s, `"'`+"`"),
		"not a placeholder":              strings.ContainsAny(plain, "{}"),
		"an exclamation mark":            strings.ContainsAny(s, "!！¡"),
		"a word that LOOK.md leaves out": official.MatchString(s),
		"no no-break space in French":    tag == "fr" && spaced.MatchString(address.ReplaceAllString(plain, "x")),
		"half-width punctuation":         tag == "zh" && regexp.MustCompile(`\p{Han}[,;:?]`).MatchString(s),
		"a character that the bundled font lacks": !cjk && strings.ContainsFunc(s, func(r rune) bool {
			return r > 0x17f && !strings.ContainsRune("–—’“”„…·↓↑", r)
		}),
	} {
		if found {
			faults = append(faults, fault)
		}
	}
	return faults
}

// TestFaultsAreFound holds the test above to what it must see.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct{ tag, bad, good string }{
		{"en", "", "Close"}, {"en", "a  b", "a b"}, {"en", " a", "a"}, {"en", "Wait...", "Wait…"}, {"en", "it's", "it’s"},
		{"en", "{.a}", "{{.a}}"}, {"en", "{{ .a }}", "{{.a}}"}, {"en", "Done!", "Done"}, {"en", "Please wait", "Pleased"},
		{"de", "u\u0308ber", "über"}, {"en", "a\u200bb", "ab"}, {"en", "a\x07", "a"}, {"en", "✓ checked", "checked"},
		{"fr", "non : oui", "non\u00a0: oui"}, {"fr", "non: oui", "non\u00a0: {{.a}}"}, {"fr", "« a »", "«\u00a0a\u00a0»"},
		{"fr", "{{.a}} ; b", "commence par grove:1/."}, {"zh", "默认: {{.v}}", "默认：{{.v}}"},
	} {
		if len(faults(c.tag, c.bad)) == 0 {
			t.Errorf("%s: nothing is wrong with %q", c.tag, c.bad)
		}
		if f := faults(c.tag, c.good); len(f) > 0 {
			t.Errorf("%s: %q: %v", c.tag, c.good, f)
		}
	}
}

// TestTranslated: an area in which many sentences are the English ones was
// forgotten.
func TestTranslated(t *testing.T) {
	for area, langs := range texts(t) {
		for tag, found := range langs {
			if tag == "en" {
				continue
			}
			var long int
			var alike []string
			for key, m := range found {
				en := langs["en"][key].forms["other"]
				if len(strings.FieldsFunc(placeholder.ReplaceAllString(en, ""), func(r rune) bool { return !unicode.IsLetter(r) })) < 3 {
					continue
				}
				if long++; m.forms["other"] == en {
					alike = append(alike, key)
				}
			}
			if len(alike)*4 > long {
				slices.Sort(alike)
				t.Errorf("%s.%s.json: %d of %d sentences are in English: %s", area, tag, len(alike), long, strings.Join(alike, " "))
			}
		}
	}
}

// TestBundle: what the files say is what is said, in each language.
func TestBundle(t *testing.T) {
	for area, langs := range texts(t) {
		for tag, found := range langs {
			w := New(tag)
			for key, m := range found {
				got := w.T(key)
				if m.plural() {
					got = w.N(key, 7)
				}
				want := m.forms["other"]
				for _, p := range m.placeholders() {
					v := "[" + p + "]"
					if p == "n" && m.plural() {
						v = "7"
					}
					want = strings.ReplaceAll(want, "{{."+p+"}}", v)
				}
				if got != want {
					t.Errorf("%s.%s.json: %s is said as %q, not %q", area, tag, key, got, fmt.Sprint(want))
				}
			}
		}
	}
}
