package main

import (
	"fmt"
	"math"
	"time"
)

// sizeText is a size as file managers show it, in decimal units.
func sizeText(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	}
	v := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if v /= 1000; v < 999.5 {
			return short(v) + " " + unit
		}
	}
	return short(v/1000) + " TB"
}

// short has one decimal below 100, which is what tells sizes apart.
func short(v float64) string {
	if v < 99.95 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// rateText is a rate of bytes a second. MB/s from a tenth on, so that the unit
// of a line that is in use stays the same.
func rateText(v float64) string {
	switch {
	case v < 99_500:
		return fmt.Sprintf("%.0f kB/s", v/1e3)
	case v < 999.5e6:
		return short(v/1e6) + " MB/s"
	}
	return short(v/1e9) + " GB/s"
}

// leftText is a time still to go, rounded the way people say it; "" if nobody
// can know (negative).
func leftText(d time.Duration) string {
	minutes := int(math.Round(d.Minutes()))
	switch {
	case d < 0:
		return ""
	case d < 10*time.Second:
		return fmt.Sprintf("%d s", int(math.Ceil(d.Seconds())))
	case d < 57500*time.Millisecond:
		return fmt.Sprintf("%d s", int(math.Round(d.Seconds()/5))*5)
	case minutes < 10:
		return fmt.Sprintf("%d min", max(minutes, 1))
	case minutes < 58:
		return fmt.Sprintf("%d min", (minutes+2)/5*5)
	case minutes < 24*60:
		tens := (minutes + 5) / 10
		if tens%6 == 0 || minutes >= 10*60 {
			return fmt.Sprintf("%d h", (minutes+30)/60)
		}
		return fmt.Sprintf("%d h %d min", tens/6, tens%6*10)
	case minutes < 36*60:
		return "1 day"
	}
	return fmt.Sprintf("%d days", (minutes+12*60)/(24*60))
}

// tookText is how long something took, exactly enough.
func tookText(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		s := int(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	m := int(d.Round(time.Minute) / time.Minute)
	return fmt.Sprintf("%d h %d min", m/60, m%60)
}

// percent is part of whole, rounded down so that 100 % means all of it.
func percent(part, whole int64) int {
	if whole <= 0 || part >= whole {
		return 100
	}
	return int(float64(max(part, 0)) / float64(whole) * 100)
}

// share is part of whole, rounded to the nearest percent.
func share(part, whole int64) int {
	if whole <= 0 {
		return 0
	}
	return int(math.Round(float64(part) / float64(whole) * 100))
}

// count is "1 file" or "3 files".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
