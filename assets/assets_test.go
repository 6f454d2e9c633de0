package assets

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast holds the page's colours to WCAG AA: text 4.5 to 1, the colours
// of peers and origin 3 to 1 on the ground they lie on, and those two told
// apart without colour.
func TestContrast(t *testing.T) {
	parts := strings.SplitN(LandingStyle, "prefers-color-scheme: dark", 2)
	if len(parts) != 2 {
		t.Fatal("the page has no dark colours")
	}
	for i, theme := range []string{"light", "dark"} {
		colour := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #([0-9A-F]{6})`).FindAllStringSubmatch(parts[i], -1) {
			colour[m[1]] = luminance(t, m[2])
		}
		for _, c := range []struct {
			front, ground string
			least         float64
		}{
			{"text", "ground", 4.5}, {"text", "raised", 4.5}, {"quiet", "ground", 4.5}, {"quiet", "raised", 4.5},
			{"raised", "text", 4.5}, {"peers", "raised", 3}, {"origin", "raised", 3},
		} {
			a, b := colour[c.front], colour[c.ground]
			if a == 0 || b == 0 {
				t.Fatalf("%s: no %s or no %s", theme, c.front, c.ground)
			}
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < c.least {
				t.Errorf("%s: %s on %s is %.2f to 1, at least %.1f is wanted", theme, c.front, c.ground, got, c.least)
			}
		}
		if apart := math.Abs(lightness(colour["peers"]) - lightness(colour["origin"])); apart < 15 {
			t.Errorf("%s: peers and origin are %.1f points of lightness apart, 15 are wanted", theme, apart)
		}
	}
}

// luminance is the relative luminance of WCAG.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// lightness is L* of CIELAB.
func lightness(y float64) float64 { return 116*math.Cbrt(y) - 16 }

func TestMark(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(Mark))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(Mark, "currentColor") || strings.Contains(Mark, "#") {
		t.Error("the mark has a colour of its own")
	}
}
