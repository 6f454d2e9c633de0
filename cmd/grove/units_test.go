package main

import (
	"testing"
	"time"
)

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 99_949: "99.9 kB", 99_950: "100 kB", 999_499: "999 kB",
		999_500: "1.0 MB", 4_200_000_000: "4.2 GB", 120_400_000_000: "120 GB", 1 << 40: "1.1 TB", 5_000_000_000_000_000: "5000 TB",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestRateText(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 kB/s", 48_300: "48 kB/s", 99_499: "99 kB/s", 99_500: "0.1 MB/s", 11_200_000: "11.2 MB/s", 280e6: "280 MB/s", 1.2e9: "1.2 GB/s",
	} {
		if got := rateText(v); got != want {
			t.Errorf("%f: %q, want %q", v, got, want)
		}
	}
}

func TestLeftText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "", 0: "0 s", 200 * time.Millisecond: "1 s", 9 * time.Second: "9 s", 43 * time.Second: "45 s", 57 * time.Second: "55 s",
		58 * time.Second: "1 min", 190 * time.Second: "3 min", 9 * time.Minute: "9 min", 23 * time.Minute: "25 min", 57 * time.Minute: "55 min",
		58 * time.Minute: "1 h", 83 * time.Minute: "1 h 20 min", 119 * time.Minute: "2 h", 11*time.Hour + 40*time.Minute: "12 h",
		25 * time.Hour: "1 day", 60 * time.Hour: "3 days",
	} {
		if got := leftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestTookText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0 s", 840 * time.Millisecond: "0.8 s", 59_949 * time.Millisecond: "59.9 s", 59_950 * time.Millisecond: "1 min 0 s",
		372 * time.Second: "6 min 12 s", 62 * time.Minute: "1 h 2 min",
	} {
		if got := tookText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]int64{
		"1": 1, "800": 800, "500K": 500_000, "500k": 500_000, "1.5M": 1_500_000, "2Mi": 2 << 20, "3Ki": 3 << 10, "1Gi": 1 << 30, "1G": 1e9,
		"20Mbit": 2_500_000, "512kbit": 64_000, "1Gbit": 125_000_000, "8bit": 1, "20Mbit/s": 2_500_000, "20 mbit": 0, "5MB/s": 5_000_000, "5MB": 5_000_000,
		"2Mibit": 262_144, "20Mbps": 0, "5Mb": 0, "5mb": 0, "5Mbits": 0, "5m": 5_000_000, " 5M ": 5_000_000,
		"": 0, "0": 0, "-1": 0, "fast": 0, "1e6": 0, "5T": 0, "inf": 0, "nan": 0, "0x10": 0, "1.2.3": 0, "M": 0, "5M5": 0, "99999999G": 0, "4bit": 1, "3bit": 0, ".": 0,
	} {
		got, err := parseRate(s)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", s, got, err, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        int
	}{{0, 0, 100}, {0, 100, 0}, {999, 1000, 99}, {1000, 1000, 100}, {1001, 1000, 100}, {-5, 10, 0}, {1 << 39, 1 << 40, 50}} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}
