package downloads

import (
	"slices"
	"strings"
	"testing"

	"grove/app"
	"grove/app/pack"
	"grove/ui/chart"
	"grove/ui/host"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

func TestOverviewOf(t *testing.T) {
	w := words.New("en")
	got := overviewOf(detailOf(film()), w)
	want := overview{Name: "Feature film", About: "Four forests in four seasons, filmed from the same trees.\nWith subtitles in nine languages.",
		Publisher: "Nordlicht Film", Fingerprint: nordlicht.Key.Fingerprint(), Seen: "4 packages from this publisher",
		Signed: w.Time(now.AddDate(0, 0, -3)), Expires: "Never", Added: w.Time(film().Created),
		Folder: "/home/ada/Downloads", Package: packageID(1).String()}
	if got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	d := detailOf(done())
	d.Publisher.Packages, d.Desc.Package.Manifest.Expires = 1, now
	got = overviewOf(d, w)
	if got.Seen != "First package from this publisher" || got.Expires != w.Time(now) || got.Finished != w.Time(d.Finished) ||
		got.From != "81% from people" || got.Folder != "/home/ada/Downloads/talks.mkv" {
		t.Errorf("%+v", got)
	}
	if got := overviewOf(detailOf(noPath()), w).Trouble; !strings.Contains(got, "allow no direct connection. Grove keeps trying. It helps when") {
		t.Errorf("the trouble is %q", got)
	}
	cut := film()
	cut.Interference = app.CutOff
	if got := overviewOf(detailOf(cut), w).Trouble; !strings.HasPrefix(got, "Something on the way cuts off people. ") {
		t.Errorf("the trouble is %q", got)
	}
	bare := overviewOf(&app.Detail{View: app.View{Name: "x", State: app.Resolving}}, w)
	if bare.Trouble != "" || bare.Fingerprint != "" || bare.Seen != "" || bare.Expires != "" || bare.Added != "" {
		t.Errorf("%+v", bare)
	}
}

func TestParagraphs(t *testing.T) {
	for about, want := range map[string]string{
		"a\nb":                           "a\nb",
		"\n\n a\u202eb\x00\n<b>c</b>\n ": "ab\n<b>c</b>",
		strings.Repeat("a\n", 100):       strings.Repeat("a\n", aboutLines) + "…",
		"":                               "",
		strings.Repeat("\n", 3000) + "a": "a",
	} {
		if got := paragraphs(about); got != want {
			t.Errorf("%.20q: %q", about, got)
		}
	}
}

func TestLimits(t *testing.T) {
	if got := limitsWith(2e6); !slices.Equal(got, host.Limits) {
		t.Errorf("%v", got)
	}
	if got := limitsWith(3e6); !slices.Equal(got, []int64{0, 256e3, 1e6, 2e6, 3e6, 5e6, 10e6}) {
		t.Errorf("%v", got)
	}
	for s, want := range map[string]int64{"1.5": 1.5e6, " 0,25 ": 250e3, "10000": 10e9, "0.001": 1000,
		"": 0, "0": 0, "-1": 0, "x": 0, "1e99": 0, "NaN": 0, "Inf": 0, "1.5.2": 0} {
		if n, ok := parseLimit(s); n != want || ok != (want > 0) {
			t.Errorf("%q: %d %v", s, n, ok)
		}
	}
}

func TestSourceLine(t *testing.T) {
	w := words.New("en")
	peer := people(1)[0]
	near, stalled, left, bad := peer, peer, peer, origin()
	near.Near, near.Label = app.NearLAN, "a\u202eb"
	stalled.Stalled, stalled.Rate = true, 0
	left.Connected, left.Rate, left.Bytes = false, 0, 0
	bad.Problem, bad.Kind = app.NewProblem(app.SourceFault, "cdn.example.org", nil), app.KindMirror
	for _, c := range []struct {
		s    app.SourceView
		want line
	}{
		{peer, line{Kind: app.KindPeer, Text: "…f3k0", First: "0.9 MB/s", Second: "1.0 MB", Note: "person"}},
		{near, line{Kind: app.KindPeer, Text: "ab", First: "0.9 MB/s", Second: "1.0 MB", Note: "person · on your network"}},
		{stalled, line{Kind: app.KindPeer, Text: "…f3k0", Second: "1.0 MB", Note: "person · sends nothing just now"}},
		{left, line{Kind: app.KindPeer, Text: "…f3k0", Note: "person · not connected now"}},
		{origin(), line{Kind: app.KindOrigin, Text: "cdn.example.org", First: "3.1 MB/s", Second: "300 MB", Note: "origin (the publisher’s server)"}},
		{bad, line{Kind: app.KindMirror, Text: "cdn.example.org", First: "3.1 MB/s", Second: "300 MB", Needs: true,
			Note: "mirror (another server) · " + sentenceOf(w, bad.Problem)}},
	} {
		if got := sourceLine(&c.s, w); got != c.want {
			t.Errorf("\n got %+v\nwant %+v", got, c.want)
		}
	}
}

func sentenceOf(w *words.Words, p *app.Problem) string {
	s, _, _ := w.Problem(p)
	return s
}

func TestFileLine(t *testing.T) {
	w := words.New("en")
	d := detailOf(film())
	d.Desc.Package.Manifest.Files[1].Path[1] = "making\u202e of.mp4"
	for i, want := range []line{
		{Text: "film.mkv", First: "41.9 MB", Second: "77%"},
		{Text: "extra/making of.mp4", First: "9.4 MB", Second: "0%"},
		{Text: "extra/read me.txt", First: "1.0 kB", Second: "not chosen"},
	} {
		if got := fileLine(d, i, w, opensMKV); got != want {
			t.Errorf("under way:\n got %+v\nwant %+v", got, want)
		}
	}
	for i := range d.Pieces {
		d.Pieces[i] = app.PieceFromPeer
	}
	if got := fileLine(d, 0, w, opensMKV); got.Second != "100%" || got.Act != actNone {
		t.Errorf("before it is in its place: %+v", got)
	}
	d = detailOf(done())
	if got := fileLine(d, 0, w, opensMKV); got.Second != "77%" || got.Act != actNone {
		t.Errorf("damaged: %+v", got)
	}
	for i := range d.Pieces {
		d.Pieces[i] = app.PieceFromPeer
	}
	for i, want := range []line{
		{Text: "film.mkv", First: "41.9 MB", Second: "100%", Act: actOpen},
		{Text: "extra/making of.mp4", First: "9.4 MB", Second: "100%", Act: actReveal},
		{Text: "extra/read me.txt", First: "1.0 kB", Second: "100%", Act: actReveal},
	} {
		if got := fileLine(d, i, w, opensMKV); got != want {
			t.Errorf("finished:\n got %+v\nwant %+v", got, want)
		}
	}
	d.Desc.Package.Manifest.Files[2].Size = 0
	d.Desc.Package.Layout = pack.NewLayout(1<<20, []int64{40 << 20, 9 << 20, 0})
	if got := fileLine(d, 2, w, opensMKV); got.Second != "100%" {
		t.Errorf("an empty file: %+v", got)
	}
}

func TestFilePath(t *testing.T) {
	one, deep := []pack.File{{Path: []string{"a"}}}, []pack.File{{Path: []string{"a", "b"}}}
	for _, c := range []struct {
		files []pack.File
		f     int
		want  string
	}{{one, 0, "/d/x"}, {deep, 0, "/d/x/a/b"}, {append(deep, one...), 1, "/d/x/a"}} {
		if got := filePath("/d/x", c.files, c.f); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestOpenFile opens what is safe to open and shows the rest.
func TestOpenFile(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	d := detailOf(done())
	for i := range d.Pieces {
		d.Pieces[i] = app.PieceFromPeer
	}
	d.Path = "/home/ada/Downloads/Talks"
	k.Engine.Details[number(2)] = d
	p.tapped(number(2))
	p.detail.turn(partFiles)
	files := p.detail.parts[partFiles].(*filesPart)
	for i := range 3 {
		v := newLineView(files.lines)
		v.set(i, files.lines.at(i))
		v.DoubleTapped(nil)
	}
	want := []string{"Open /home/ada/Downloads/Talks/film.mkv", "Open /home/ada/Downloads/Talks/extra/making of.mp4",
		"Reveal /home/ada/Downloads/Talks/extra/read me.txt"}
	if !slices.Equal(k.Desk.Calls, want) {
		t.Errorf("%q", k.Desk.Calls)
	}
	k.Engine.Details[number(1)] = detailOf(film())
	p.tapped(number(1))
	v := newLineView(files.lines)
	v.set(0, files.lines.at(0))
	v.DoubleTapped(nil)
	if len(k.Desk.Calls) != 3 {
		t.Errorf("opened what is not finished: %q", k.Desk.Calls[3:])
	}
}

func TestPieces(t *testing.T) {
	states := []app.PieceState{app.PieceMissing, app.PieceSkipped, app.PieceAsked, app.PieceWrong, app.PieceBefore,
		app.PieceFromPeer, app.PieceFromOrigin}
	want := []chart.Cell{chart.CellMissing, chart.CellSkipped, chart.CellAsked, chart.CellWrong, chart.CellBefore,
		chart.CellPeers, chart.CellOrigin}
	if got := cellsOf(states, nil); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	w := words.New("en")
	for want, pieces := range map[string][]app.PieceState{
		"3 of 6 pieces checked":                          states,
		"1 of 1 piece checked":                           {app.PieceBefore, app.PieceSkipped},
		"1,000 of 1,500 pieces checked":                  slices.Concat(slices.Repeat([]app.PieceState{app.PieceBefore}, 1000), make([]app.PieceState, 500)),
		"The pieces are known once the download begins.": nil,
	} {
		if got := piecesSentence(pieces, w); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if len(legend) != len(want) {
		t.Error("a colour without a word")
	}
}

func TestSpeedSentence(t *testing.T) {
	w := words.New("en")
	v := film()
	if got, want := speedSentence(&v, w), "11.2 MB/s now · about 3 minutes left · 1.3 GB from people and 500 MB from the origin · 300 MB given"; got != want {
		t.Errorf("%q", got)
	}
	v = done()
	if got, want := speedSentence(&v, w), "3.4 GB from people and 760 MB from the origin · 1.0 GB given"; got != want {
		t.Errorf("%q", got)
	}
	got := pointsOf([]app.Sample{{Peers: 1, Origin: 2, Given: 3}, {Peers: 4}})
	if !slices.Equal(got, []chart.Point{{Peers: 1, Origin: 2, Given: 3}, {Peers: 4}}) {
		t.Errorf("%v", got)
	}
}
