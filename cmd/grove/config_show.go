package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"grove/app"
)

// settingShown is a setting for --json.
type settingShown struct {
	stamp
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"` // as in the JSON form of the settings
	Words   []string        `json:"words"` // as config set takes it
	Default bool            `json:"default"`
}

func (s setting) shown(set *app.Settings) settingShown {
	return settingShown{newStamp("setting"), s.name, s.json(set), append([]string{}, s.words(set)...), s.isDefault(set)}
}

func (t *terminal) showSettings(set *app.Settings, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprint(t.out, settingsText(set))
		return err
	}
	n, changed := 0, 0
	for _, s := range allSettings() {
		line := s.shown(set)
		if err := t.printJSON(line); err != nil {
			return err
		}
		if n++; !line.Default {
			changed++
		}
	}
	return t.printJSON(struct {
		stamp
		Settings int `json:"settings"`
		Changed  int `json:"changed"`
	}{newStamp("summary"), n, changed})
}

// settingsText is a line for each setting, the value last.
func settingsText(set *app.Settings) string {
	all := allSettings()
	width := 0
	for _, s := range all {
		width = max(width, columns(s.name))
	}
	d := app.DefaultSettings()
	var b strings.Builder
	for _, s := range all {
		b.WriteString(pad(s.name, width) + gap)
		if s.isDefault(set) {
			b.WriteString("default" + gap + s.text(set) + "\n")
		} else {
			fmt.Fprintf(&b, "changed%s%s (default: %s)\n", gap, s.text(set), s.text(&d))
		}
	}
	return b.String()
}

// text is the value on one line, for people: without a password in it.
func (s setting) text(set *app.Settings) string {
	words := s.words(set)
	if len(words) == 0 {
		return "none"
	}
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = clean(w)
		if u, err := url.Parse(w); err == nil && u.User != nil {
			shown[i] = clean(u.Redacted())
		}
	}
	return strings.Join(shown, " ")
}

func changedText(s setting, before, after *app.Settings) string {
	if now, was := s.text(after), s.text(before); now != was {
		return fmt.Sprintf("%s is %s now; it was %s.", s.name, now, was)
	}
	return fmt.Sprintf("%s is %s, as it was.", s.name, s.text(after))
}

// printWords prints a value for scripts: a list has a line for each.
func (t *terminal) printWords(s setting, set *app.Settings) error {
	words := s.words(set)
	if s.typ == timetableType {
		words = []string{strings.Join(words, " ")}
	}
	for _, w := range words {
		if _, err := fmt.Fprintln(t.out, clean(w)); err != nil {
			return err
		}
	}
	return nil
}

// choices are the values of a setting that has only a few.
func (s setting) choices() []string {
	switch {
	case s.typ == policyType:
		return policyWords
	case s.typ.Kind() == reflect.Bool:
		return []string{"on", "off"}
	case s.isRate():
		return []string{"off"}
	}
	return nil
}
