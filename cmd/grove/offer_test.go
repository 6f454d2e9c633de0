package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

func TestOfferText(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Name: "kit"})
	o := offerView{pkg: made.Package, publisher: app.Publisher{Key: made.Package.Publisher()}, folder: "/home/a/Videos", target: "kit",
		free: 10_000_000, sharing: sharingSentence(false, false)}
	want := `kit

Signed by  ` + made.Package.Publisher().Fingerprint() + ` (first time seen)

  a-long.bin            1.3 MB
  b-empty.txt          0 bytes
  folder/c-tiny.txt    7 bytes
  folder/d-even.bin     1.0 MB

Size       2.4 MB in 4 files
Goes to    kit
           in /home/a/Videos (10.0 MB free, 7.6 MB after)

While it downloads, others who download this get pieces from you; that stops when it is complete.
`
	if got := o.text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	o.free, o.publisher.Packages, o.publisher.Name = 1_000_000, 3, "Nordlicht"
	for _, want := range []string{"1.0 MB free: 1.4 MB too little", "Nordlicht, ", "same publisher as 3 packages before"} {
		if !strings.Contains(o.text(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.text())
		}
	}
}

func TestOfferOfManyFiles(t *testing.T) {
	files := map[string][]byte{}
	for i := range 200 {
		files[fmt.Sprintf("%03d.txt", i)] = []byte("x")
	}
	made := apptest.Package(t, apptest.Options{Name: "many", Files: files})
	text := offerView{pkg: made.Package}.text()
	if !strings.Contains(text, "  019.txt") || strings.Contains(text, "020.txt") || !strings.Contains(text, "and 180 more") {
		t.Error(text)
	}
	text = offerView{pkg: made.Package, selected: []int{3, 150}}.text()
	if !strings.Contains(text, "150.txt") || strings.Contains(text, "more") || !strings.Contains(text, "(198 not selected)") || !strings.Contains(text, "2 bytes in 2 files") {
		t.Error(text)
	}
}

func TestSelectFiles(t *testing.T) {
	m := apptest.Package(t, apptest.Options{Files: map[string][]byte{"a.txt": nil, "b/c.txt": nil, "b/d/e.pdf": nil, "f.pdf": nil}}).Package.Manifest
	for glob, want := range map[string][]int{
		"*.txt": {0, 1}, "b": {1, 2}, "b/": {1, 2}, "b/d": {2}, "b/*": {1, 2}, "*/c.txt": {1}, "f.pdf": {3}, "?.pdf": {2, 3}, "e.pdf": {2},
	} {
		got, err := selectFilesOf(m, []string{glob})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", glob, got, err, want)
		}
	}
	for _, glob := range []string{"c", "/a.txt", "", "[", "*.TXT"} {
		if got, err := selectFilesOf(m, []string{"a.txt", glob}); err == nil {
			t.Errorf("%q: %v", glob, got)
		}
	}
}

func TestResultText(t *testing.T) {
	made := apptest.Package(t, film(4_000_000))
	v := app.View{Name: "film", State: app.Done, Size: 4_000_000, Have: 4_000_000, Elapsed: 2 * time.Second,
		Counts: app.Counts{Peers: 2_000_000, Origin: 1_500_000},
		Sources: []app.SourceView{
			{SourceInfo: app.SourceInfo{Kind: app.KindPeer, Label: "17CAtkr1"}, Bytes: 1_000_000},
			{SourceInfo: app.SourceInfo{Kind: app.KindPeer, Label: "idle"}},
			{SourceInfo: app.SourceInfo{Kind: app.KindOrigin, Label: "cdn.example.org\x1b[2J"}, Bytes: 1_500_000},
		}}
	want := `film is complete: 4.0 MB in 2.0 s, 1.2 MB/s.

  peer 17CAtkr1                 1.0 MB   25 %
  origin cdn.example.org[2J     1.5 MB   38 %
  people, earlier               1.0 MB   25 %
  was here before               500 kB   13 %

SHA-256  ` + made.Package.Manifest.Files[0].SHA256.String() + `  film.bin
`
	if got := resultText(v, made.Package); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := resultText(app.View{Name: "film", Size: 10}, nil); !strings.Contains(got, "complete and unchanged") || strings.Contains(got, "SHA-256") {
		t.Error(got)
	}
}

// Patience: what counts is that bytes come, not that pieces are complete.
func TestWaiting(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	quiet := app.View{Name: "film", State: app.Downloading, Size: 100, Problem: app.NewProblem(app.NoSource, "film", nil)}
	lied := quiet
	lied.Sources = []app.SourceView{{SourceInfo: app.SourceInfo{Kind: app.KindOrigin}, Problem: app.NewProblem(app.WrongBytes, "cdn", nil)}}
	refused := quiet
	refused.Sources = []app.SourceView{{Problem: app.NewProblem(app.SourceFault, "a", nil)}, {Problem: app.NewProblem(app.Refused, "b", nil)}}
	moving := quiet
	moving.Problem = nil
	for name, c := range map[string]struct {
		limit time.Duration
		view  func(second int) app.View
		after int // seconds; 0 is never
		kind  app.ProblemKind
	}{
		"nobody":        {time.Minute, func(int) app.View { return quiet }, 60, app.NoSource},
		"for ever":      {0, func(int) app.View { return quiet }, 0, ""},
		"not agreed":    {time.Minute, func(int) app.View { return moving }, 0, ""},
		"short":         {2 * time.Second, func(int) app.View { return moving }, 2, app.NoSource},
		"liars":         {time.Minute, func(int) app.View { return lied }, 10, app.WrongBytes},
		"refused":       {time.Minute, func(int) app.View { return refused }, 60, app.Refused},
		"checking":      {time.Minute, func(int) app.View { return app.View{State: app.Checking} }, 0, ""},
		"pieces come":   {time.Minute, func(s int) app.View { v := quiet; v.Counts.Peers = int64(s / 50); return v }, 0, ""},
		"bytes come":    {2 * time.Second, func(s int) app.View { v := moving; v.Rates.Peers = float64(s); return v }, 0, ""},
		"rate decays":   {20 * time.Second, func(s int) app.View { v := quiet; v.Rates.Peers = 1e6 / float64(s+1); return v }, 20, app.NoSource},
		"then complete": {time.Minute, func(s int) app.View { return app.View{State: app.Done} }, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := waiting{limit: c.limit}
			for s := range 300 {
				p := app.AsProblem(w.over(now.Add(time.Duration(s)*time.Second), []app.View{c.view(s)}))
				if p == nil {
					continue
				}
				if s != c.after || p.Kind != c.kind {
					t.Errorf("after %d s: %v", s, p)
				}
				return
			}
			if c.after != 0 {
				t.Error("it waits for ever")
			}
		})
	}
}
