package doctor

import (
	"fmt"
	"strconv"
	"time"

	"grove/cmd/internal/spell"
)

// clean makes text of others fit to be shown: it is in errors.
func clean(s string) string { return spell.Clean(s) }

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
