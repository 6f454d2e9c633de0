package system

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"grove/app"
)

// ownLine marks an entry that Grove wrote.
const ownLine = "X-Grove-Autostart=true"

func entryPath() (string, error) {
	config, err := os.UserConfigDir()
	return filepath.Join(config, "autostart", "grove.desktop"), err
}

func (a Autostart) entry() (string, error) {
	program, err := quoteExec(a.Program)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		"[Desktop Entry]",
		"Type=Application",
		"Version=1.0",
		"Name=Grove",
		"Exec=" + program + " " + hidden,
		"Icon=grove",
		"Terminal=false",
		ownLine,
		"",
	}, "\n"), nil
}

func isOwnEntry(content string) bool { return hasLine(content, ownLine) }

// isOffEntry reports an entry that the user turned off in the desktop's own
// settings.
func isOffEntry(content string) bool {
	return hasLine(content, "Hidden=true") || hasLine(content, "X-GNOME-Autostart-enabled=false")
}

// hasLine looks for a key with a value, spaces around the sign left out.
func hasLine(content, want string) bool {
	return slices.ContainsFunc(strings.Split(content, "\n"), func(line string) bool {
		key, value, _ := strings.Cut(line, "=")
		return strings.TrimSpace(key)+"="+strings.TrimSpace(value) == want
	})
}

// quoteExec writes a program's path as the first argument of an Exec line.
// The desktop entry specification reads such a line twice: the backslashes of
// any text, then the quotes of an argument. It has no way to write an equals
// sign there, and GLib looks for a program with a percent sign in vain.
func quoteExec(path string) (string, error) {
	if !filepath.IsAbs(path) || strings.ContainsFunc(path, unicode.IsControl) || strings.ContainsAny(path, "=%") {
		return "", app.NewProblem(app.BadInput, "A program at "+path+" cannot be started with the session", errors.New("a control character, an equals or a percent sign in its path"))
	}
	path = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`).Replace(path)
	return `"` + strings.ReplaceAll(path, `\`, `\\`) + `"`, nil
}
