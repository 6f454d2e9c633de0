package settings

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

var (
	point = numbers{}
	comma = numbers{comma: true}
)

func TestLanguagesWriteNumbersTheirWay(t *testing.T) {
	for tag, want := range map[string]numbers{"en": point, "ja": point, "zh": point,
		"de": comma, "fr": comma, "es": comma, "pt": comma} {
		if got := numbersOf(tag); got != want {
			t.Errorf("numbersOf(%s) = %v, want %v", tag, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		n    numbers
		text string
		v    float64
		unit string
	}{
		{point, "1.5", 1.5, ""},
		{point, "1,5", 1.5, ""},
		{comma, "1,5", 1.5, ""},
		{comma, "1.5", 1.5, ""},
		{point, "1,500", 1500, ""},
		{point, "1.500", 1.5, ""},
		{comma, "1.500", 1500, ""},
		{comma, "1,500", 1.5, ""},
		{comma, "0.500", .5, ""},
		{point, "0,500", .5, ""},
		{comma, ".500", .5, ""},
		{comma, "1234.500", 1234.5, ""},
		{point, "1,234,567", 1234567, ""},
		{comma, "1.234.567,25", 1234567.25, ""},
		{point, "1,234,567.25", 1234567.25, ""},
		{comma, "1,234.5", 1234.5, ""},
		{point, "1.234,5", 1234.5, ""},
		{comma, "1 234,5", 1234.5, ""},
		{comma, "1\u202f234,5\u00a0Mo/s", 1234.5, "mo/s"},
		{point, "1'234.5", 1234.5, ""},
		{point, " 20 GB ", 20, "gb"},
		{point, "2M", 2, "m"},
		{point, "２．５ Ｇ", 2.5, "g"},
		{point, "5.", 5, ""},
		{point, "0", 0, ""},
	} {
		v, unit, ok := c.n.read(c.text)
		if !ok || v != c.v || unit != c.unit {
			t.Errorf("%v.read(%q) = %v, %q, %v; want %v, %q", c.n, c.text, v, unit, ok, c.v, c.unit)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"", " ", "GB", "-1", ".", ",", "1,2,3", "1.2.3", "1,23,456", "1.234,567.8", ",5,5", "12,3456,789", "∞", "NaN"} {
		for _, n := range []numbers{point, comma} {
			if v, unit, ok := n.read(text); ok {
				t.Errorf("%v.read(%q) = %v, %q", n, text, v, unit)
			}
		}
	}
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		n     numbers
		text  string
		alone float64
		want  int64
	}{
		{point, "", 1e9, 0},
		{point, "0", 1e9, 0},
		{point, "20", 1e9, 20e9},
		{comma, "1,5", 1e9, 1_500_000_000},
		{point, "500 k", 1e9, 500_000},
		{point, "500k", 1e6, 500_000},
		{point, "2 M", 1e9, 2_000_000},
		{point, "2 MB", 1e9, 2_000_000},
		{point, "2 mb/s", 1e3, 2_000_000},
		{comma, "1,2 Go", 1e6, 1_200_000_000},
		{comma, "1,2 Mo/s", 1e9, 1_200_000},
		{point, "16 Mbit/s", 1e6, 2_000_000},
		{point, "16 Mbps", 1e6, 2_000_000},
		{point, "800 kbit", 1e6, 100_000},
		{point, "1 T", 1e6, 1e12},
		{point, "700 B", 1e6, 700},
		{point, "16", 1e6 / 8, 2_000_000},
	} {
		got, ok := c.n.amount(c.text, c.alone)
		if !ok || got != c.want {
			t.Errorf("%v.amount(%q, %v) = %v, %v; want %v", c.n, c.text, c.alone, got, ok, c.want)
		}
	}
	for _, text := range []string{"x", "-5", "5 apples", "5 GB a month", "1e9", "9999999999999 T", "5 P", "5/s/s", "5 kk"} {
		if got, ok := point.amount(text, 1e9); ok {
			t.Errorf("amount(%q) = %d", text, got)
		}
	}
}

func TestDecimalIsReadBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := numbers{comma: rapid.Bool().Draw(t, "comma")}
		v := rapid.Int64Range(0, 1<<50).Draw(t, "bytes")
		of := rapid.SampledFrom([]float64{1e3, 1e6, 1e9}).Draw(t, "unit")
		text := n.decimal(float64(v) / of)
		if back, ok := n.amount(text, of); !ok || math.Abs(float64(back-v)) > 0 {
			t.Fatalf("%d is written %q and read back as %d, %v", v, text, back, ok)
		}
	})
}

func FuzzAmount(f *testing.F) {
	f.Add("1.234,5 MB/s", true)
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		if v, ok := (numbers{comma}).amount(text, 1e9); ok && (v < 0 || v > most) {
			t.Errorf("amount(%q) = %d", text, v)
		}
	})
}
