package words

import (
	"math"
	"strings"
	"testing"
)

// same compares with no-break spaces written as underscores, so that a reader
// sees them.
func same(t *testing.T, got, want string) {
	t.Helper()
	if got = strings.ReplaceAll(got, "\u00a0", "_"); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestSizes(t *testing.T) {
	w := New("en")
	for n, want := range map[int64]string{
		-1: "—", math.MinInt64: "—", 0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 99_949: "99.9 kB", 99_950: "100 kB",
		999_499: "999 kB", 999_500: "1.0 MB", 1e6: "1.0 MB", 1_234_567_890: "1.2 GB", 999.5e9: "1.0 TB", 4.2e12: "4.2 TB",
		999.5e12: "1.0 PB", math.MaxInt64: "9,223 PB",
	} {
		same(t, w.Size(n), want)
	}
	for tag, want := range map[string]string{"en": "4.2 GB", "de": "4,2_GB", "fr": "4,2_Go", "es": "4,2_GB", "pt": "4,2_GB", "ja": "4.2 GB", "zh": "4.2 GB"} {
		same(t, New(tag).Size(4.2e9), want)
	}
	for tag, want := range map[string]string{"de": "1_Byte", "fr": "1_octet", "ja": "1 バイト", "zh": "1 字节"} {
		same(t, New(tag).Size(1), want)
	}
	same(t, New("fr").Size(0), "0_octet")
	same(t, New("fr").Size(7), "7_octets")
}

func TestRates(t *testing.T) {
	w := New("en")
	for _, c := range []struct {
		v           float64
		bytes, bits string
	}{
		{0, "0 kB/s", "0 kbit/s"}, {400, "0 kB/s", "3 kbit/s"}, {99_499, "99 kB/s", "0.8 Mbit/s"}, {99_500, "0.1 MB/s", "0.8 Mbit/s"},
		{11.2e6, "11.2 MB/s", "89.6 Mbit/s"}, {125e6, "125 MB/s", "1.0 Gbit/s"}, {999.5e6, "1.0 GB/s", "8.0 Gbit/s"},
		{-1, "—", "—"}, {math.NaN(), "—", "—"}, {math.Inf(1), "—", "—"}, {math.Inf(-1), "—", "—"}, {1e300, "—", "—"},
	} {
		w.SetBits(false)
		same(t, w.Rate(c.v), c.bytes)
		w.SetBits(true)
		same(t, w.Rate(c.v), c.bits)
	}
	for tag, want := range map[string]string{"de": "11,2_MB/s", "fr": "11,2_Mo/s", "es": "11,2_MB/s", "pt": "11,2_MB/s", "ja": "11.2 MB/s", "zh": "11.2 MB/s"} {
		same(t, New(tag).Rate(11.2e6), want)
	}
	french := New("fr")
	french.SetBits(true)
	same(t, french.Rate(11.2e6), "89,6_Mbit/s")
}

func TestCounts(t *testing.T) {
	for tag, want := range map[string]string{"en": "131,072", "de": "131.072", "fr": "131_072", "es": "131.072", "pt": "131.072", "ja": "131,072", "zh": "131,072"} {
		same(t, New(tag).Count(131072), want)
	}
	same(t, New("en").Count(-1), "—")
}

func TestPercents(t *testing.T) {
	w := New("en")
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{0, 100, "0%"}, {45, 100, "45%"}, {999, 1000, "99%"}, {1000, 1000, "100%"}, {1001, 1000, "100%"}, {0, 0, "100%"},
		{-5, 10, "0%"}, {1, -1, "100%"},
	} {
		same(t, w.Percent(c.part, c.whole), c.want)
	}
	for tag, want := range map[string]string{"de": "45_%", "fr": "45_%", "es": "45_%", "pt": "45%", "ja": "45%", "zh": "45%"} {
		same(t, New(tag).Percent(45, 100), want)
	}
}

func TestLists(t *testing.T) {
	for tag, want := range map[string]string{"en": "a, b and c", "de": "a, b und c", "fr": "a, b et c", "es": "a, b y c", "pt": "a, b e c", "ja": "a、b、c", "zh": "a、b和c"} {
		same(t, New(tag).List([]string{"a", "b", "c"}), want)
	}
	w := New("en")
	same(t, w.List(nil), "")
	same(t, w.List([]string{"a"}), "a")
	same(t, w.List([]string{"a", "{{.b}}"}), "a and {{.b}}")
}
