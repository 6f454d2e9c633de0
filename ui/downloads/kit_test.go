package downloads

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host/hosttest"
)

// now is the time of every snapshot here, and wide and tiny the sizes of the
// page.
var (
	now  = time.Date(2026, 11, 22, 15, 4, 0, 0, time.UTC)
	wide = fyne.NewSize(900, 620)
	tiny = fyne.NewSize(480, 360)
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	m.Run()
}

func number(n int) uuid.UUID { return uuid.UUID{15: byte(n), 14: byte(n >> 8)} }

func packageID(n int) pack.ID { return pack.ID{byte(n * 37), byte(n * 101), byte(n), 7, byte(n * 13)} }

var nordlicht = app.Publisher{Key: pack.PublicKey{'E', 'd', 1, 2, 3}, Name: "Nordlicht Film", Packages: 4}

// poster is a small picture, w by h pixels.
func poster(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetRGBA(i%w, i/w, color.RGBA{R: uint8(i / w * 255 / h), G: 90, B: uint8(i % w * 255 / w), A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func people(n int) (all []app.SourceView) {
	for i := range n {
		all = append(all, app.SourceView{SourceInfo: app.SourceInfo{ID: fmt.Sprintf("peer%d", i), Kind: app.KindPeer,
			Near: app.NearFar, Label: fmt.Sprintf("…f3k%d", i)}, Connected: true, Bytes: 1e6 * int64(i+1), Rate: 9e5})
	}
	return all
}

func origin() app.SourceView {
	return app.SourceView{SourceInfo: app.SourceInfo{ID: "https://cdn.example.org/film", Kind: app.KindOrigin,
		Near: app.NearFar, Label: "cdn.example.org"}, Connected: true, Bytes: 3e8, Rate: 3.1e6}
}

// film is a download under way.
func film() app.View {
	return app.View{ID: number(1), Package: packageID(1), Name: "Feature film", State: app.Downloading, Size: 4.2e9, Have: 1.9e9,
		Pieces: 1024, Counts: app.Counts{Peers: 1.3e9, Origin: 5e8, Given: 3e8}, Rates: app.Rates{Peers: 8.1e6, Origin: 3.1e6, Given: 6e5},
		Left: 3 * time.Minute, Sources: append(people(9), origin()), Folder: "/home/ada/Downloads", Target: "film.mkv",
		Publisher: nordlicht, Files: 1, Created: now.Add(-time.Hour), Elapsed: 4 * time.Minute}
}

// done is a finished download that is shared.
func done() app.View {
	v := film()
	v.ID, v.Package, v.Name, v.State, v.Have = number(2), packageID(2), "Conference talks 2026", app.Seeding, v.Size
	v.Counts, v.Rates, v.Left = app.Counts{Peers: 3.44e9, Origin: 7.6e8, Given: 1e9}, app.Rates{Given: 6e5}, -1
	v.Path, v.Finished, v.Sources, v.Target = "/home/ada/Downloads/talks.mkv", now.Add(-26*time.Hour), nil, "talks.mkv"
	v.Serving = app.ServeStats{Peers: 3}
	return v
}

// in is a download in a state and nothing else of note.
func in(n int, name string, st app.State) app.View {
	return app.View{ID: number(n), Package: packageID(n), Name: name, State: st, Size: 7e8, Files: 3, Left: -1,
		Folder: "/home/ada/Downloads", Target: name, Created: now.Add(-time.Hour)}
}

// ofEvery is one of every state.
func ofEvery() []app.View {
	queued := in(3, "Second in line", app.Queued)
	first := in(4, "Atlas of the northern forests", app.Queued)
	checking := in(5, "Field recordings", app.Checking)
	checking.Checked, checking.Have = 0.42, 3e8
	paused := in(6, "Lecture series, part 2", app.Paused)
	paused.Have, paused.Counts = 2e8, app.Counts{Origin: 2e8}
	failed := in(7, "Map tiles", app.Failed)
	failed.Problem, failed.Have = app.NewProblem(app.NoSpace, "Map tiles", nil), 1e8
	lost := in(8, "Rare broadcast", app.Downloading)
	lost.Problem, lost.Have = app.NewProblem(app.NoSource, "Rare broadcast", nil), 1e8
	resolving := in(9, "", app.Resolving)
	resolving.Size, resolving.Files = 0, 0
	kept := done()
	kept.ID, kept.Package, kept.Name, kept.State, kept.Files = number(10), packageID(10), "Photographs", app.Done, 240
	kept.Path, kept.Counts = "/home/ada/Downloads/Photographs", app.Counts{Origin: 4.2e9}
	return []app.View{film(), first, queued, checking, paused, failed, lost, resolving, done(), kept}
}

// snapshot is a picture of these transfers.
func snapshot(all ...app.View) *app.Snapshot {
	return &app.Snapshot{Version: 7, At: now, Transfers: all, Settings: app.DefaultSettings()}
}

// noPath is a download that somebody has who cannot be reached.
func noPath() app.View {
	v := in(11, "Rare broadcast", app.Downloading)
	v.Problem, v.Publisher = app.NewProblem(app.NoPath, "Rare broadcast", nil), nordlicht
	return v
}

// many are n downloads, a mixture of states.
func many(n int) []app.View {
	var all []app.View
	for len(all) < n {
		for _, v := range ofEvery() {
			i := len(all) + 1
			v.ID, v.Package, v.Name = number(i), packageID(i), fmt.Sprintf("%s %d", v.Name, i)
			all = append(all, v)
		}
	}
	return all[:n]
}

// detailOf is everything about v, a package of three files.
func detailOf(v app.View) *app.Detail {
	p := &pack.Package{ID: v.Package, Layout: pack.NewLayout(1<<20, []int64{40 << 20, 9 << 20, 1000}),
		Manifest: pack.Manifest{Publisher: nordlicht.Key, Created: now.AddDate(0, 0, -3), Name: v.Name,
			Origins: []string{"https://cdn.example.org/film/"}, Floor: 500_000,
			About: "Four forests in four seasons, filmed from the same trees.\nWith subtitles in nine languages.",
			Files: []pack.File{{Path: []string{"film.mkv"}, Size: 40 << 20}, {Path: []string{"extra", "making of.mp4"}, Size: 9 << 20},
				{Path: []string{"extra", "read me.txt"}, Size: 1000}}}}
	d := &app.Detail{View: v, Desc: &app.Described{Package: p}, Pieces: make([]app.PieceState, p.Layout.Pieces())}
	for i := range d.Pieces {
		d.Pieces[i] = [...]app.PieceState{app.PieceFromPeer, app.PieceFromPeer, app.PieceFromOrigin, app.PieceBefore,
			app.PieceFromPeer, app.PieceAsked, app.PieceMissing, app.PieceMissing}[i*8/len(d.Pieces)]
	}
	d.Pieces[30], d.Pieces[49] = app.PieceWrong, app.PieceSkipped
	for i := range 180 {
		d.History = append(d.History, app.Sample{Peers: 4e6 + 4e4*float64(i), Origin: 6e6 - 3e4*float64(i), Given: 5e5})
	}
	return d
}

// logOf is what happened to film.
func logOf() []app.LogEntry {
	var all []app.LogEntry
	for i, e := range []string{"accepted", "started", "source_found", "wrong_bytes", "no_source", "moving"} {
		all = append(all, app.LogEntry{Time: now.Add(time.Duration(i) * time.Minute), Event: e, Text: "12D3KooWabcdef: what was seen"})
	}
	return all
}

// place puts the page into a window of a size with downloads; film has a
// detail and a log.
func place(t testing.TB, k *hosttest.Kit, size fyne.Size, all ...app.View) *Page {
	t.Helper()
	p := New(k.Host)
	k.Engine.Details = map[uuid.UUID]*app.Detail{}
	k.Engine.Logs = map[uuid.UUID][]app.LogEntry{number(1): logOf()}
	for _, v := range all {
		k.Engine.Details[v.ID] = detailOf(v)
	}
	k.Put(p, size, snapshot(all...))
	return p
}
