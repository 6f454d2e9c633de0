package doctor

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// plain drops what could move a cursor, turn the writing direction or hide:
// what others wrote is in errors.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// size is a size in decimal units.
func size(n int64) string {
	v, unit := float64(n), "bytes"
	for _, u := range []string{"kB", "MB", "GB", "TB"} {
		if v < 999.5 {
			break
		}
		v, unit = v/1000, u
	}
	if unit == "bytes" || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, unit)
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

// took is a time in seconds; "" for one that nobody notices.
func took(ms int64) string {
	if ms < 50 {
		return ""
	}
	return fmt.Sprintf("%.1f s", (time.Duration(ms) * time.Millisecond).Seconds())
}
