package serve

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"grove/cmd/internal/spell"
)

// sizeUnits are what a SIZE may end in, decimal as file managers count, and
// binary; the longest first.
var sizeUnits = []struct {
	name  string
	bytes float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"t", 1e12}, {"b", 1}, {"", 1},
}

const maxSize = 1 << 60 // bytes

// parseSize reads a SIZE such as 500GB, 1.5 TiB or 1048576 and returns bytes.
func parseSize(s string) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		digits = strings.TrimSpace(digits)
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || strings.Trim(digits, "0123456789.") != "" {
			break
		}
		if n = math.Round(n * u.bytes); n > maxSize {
			return 0, fmt.Errorf("%s is more than any disk holds", s)
		}
		return int64(n), nil
	}
	return 0, fmt.Errorf("%q is not a size; 500GB is 500 thousand million bytes, 500GiB is 500·2³⁰", s)
}

// parseSpan reads a time such as 90d, 12w, 36h or 2m30s.
func parseSpan(s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	for unit, hours := range map[string]float64{"d": 24, "w": 7 * 24} {
		digits, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
			return time.Duration(float64(n) * hours * float64(time.Hour)), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a time; 90d is 90 days, 12w twelve weeks, 36h hours, 2m minutes", s)
}

// nearest is the word of all that s was most likely meant to be; "" where none
// is near.
func nearest(s string, all []string) string {
	best, least := "", len(s)/2+2
	for _, w := range all {
		if d := spell.Distance(s, w); d < least {
			best, least = w, d
		}
	}
	return best
}
