package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
)

func film11() app.View {
	return app.View{
		ID: uuid.MustParse("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"), Name: "Feature film", State: app.Downloading,
		Size: 4_200_000_000, Have: 1_890_000_000, Counts: app.Counts{Peers: 1_474_200_000, Origin: 415_800_000},
		Rates: app.Rates{Peers: 8_736_000, Origin: 2_464_000}, Left: 3*time.Minute + 10*time.Second,
		Sources: []app.SourceView{
			{SourceInfo: app.SourceInfo{ID: "a", Kind: app.KindPeer}, Connected: true, Bytes: 1},
			{SourceInfo: app.SourceInfo{ID: "b", Kind: app.KindPeer}, Connected: true},
			{SourceInfo: app.SourceInfo{ID: "c", Kind: app.KindPeer}, Bytes: 5},
			{SourceInfo: app.SourceInfo{ID: "d", Kind: app.KindOrigin}, Connected: true, Bytes: 7},
		},
	}
}

func TestLiveLine(t *testing.T) {
	with := func(change func(*app.View)) app.View {
		v := film11()
		change(&v)
		return v
	}
	for name, c := range map[string]struct {
		view  app.View
		width int
		want  string
	}{
		"as designed": {film11(), 80, "Feature film  #####=.........   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"wide":        {film11(), 120, "Feature film  ##########===.................   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"narrow":      {film11(), 48, "Feature f…  ###=.....   45 %  11.2 MB/s  3 min"},
		"tiny":        {film11(), 20, "Feature film   45 %"},
		"long name":   {with(func(v *app.View) { v.Name = strings.Repeat("Feature film ", 9) }), 80, "Feature film F…  ####=.......   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"wide name":   {with(func(v *app.View) { v.Name = "長い映画のとても長い名前" }), 80, "長い映画のとて…  ####=.......   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"right to left": {with(func(v *app.View) { v.Name = "סרט" }), 80,
			"סרט\u200e  ########==..............   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"control characters": {with(func(v *app.View) { v.Name = "\x1b[2JFeat\x07ure\u202e\nfilm" }), 80,
			"[2JFeature film  ####=.......   45 %  11.2 MB/s  3 min   people 2 · origin 22 %"},
		"no size":    {app.View{Name: "empty", State: app.Downloading, Left: -1}, 80, "empty  ##############################  100 %     0 kB/s"},
		"nobody":     {app.View{Name: "film", State: app.Downloading, Size: 100, Left: -1}, 80, "film  ..............................    0 %     0 kB/s"},
		"had before": {app.View{Name: "film", State: app.Downloading, Size: 100, Have: 50, Left: -1}, 80, "film  ---------------...............   50 %     0 kB/s"},
		"checking":   {app.View{Name: "film", State: app.Checking, Checked: 0.5}, 80, "film  ---------------...............   50 %  checking"},
		"gentle":     {with(func(v *app.View) { v.Yields = true }), 80, "Feature film  ###=.......   45 %  11.2 MB/s  3 min   leaving the line to others"},
		"queued":     {app.View{Name: "film", State: app.Queued}, 80, "film  waiting for its turn"},
		"sharing": {app.View{Name: "film", State: app.Seeding, Serving: app.ServeStats{Peers: 3}, Counts: app.Counts{Given: 1_234_000_000},
			Rates: app.Rates{Given: 4_520_000}}, 80, "film  people 3  given 1.2 GB  4.5 MB/s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := liveLine(c.view, style{width: c.width})
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if n := columns(got); n >= c.width {
				t.Errorf("%d cells of %d", n, c.width)
			}
		})
	}
}

// A line never fills the last cell, and colour changes nothing but colour.
func TestLiveLineFits(t *testing.T) {
	codes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	letters := strings.NewReplacer("█", "#", "▓", "=", "░", ".")
	for width := 1; width < 150; width++ {
		for _, name := range []string{"", "a", "Feature film", strings.Repeat("長", 60), strings.Repeat("e\u0301", 90)} {
			v := film11()
			v.Name = name
			plainText := liveLine(v, style{width: width})
			if columns(plainText) >= width && plainText != "" {
				t.Fatalf("width %d: %d cells: %q", width, columns(plainText), plainText)
			}
			coloured := liveLine(v, style{width: width, colour: true})
			if got := letters.Replace(codes.ReplaceAllString(coloured, "")); got != plainText && width > 40 {
				t.Fatalf("width %d: with colour %q, without %q", width, got, plainText)
			}
		}
	}
	if s := liveLine(film11(), style{width: 80, colour: true}); !strings.Contains(s, green+"█████"+plain+blue+"▓"+plain) {
		t.Errorf("peers are green and the origin is blue, not %q", s)
	}
}

func TestPlainLine(t *testing.T) {
	for want, v := range map[string]app.View{
		"Feature film: 45 % of 4.2 GB, 11.2 MB/s, 3 min left, people 2, origin 22 %": film11(),
		"film: checking, 12 %":                     {Name: "film", State: app.Checking, Checked: 0.129},
		"film: people 1, given 1.5 kB, 0 kB/s":     {Name: "film", State: app.Seeding, Serving: app.ServeStats{Peers: 1}, Counts: app.Counts{Given: 1500}},
		"film: paused":                             {Name: "film", State: app.Paused},
		"film: 0 % of 1 byte, 0 kB/s":              {Name: "film", State: app.Downloading, Size: 1, Left: -1},
		"film: 100 % of 0 bytes, 0 kB/s, 0 s left": {Name: "film", State: app.Downloading},
	} {
		if got := plainLine(v); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	v, said := film11(), map[string]string{}
	none := reasons([]app.View{v}, said)
	v.Problem = app.NewProblem(app.NoSource, v.Name, errors.New("\x1b[31mred"))
	first := reasons([]app.View{v}, said)
	again := reasons([]app.View{v}, said)
	v.Problem = nil
	moving := reasons([]app.View{v}, said)
	if len(none)+len(again) != 0 || len(first) != 1 || len(moving) != 1 || strings.Contains(first[0], "\x1b") ||
		!strings.Contains(first[0], "Nobody who has Feature film answers. ([31mred) Grove keeps trying.") || moving[0] != "Feature film goes on." {
		t.Errorf("%q %q %q %q", none, first, again, moving)
	}
}

// TestInterferenceIsSaid: a change of what is done on the way is said once, and
// is in an event at once.
func TestInterferenceIsSaid(t *testing.T) {
	var out, errs bytes.Buffer
	j := &jsonShower{quietShower: quietShower{&terminal{out: &out, errs: &errs}}, out: &out, last: map[string]jsonTold{}}
	f, v, now := &follower{show: j}, film11(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, is := range []app.Interference{app.Undisturbed, app.Resets, app.Resets, app.Undisturbed, app.CutOff} {
		v.Interference = is
		f.tellInterference([]app.View{v})
		j.show(now, []app.View{v})
	}
	if got, want := errs.String(), app.Resets.Sentence()+"\n"+app.CutOff.Sentence()+"\n"; got != want {
		t.Errorf("said:\n%s", got)
	}
	if n := strings.Count(out.String(), "\n"); n != 4 || !strings.Contains(out.String(), `"interference":{"kind":"cut-off","text":"Something on the way `) {
		t.Errorf("%d events:\n%s", n, &out)
	}
}

func TestTogether(t *testing.T) {
	a, b := film11(), film11()
	b.Size, b.Have, b.Left = 1_000_000_000, 0, time.Hour
	done := app.View{Name: "old", State: app.Seeding}
	got := plainLine(together([]app.View{a, b, done}))
	if want := "2 transfers: 36 % of 5.2 GB, 22.4 MB/s, 1 h left, people 4, origin 22 %"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPlainShower(t *testing.T) {
	var b bytes.Buffer
	p := &plainShower{out: &b, said: map[string]string{}}
	v, now := film11(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 100 { // one percent and a tenth of a second at a time
		v.Have = v.Size / 100 * int64(i)
		p.show(now.Add(time.Duration(i)*100*time.Millisecond), []app.View{v})
	}
	if n := strings.Count(b.String(), "\n"); n != 9 {
		t.Errorf("%d lines for nine tenths in ten seconds:\n%s", n, &b)
	}
	b.Reset()
	for i := range 100 {
		p.show(now.Add(time.Minute+time.Duration(i)*time.Second), []app.View{v})
	}
	if n := strings.Count(b.String(), "\n"); n != 10 {
		t.Errorf("%d lines for a hundred seconds in which nothing happened:\n%s", n, &b)
	}
}

func TestLiveShower(t *testing.T) {
	var b bytes.Buffer
	l := &liveShower{out: &b, said: map[string]string{}}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v := app.View{Name: "film", State: app.Queued}
	l.show(now, []app.View{v})
	l.show(now.Add(time.Second), []app.View{v}) // the same line is not written again
	l.say("A word.")
	l.end()
	if want := "\rfilm  waiting for its turn\x1b[K" + "\r\x1b[KA word.\n" + "\rfilm  waiting for its turn\x1b[K" + "\r\x1b[K"; b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}
