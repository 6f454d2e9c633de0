package settings

import (
	"testing"

	"grove/app"
	"grove/ui/words"
)

func TestWhatIsShownIsReadBack(t *testing.T) {
	for _, tag := range words.Languages {
		x := newTexts(words.New(tag))
		for _, v := range []int64{0, 1, 999, 1000, 1500, 12_345, 500_000, 1_250_000, 2_000_000, 1_234_567, 20e9, 1_500_000_000, 3e12, 123_456_789_012} {
			if back, ok := x.readSize(x.size(v)); !ok || back != v {
				t.Errorf("%s: size %d shows as %q and is read as %d, %v", tag, v, x.size(v), back, ok)
			}
			for _, bits := range []bool{false, true} {
				if back, ok := x.readRate(x.rate(v, bits), bits); !ok || back != v {
					t.Errorf("%s: rate %d shows as %q and is read as %d, %v", tag, v, x.rate(v, bits), back, ok)
				}
			}
		}
		for _, v := range []float64{0, .5, 1, 1.25, 24, 1000} {
			if back, ok := x.readNumber(x.number(v)); !ok || back != v {
				t.Errorf("%s: %v shows as %q and is read as %v, %v", tag, v, x.number(v), back, ok)
			}
		}
	}
}

func TestNumbersWithoutAUnit(t *testing.T) {
	x := newTexts(words.New("de"))
	for text, want := range map[string]float64{"": 0, "1,5": 1.5, " 3 ": 3, "0,333": .333} {
		if got, ok := x.readNumber(text); !ok || got != want {
			t.Errorf("readNumber(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"x", "2 h", "-1"} {
		if got, ok := x.readNumber(text); ok {
			t.Errorf("readNumber(%q) = %v", text, got)
		}
	}
}

func TestSentences(t *testing.T) {
	x := newTexts(words.New("en"))
	for got, want := range map[string]string{
		x.used(app.Month{Given: 3_200_000_000, Budget: 20e9}): "3.2 GB of 20.0 GB given this month",
		x.used(app.Month{Given: 3_200_000_000}):               "3.2 GB given this month",
		x.holding(500_000, 0, false):                          "Now: download 500 kB/s, giving without limit",
		x.holding(500_000, 250_000, true):                     "Now: download 4 Mbit/s, giving 2 Mbit/s",
	} {
		if got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}
