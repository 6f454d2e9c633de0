package publishers

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

func TestGolden(t *testing.T) {
	known := three()
	known[0].Blocked, known[2].Name = true, "nordlicht film"
	hard := []app.Publisher{publisher(1, strings.Repeat("very long ", 30)), publisher(2, "\u202eأفلام 映画 🎬"), publisher(3, "<b>HTML</b> $(calc)\x1b[31m")}
	var many []app.Publisher
	for i := range 1000 {
		many = append(many, publisher(i, fmt.Sprintf("Publisher %d", i)))
	}
	film := view(1, key(1), strings.Repeat("A film with a long name ", 12)+"\u202e")
	for name, c := range map[string]struct {
		lang  string
		scale float64
		size  fyne.Size
		known []app.Publisher
		act   func(*room)
	}{
		"empty":       {"en", 1, wide, nil, nil},
		"one":         {"en", 1, wide, known[1:2], nil},
		"three":       {"de", 1, wide, known, nil},
		"thousand":    {"en", 1, wide, many, nil},
		"hard-names":  {"en", 1, wide, hard, nil},
		"tiny":        {"de", 1, tiny, known, nil},
		"tiny-detail": {"de", 1, tiny, known, func(r *room) { r.tapRow(1) }},
		"scaled":      {"fr", 1.5, fyne.NewSize(1200, 800), known, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, hosttest.In(t, c.lang, app.AppearanceLight, c.scale), c.size, c.known, film)
			if c.act != nil {
				c.act(r)
			}
			r.Markup(t, name)
		})
	}
}

func TestGoldenFailure(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Publishers", app.NewProblem(app.DiskFault, "grove.db", nil))
	open(t, k, wide, nil).Markup(t, "failure")
}

func TestPicture(t *testing.T) {
	known := append(three(), publisher(4, "Ada"))
	known[1].Blocked, known[2].Name = true, "nordlicht film"
	mine := view(2, key(4), "Our summer in the mountains")
	mine.Shared = true
	r := open(t, hosttest.In(t, "en", app.AppearanceDark, 1), fyne.NewSize(840, 700), known, view(1, key(1), "The long night"), mine)
	r.tapRow(2)
	r.Image(t, "dark")
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	for _, lang := range words.Languages {
		known := three()
		known[0].Name = known[1].Name
		r := open(t, hosttest.In(t, lang, app.AppearanceLight, 1), wide, known)
		for _, a := range hosttest.All[fyne.Accessible](r.page.Content()) {
			if s := a.AccessibilityLabel(); strings.Contains(s, "[") || strings.Contains(s, "<no value>") {
				t.Errorf("%s: %q", lang, s)
			}
		}
	}
}

func BenchmarkTick(b *testing.B) {
	var transfers []app.View
	for i := range 5000 {
		transfers = append(transfers, view(i, key(i%40), "Film"))
	}
	k := hosttest.New(b)
	p := New(k.Host)
	k.Engine.Known = three()
	s := k.Engine.Set(app.Snapshot{Transfers: transfers})
	k.Put(p, wide, s)
	for b.Loop() {
		p.Show(s)
	}
}

// However long the names and narrow the window, the detail is as wide as the
// room it has.
func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("very long ", 30)
	for _, lang := range words.Languages {
		for _, size := range []fyne.Size{tiny, wide} {
			r := open(t, hosttest.In(t, lang, app.AppearanceLight, 1), size, []app.Publisher{publisher(1, long), publisher(2, long)}, view(1, key(2), long))
			r.page.choose(key(2))
			scroll := r.page.detail.content
			if got := scroll.(*container.Scroll).Content.Size().Width; got > scroll.Size().Width {
				t.Errorf("%s, %v wide: the detail is %v wide and has %v", lang, size.Width, got, scroll.Size().Width)
			}
		}
	}
}

func TestAnItemShowsThatItIsMeant(t *testing.T) {
	hosttest.New(t)
	r := newItemRow("Film", func() {})
	for name, do := range map[string][2]func(){
		"focus": {r.FocusGained, r.FocusLost},
		"mouse": {func() { r.MouseIn(nil) }, r.MouseOut},
	} {
		do[0]()
		if r.ground.FillColor == nil {
			t.Errorf("%s: nothing shows it", name)
		}
		do[1]()
		if r.ground.FillColor != nil {
			t.Errorf("%s: it still shows", name)
		}
	}
}
