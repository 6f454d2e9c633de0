//go:build cgo || ci

package main

import (
	"cmp"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// country completes a language where the toolkit wants to know more.
var country = map[string]string{"pt": "pt_BR", "zh": "zh_CN"}

// speak makes the toolkit's own texts, those of its file chooser, follow the
// user's choice ("" is the system's). It reads the environment whenever a
// translation is added and at no other time; programs that are started later
// see the environment as it was.
func speak(tag string) error {
	const name = "LC_ALL"
	if tag == "" {
		return nil
	}
	old, had := os.LookupEnv(name)
	if err := os.Setenv(name, cmp.Or(country[tag], tag)+".UTF-8"); err != nil {
		return err
	}
	err := lang.AddTranslationsForLocale([]byte("{}"), fyne.Locale(tag))
	if had {
		return cmp.Or(err, os.Setenv(name, old))
	}
	return cmp.Or(err, os.Unsetenv(name))
}
