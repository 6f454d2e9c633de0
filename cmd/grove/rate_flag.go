package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rateValue is a flag that takes a RATE: bytes a second, or bits where it ends
// in "bit". 0 is "not given". It implements pflag.Value.
type rateValue int64

// String is the rate as a flag would take it; "" for none.
func (r *rateValue) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*r), 10)
}

// Type is what the help calls the value.
func (r *rateValue) Type() string { return "RATE" }

// Set reads s.
func (r *rateValue) Set(s string) error {
	n, err := parseRate(s)
	if err == nil {
		*r = rateValue(n)
	}
	return err
}

// rateFactors are the prefixes of a RATE. "m" is no milli here: nobody limits
// a line to thousandths of a byte.
var rateFactors = []struct {
	prefix string
	factor float64
}{
	{"ki", 1 << 10}, {"mi", 1 << 20}, {"gi", 1 << 30}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"", 1},
}

// parseRate reads a RATE such as 500K, 1.5M, 2Mi, 20Mbit or 512kbit and
// returns whole bytes a second, at least 1. K, M and G are decimal, Ki, Mi and
// Gi binary.
func parseRate(s string) (int64, error) {
	// "b" alone is left to fail: some mean bits by it, some bytes.
	text := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(s), "/s"), "B")
	unit := 1.0
	if rest, ok := strings.CutSuffix(text, "bit"); ok {
		text, unit = rest, 1.0/8
	}
	text = strings.ToLower(text)
	for _, f := range rateFactors {
		if rest, ok := strings.CutSuffix(text, f.prefix); ok {
			text, unit = rest, unit*f.factor
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.") != "" {
		return 0, fmt.Errorf("%q is not a rate; 5M is five million bytes a second, 20Mbit is 20 million bits", s)
	}
	n = math.Round(n * unit)
	switch {
	case n < 1:
		return 0, errors.New("a rate is at least one byte a second; leave the flag out for no limit")
	case n > 1<<50:
		return 0, fmt.Errorf("%s is more than any line can carry", s)
	}
	return int64(n), nil
}
