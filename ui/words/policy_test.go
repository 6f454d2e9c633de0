package words

import "testing"

func TestPolicy(t *testing.T) {
	for lang, want := range map[string][4]string{
		"en": {
			"The publisher asks for: as fast as the line allows.",
			"The publisher asks for: at least 0.5 MB/s, the rest from people when they have it.",
			"The publisher asks for: at least 2.5 MB/s, the rest from people when they have it. You chose: as fast as the line allows.",
			"The publisher asks for: as fast as the line allows. You chose: at least 0.5 MB/s, the rest from people when they have it.",
		},
		"de": {
			"Der Herausgeber wünscht: so schnell, wie die Leitung erlaubt.",
			"Der Herausgeber wünscht: mindestens 0,5\u00a0MB/s, den Rest von Leuten, wenn sie es haben.",
			"Der Herausgeber wünscht: mindestens 2,5\u00a0MB/s, den Rest von Leuten, wenn sie es haben. Ihre Wahl: so schnell, wie die Leitung erlaubt.",
			"Der Herausgeber wünscht: so schnell, wie die Leitung erlaubt. Ihre Wahl: mindestens 0,5\u00a0MB/s, den Rest von Leuten, wenn sie es haben.",
		},
	} {
		w := New(lang)
		for i, floors := range [4][2]int64{{0, 0}, {500_000, 500_000}, {2_500_000, 0}, {0, 500_000}} {
			if got := w.Policy(floors[0], floors[1]); got != want[i] {
				t.Errorf("%s: %q, not %q", lang, got, want[i])
			}
		}
	}
	w := New("en")
	w.SetBits(true)
	if got, want := w.Policy(500_000, 500_000), "The publisher asks for: at least 4.0 Mbit/s, the rest from people when they have it."; got != want {
		t.Errorf("in bits: %q, not %q", got, want)
	}
}
