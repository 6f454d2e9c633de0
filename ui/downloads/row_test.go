package downloads

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"grove/app"
	"grove/ui/words"
)

func opensMKV(name string) bool { return strings.HasSuffix(name, ".mkv") }

// TestRowOf is a row of every state, as it is read in English.
func TestRowOf(t *testing.T) {
	w := words.New("en")
	with := func(v app.View, change func(*app.View)) app.View {
		change(&v)
		return v
	}
	for _, c := range []struct {
		name  string
		v     app.View
		place int
		want  row
	}{
		{"under way", film(), 0, row{Name: "Feature film", Amount: "1.9 GB of 4.2 GB", Rate: "11.2 MB/s · 3 min",
			Sentence: "9 people and the origin", Signed: "signed by Nordlicht Film", Act: actPause}},
		{"nothing comes just now", with(film(), func(v *app.View) { v.Rates = app.Rates{}; v.Sources = nil }), 0,
			row{Name: "Feature film", Amount: "1.9 GB of 4.2 GB", Rate: "45%", Sentence: "Looking for people who have it",
				Signed: "signed by Nordlicht Film", Act: actPause}},
		{"without an end in sight", with(film(), func(v *app.View) { v.Left = -1 }), 0, row{Name: "Feature film",
			Amount: "1.9 GB of 4.2 GB", Rate: "11.2 MB/s", Sentence: "9 people and the origin", Signed: "signed by Nordlicht Film", Act: actPause}},
		{"next", in(1, "A", app.Queued), 1, row{Name: "A", Amount: "700 MB", Rate: "waiting", Sentence: "Next in line", Act: actPause}},
		{"seventh", in(1, "A", app.Queued), 7, row{Name: "A", Amount: "700 MB", Rate: "waiting", Sentence: "Number 7 in line", Act: actPause}},
		{"checking", ofEvery()[3], 0, row{Name: "Field recordings", Amount: "300 MB of 700 MB", Rate: "42%",
			Sentence: "Checking what is here: 42%", Act: actPause}},
		{"paused", ofEvery()[4], 0, row{Name: "Lecture series, part 2", Amount: "200 MB of 700 MB", Rate: "28%", Sentence: "Paused", Act: actResume}},
		{"failed", ofEvery()[5], 0, row{Name: "Map tiles", Amount: "100 MB of 700 MB", Rate: "14%",
			Sentence: "The disk is full. Make room, and Grove goes on by itself.", Needs: true, Act: actResume}},
		{"nobody has it", ofEvery()[6], 0, row{Name: "Rare broadcast", Amount: "100 MB of 700 MB", Rate: "14%",
			Sentence: "Nobody who has it answers. Grove keeps trying.", Act: actPause}},
		{"not known yet", ofEvery()[7], 0, row{Name: "Looking it up", Sentence: "Fetching its description", Act: actRemove}},
		{"shared", done(), 0, row{Name: "Conference talks 2026", Amount: "4.2 GB", Rate: "81% from people",
			Sentence: "Finished 21 Nov 2026 · 3 people are fetching it", Signed: "signed by Nordlicht Film", Act: actOpen}},
		{"done, many files", ofEvery()[9], 0, row{Name: "Photographs", Amount: "4.2 GB", Rate: "all from the origin",
			Sentence: "Finished 21 Nov 2026", Signed: "signed by Nordlicht Film", Act: actReveal}},
		{"done, of a kind that is not opened", with(done(), func(v *app.View) { v.Path = "/home/ada/setup.exe" }), 0,
			row{Name: "Conference talks 2026", Amount: "4.2 GB", Rate: "81% from people",
				Sentence: "Finished 21 Nov 2026 · 3 people are fetching it", Signed: "signed by Nordlicht Film", Act: actReveal}},
		{"done before anybody counted", with(done(), func(v *app.View) { v.State, v.Counts, v.Finished = app.Done, app.Counts{}, time.Time{} }), 0,
			row{Name: "Conference talks 2026", Amount: "4.2 GB", Sentence: "Complete", Signed: "signed by Nordlicht Film", Act: actOpen}},
		{"the user has to act on what goes on", with(film(), func(v *app.View) { v.Problem = app.NewProblem(app.NoSpace, "x", nil) }), 0,
			row{Name: "Feature film", Amount: "1.9 GB of 4.2 GB", Rate: "11.2 MB/s · 3 min", Needs: true, Act: actPause,
				Signed: "signed by Nordlicht Film"}},
	} {
		got := rowOf(&c.v, c.place, w, opensMKV)
		c.want.ID, c.want.Package = c.v.ID, c.v.Package
		c.want.Peers, c.want.Origin, c.want.Before = shares(&c.v)
		if c.want.Sentence == "" && got.Sentence != "" {
			c.want.Sentence = got.Sentence // ui/words tests what problems say
		}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// TestHostileNames shows what strangers wrote harmlessly, in one line.
func TestHostileNames(t *testing.T) {
	w := words.New("en")
	for _, name := range []string{"a\x00b\x1b[31m\r\nc", "photo\u202egpj.exe", strings.Repeat("long ", 60), "<b>HTML</b>", "$(calc)",
		"غابة في الشمال", "北の森", "🌲🌲 forest", "\u2066\u200f\ufeff"} {
		v := film()
		v.Name, v.Publisher.Name = name, name
		r := rowOf(&v, 0, w, opensMKV)
		if n := len([]rune(r.Name)); n == 0 || n > nameLimit+2 {
			t.Errorf("%q: %d characters", name, n)
		}
		for _, s := range []string{r.Name, r.Signed, r.spoken()} {
			if strings.Count(s, "\u2068") != strings.Count(s, "\u2069") {
				t.Errorf("%q leaves its isolate open", name)
			}
			for _, c := range s {
				if c != 0x2068 && c != 0x2069 && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%q shows %U", name, c)
				}
			}
		}
	}
	v := film()
	if v.Name = "<b>$(calc)</b> 北の森"; rowOf(&v, 0, w, opensMKV).Name != v.Name {
		t.Error("a harmless name was changed")
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		name                  string
		v                     app.View
		peers, origin, before float64
	}{
		{"not known", app.View{}, 0, 0, 0},
		{"both", app.View{Size: 100, Have: 50, Counts: app.Counts{Peers: 30, Origin: 20}}, 0.3, 0.2, 0},
		{"and from before", app.View{Size: 100, Have: 80, Counts: app.Counts{Peers: 30, Origin: 20}}, 0.3, 0.2, 0.3},
		{"came twice", app.View{Size: 100, Have: 50, Counts: app.Counts{Peers: 75, Origin: 25}}, 0.375, 0.125, 0},
		{"more than there is", app.View{Size: 100, Have: 120, Counts: app.Counts{Peers: 60, Origin: 60}}, 0.5, 0.5, 0},
		{"lost again", app.View{Size: 100, Have: 0, Counts: app.Counts{Peers: 60, Origin: 60}}, 0, 0, 0},
	} {
		p, o, b := shares(&c.v)
		for _, x := range [][2]float64{{p, c.peers}, {o, c.origin}, {b, c.before}} {
			if math.Abs(x[0]-x[1]) > 1e-9 {
				t.Errorf("%s: %v %v %v, want %v %v %v", c.name, p, o, b, c.peers, c.origin, c.before)
				break
			}
		}
	}
}

func TestSpoken(t *testing.T) {
	v := film()
	got := rowOf(&v, 0, words.New("en"), opensMKV).spoken()
	if want := "Feature film, 1.9 GB of 4.2 GB, 11.2 MB/s · 3 min, 9 people and the origin, signed by Nordlicht Film"; got != want {
		t.Errorf("%s", got)
	}
	if got := (row{Name: "a"}).spoken(); got != "a" {
		t.Errorf("%q", got)
	}
}
