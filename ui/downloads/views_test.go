package downloads

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

// TestViews compares the place in its states with what it was when somebody
// looked at it.
func TestViews(t *testing.T) {
	long := film()
	long.Name, long.Publisher.Name = strings.Repeat("Very long names go on ", 20), strings.Repeat("and on ", 30)
	arabic, chinese := in(2, "غابة في الشمال — وثائقي", app.Paused), in(3, "北方的森林 <b>4K</b> $(calc)", app.Queued)
	for _, c := range []struct {
		name     string
		language string
		scale    float64
		size     fyne.Size
		all      []app.View
		then     func(*Page)
	}{
		{name: "empty", size: wide},
		{name: "one", size: wide, all: []app.View{film()}},
		{name: "states", size: wide, all: ofEvery()},
		{name: "thousand", size: wide, all: many(1000)},
		{name: "nothing", size: wide, all: many(40), then: func(p *Page) { p.finder.name.SetText("no such name") }},
		{name: "names", size: wide, all: []app.View{long, arabic, chinese}},
		{name: "tiny", language: "de", size: tiny, all: many(40)},
		{name: "tiny-detail", size: tiny, all: ofEvery(), then: func(p *Page) { p.Select(number(2)) }},
		{name: "scaled", language: "fr", scale: 1.5, size: fyne.NewSize(1200, 900), all: ofEvery(), then: func(p *Page) { p.Select(number(1)) }},
		{name: "detail-trouble", size: wide, all: ofEvery(), then: func(p *Page) {
			p.host.Engine.(*hosttest.Engine).Fail("Detail", app.NewProblem(app.DiskFault, "/data", nil))
			p.Select(number(1))
		}},
		{name: "detail-no-path", language: "fr", size: tiny, all: []app.View{noPath()}, then: func(p *Page) { p.Select(number(11)) }},
		{name: "detail-overview", size: wide, all: ofEvery(), then: func(p *Page) { p.Select(number(1)) }},
		{name: "detail-speed", size: wide, all: ofEvery(), then: turned(partSpeed)},
		{name: "detail-pieces", size: wide, all: ofEvery(), then: turned(partPieces)},
		{name: "detail-sources", size: wide, all: ofEvery(), then: turned(partSources)},
		{name: "detail-files", language: "de", size: wide, all: ofEvery(), then: turned(partFiles)},
		{name: "detail-log", language: "ja", size: wide, all: ofEvery(), then: turned(partLog)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.language == "" {
				c.language = "en"
			}
			if c.scale == 0 {
				c.scale = 1
			}
			k := hosttest.In(t, c.language, app.AppearanceLight, c.scale)
			p := place(t, k, c.size, c.all...)
			if c.then != nil {
				c.then(p)
			}
			k.Markup(t, c.name)
		})
	}
}

func turned(part int) func(*Page) {
	return func(p *Page) {
		p.Select(number(1))
		p.detail.turn(part)
	}
}

func TestPictures(t *testing.T) {
	for _, c := range []struct {
		name, appearance string
		part             int
	}{{"light", app.AppearanceLight, partOverview}, {"dark", app.AppearanceDark, partSpeed}} {
		k := hosttest.In(t, "en", c.appearance, 1)
		p := place(t, k, fyne.NewSize(860, 640), ofEvery()...)
		turned(c.part)(p)
		k.Image(t, c.name)
	}
	k := hosttest.New(t)
	p := place(t, k, fyne.NewSize(860, 640), film(), noPath())
	p.Select(number(11))
	k.Image(t, "no-path")
	k = hosttest.In(t, "de", app.AppearanceLight, 1)
	other := film()
	other.Policy = app.PolicyFast
	p = place(t, k, fyne.NewSize(480, 760), other)
	p.Select(other.ID)
	k.Image(t, "policy-german")
}

// TestEveryText finds no key without a text, in any language and part.
func TestEveryText(t *testing.T) {
	for _, lang := range words.Languages {
		k := hosttest.In(t, lang, app.AppearanceLight, 1)
		p := place(t, k, fyne.NewSize(900, 1800), append(ofEvery(), many(3)...)...)
		for part := range p.detail.parts {
			turned(part)(p)
			if s := test.RenderToMarkup(k.Window.Canvas()); strings.Contains(s, "[downloads") || strings.Contains(s, "no value") {
				t.Errorf("%s, part %d: %.200s", lang, part, s[strings.IndexAny(s, "[<no value"):])
			}
		}
		for _, c := range p.Commands() {
			if strings.HasPrefix(c.Text, "[") {
				t.Errorf("%s: %s", lang, c.Text)
			}
		}
	}
}
