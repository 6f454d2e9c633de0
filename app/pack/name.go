package pack

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// CheckPath applies the rules for the path of one file, element by element.
// They are the same on every system, so that a package is valid everywhere or
// nowhere. A path is refused (Reason BadName), never repaired: repairing makes
// two names collide.
func CheckPath(path []string) error {
	if len(path) == 0 {
		return refuse(BadName, "", "the path is empty")
	}
	if len(path) > MaxDepth {
		return refuse(BadName, show(strings.Join(path[:MaxDepth], "/")), "a path of %d names, at most %d are allowed", len(path), MaxDepth)
	}
	size := len(path) - 1
	for _, e := range path {
		if err := checkElement(e); err != nil {
			return &Error{Reason: BadName, Subject: show(e), Err: err}
		}
		size += len(e)
	}
	if size > MaxPath {
		return refuse(BadName, show(strings.Join(path, "/")), "the path has %d bytes, at most %d are allowed", size, MaxPath)
	}
	return nil
}

const forbidden = `<>:"/\|?*`

// checkElement says which rule one path element breaks.
func checkElement(e string) error {
	switch {
	case e == "":
		return fmt.Errorf("an empty name")
	case len(e) > MaxElement:
		return fmt.Errorf("the name has %d bytes, at most %d are allowed", len(e), MaxElement)
	case e == "." || e == "..":
		return fmt.Errorf("this name means a folder that is there already")
	}
	if err := checkCharacters(e, ""); err != nil {
		return err
	}
	if i := strings.IndexAny(e, forbidden); i >= 0 {
		return fmt.Errorf("the character %q is not allowed", e[i])
	}
	first, _ := utf8.DecodeRuneInString(e)
	last, _ := utf8.DecodeLastRuneInString(e)
	switch {
	case unicode.IsSpace(first):
		return fmt.Errorf("begins with a space")
	case unicode.IsSpace(last):
		return fmt.Errorf("ends with a space")
	case last == '.':
		return fmt.Errorf("ends with a dot")
	case strings.HasPrefix(e, "~$"):
		return fmt.Errorf("begins with ~$, which office programs use for their locks")
	case isDevice(e):
		return fmt.Errorf("a device name on Windows")
	}
	switch strings.ToLower(e) {
	case "desktop.ini", "autorun.inf", ".ds_store", "thumbs.db":
		return fmt.Errorf("a name that file managers act on")
	}
	return nil
}

// isDevice reports whether Windows takes the name for a device: with any
// extension, in any case, and with spaces before the extension.
func isDevice(e string) bool {
	base, _, _ := strings.Cut(e, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		switch n, ok := strings.CutPrefix(base, port); {
		case !ok:
		case len(n) == 1 && n[0] >= '0' && n[0] <= '9', n == "¹", n == "²", n == "³":
			return true
		}
	}
	return false
}

// folder folds paths one after the other in the same memory.
type folder struct {
	caser cases.Caser
	join  []byte
	fold  []byte
}

func newFolder() *folder { return &folder{caser: cases.Fold()} }

// path is the same for two paths that some file system takes for one: Unicode
// case folding, then NFC. Elements are joined by NUL, which sorts before every
// character a name may hold.
func (f *folder) path(path []string) string {
	f.join = f.join[:0]
	ascii := true
	for i, e := range path {
		if i > 0 {
			f.join = append(f.join, 0)
		}
		for j := range len(e) {
			c := e[j]
			ascii = ascii && c < utf8.RuneSelf
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			f.join = append(f.join, c)
		}
	}
	if ascii {
		return string(f.join)
	}
	var err error
	f.caser.Reset()
	f.fold, _, err = transform.Append(f.caser, f.fold[:0], f.join)
	if err != nil {
		panic("pack: folding valid UTF-8 failed: " + err.Error())
	}
	return string(norm.NFC.Bytes(f.fold))
}
