package mirror

import (
	"fmt"
	"strings"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// told is a report as lines "what grade".
func told(r Report) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprint(f.What, " ", map[Grade]string{Good: "good", Note: "note", Bad: "bad"}[f.Grade]))
	}
	return strings.Join(out, ", ")
}

func TestCheck(t *testing.T) {
	made := oneFile(t)
	for _, row := range []struct {
		name  string
		serve func(x *exchange) bool
		want  string
		text  string
	}{
		{"as it should be", func(x *exchange) bool { return x.right(`ETag: "a"`) },
			"answers good, ranges good, length good, validator good, bytes good", "strong ETag"},
		{"with a date", func(x *exchange) bool {
			return x.right("Last-Modified: Mon, 05 Jan 2026 00:00:00 GMT", "Date: Tue, 06 Jan 2026 00:00:00 GMT")
		}, "answers good, ranges good, length good, validator good, bytes good", "Last-Modified"},
		{"with a weak ETag", func(x *exchange) bool { return x.right(`ETag: W/"a"`) },
			"answers good, ranges good, length good, validator note, bytes good", "weak"},
		{"without a validator", func(x *exchange) bool { return x.right() },
			"answers good, ranges good, length good, validator note, bytes good", "neither"},
		{"other bytes", func(x *exchange) bool { x.content = make([]byte, len(x.content)); return x.right() },
			"answers good, ranges good, length good, validator note, bytes bad", "3 of the 3 pieces"},
		{"no ranges", func(x *exchange) bool {
			x.head("200 OK", fmt.Sprint("Content-Length: ", len(x.content)))
			x.Write(x.content)
			return true
		}, "answers good, ranges bad", "does not support ranges"},
		{"another length", func(x *exchange) bool {
			x.content = append(x.content[:len(x.content):len(x.content)], 0)
			return x.right()
		}, "answers good, length bad", "signed one has"},
		{"ever new tags", func(x *exchange) bool { return x.right(fmt.Sprintf(`ETag: "%d"`, x.n)) },
			"answers good, ranges good, validator bad, bytes good", "several servers"},
		{"forbidden", func(x *exchange) bool { return x.status("403 No") },
			"answers bad", "403 Forbidden"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], row.serve)
			url := "http://" + srv.addr + "/file.bin"
			reports, err := newClient(t, Config{}).Check(t.Context(), app.Want{
				Package: made.Package, Hashes: made.Hashes, Origins: typed(url, url),
			})
			if err != nil || len(reports) != 1 || reports[0].Origin != url {
				t.Fatalf("%v, %v; want one report", reports, err)
			}
			r := reports[0]
			if got := told(r); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
			if !strings.Contains(fmt.Sprint(r.Findings), row.text) {
				t.Errorf("%v\nshould say %q", r.Findings, row.text)
			}
			if r.OK() == strings.Contains(row.want, "bad") {
				t.Errorf("OK() = %v", r.OK())
			}
		})
	}
}

func TestCheckOfManyFiles(t *testing.T) {
	sizes := map[string]int64{"empty": 0}
	for i := range 30 {
		sizes[fmt.Sprintf("f%02d", i)] = 5 * 1000
	}
	sizes["f00"] = 4 * pack.MinPiece
	made := apptest.Package(t, apptest.Options{Sizes: sizes})
	o := newOrigin(t, made)
	reports, err := newClient(t, Config{}).Check(t.Context(), app.Want{
		Package: made.Package, Hashes: made.Hashes, Origins: append(typed(o.URL+"/"), app.Origin{URL: o.URL + "/"}, app.Origin{URL: "http://10.0.0.1/"}),
	})
	if err != nil || len(reports) != 2 {
		t.Fatalf("%v, %v; want two reports", reports, err)
	}
	if !reports[0].OK() || reports[1].OK() {
		t.Errorf("%v", reports)
	}
	files := map[string]bool{}
	for _, r := range o.requests() {
		files[r.URL.Path] = true
	}
	if len(files) != checkFiles || len(o.requests()) != checkFiles+2 || !files["/f00"] {
		t.Errorf("%d requests for %d files; want %d for %d", len(o.requests()), len(files), checkFiles+2, checkFiles)
	}
}

func TestCheckOfSmallFilesWithoutRanges(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a": 10, "b": 20}})
	srv := serveRaw(t, "127.0.0.1:0", nil, nil, func(x *exchange) bool {
		content := made.Content[strings.Index("ab", x.req.URL.Path[1:])]
		x.head("200 OK", fmt.Sprint("Content-Length: ", len(content)))
		x.Write(content)
		return true
	})
	reports, err := newClient(t, Config{}).Check(t.Context(), app.Want{
		Package: made.Package, Hashes: made.Hashes, Origins: typed("http://" + srv.addr + "/"),
	})
	if err != nil || len(reports) != 1 {
		t.Fatalf("%v, %v; want one report", reports, err)
	}
	if got, want := told(reports[0]), "answers good, ranges note, length good, validator note, bytes good"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
