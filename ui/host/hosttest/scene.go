package hosttest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

// Now is when everything in a scene happens.
var Now = time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)

// Title is what Package makes a package of. Its content exists nowhere, so a
// film of four gigabytes costs nothing.
type Title struct {
	Name, About string
	Files       map[string]int64 // size by path, with slashes
	Order       []string         // of the paths
	Seed        uint64           // of key, hashes and poster
	Poster      bool
	Origins     []string
	Expires     time.Time
}

// Package signs a package of files that nobody has.
func Package(t testing.TB, w Title) app.Described {
	t.Helper()
	r := rand.New(rand.NewPCG(w.Seed, 1))
	key, err := pack.NewKey(rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, "publisher", w.Seed))))
	check(t, err)
	var size int64
	for _, n := range w.Files {
		size += n
	}
	piece := pack.PieceSizeFor(size)
	b := pack.NewBuild(piece)
	for _, p := range w.Order {
		list := make([]byte, (w.Files[p]+piece-1)/piece*sha256.Size)
		for i := range list {
			list[i] = byte(r.Uint32())
		}
		check(t, b.Add(strings.Split(p, "/"), sha256.Sum256(list), list, w.Files[p]))
	}
	m := pack.Manifest{Publisher: key.Public(), Created: Now.AddDate(0, 0, -3), Expires: w.Expires, Name: w.Name, About: w.About, Origins: w.Origins}
	b.Fill(&m)
	var d app.Described
	if w.Poster {
		d.Poster = Poster(t, w.Seed)
		m.Poster = sha256.Sum256(d.Poster)
	}
	grove, err := pack.Sign(m, key)
	check(t, err)
	d.Package, err = pack.Open(grove)
	check(t, err)
	d.Hashes, err = d.Package.CheckHashes(b.List())
	check(t, err)
	return d
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Poster draws hills under a sky, other ones for each seed.
func Poster(t testing.TB, seed uint64) []byte {
	t.Helper()
	const side = 96
	r := rand.New(rand.NewPCG(seed, 2))
	sky := [2]color.RGBA{{uint8(60 + r.IntN(150)), uint8(90 + r.IntN(110)), uint8(140 + r.IntN(100)), 255}, {uint8(200 + r.IntN(55)), uint8(150 + r.IntN(80)), uint8(110 + r.IntN(80)), 255}}
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		f := float64(y) / side
		for x := range side {
			m.SetRGBA(x, y, mix(sky[0], sky[1], f))
		}
	}
	for hill := range 3 {
		base, height, phase := float64(50+hill*14), float64(8+r.IntN(12)), r.Float64()*6
		c := color.RGBA{uint8(20 + hill*8 + r.IntN(25)), uint8(50 + hill*16 + r.IntN(30)), uint8(60 + r.IntN(40)), 255}
		for x := range side {
			top := base - height*math.Sin(phase+float64(x)/(14+4*float64(hill)))
			for y := max(int(top), 0); y < side; y++ {
				m.SetRGBA(x, y, c)
			}
		}
	}
	var b bytes.Buffer
	check(t, png.Encode(&b, m))
	return b.Bytes()
}

func mix(a, b color.RGBA, f float64) color.RGBA {
	one := func(x, y uint8) uint8 { return uint8(float64(x)*(1-f) + float64(y)*f) }
	return color.RGBA{one(a.R, b.R), one(a.G, b.G), one(a.B, b.B), 255}
}

// ID is the n-th transfer's.
func ID(n int) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n))
}

// View is a transfer of d that is done in part: have bytes, of which the
// given share came from peers.
func View(n int, d app.Described, state app.State, have int64, peers float64) app.View {
	m := d.Package.Manifest
	v := app.View{ID: ID(n), Package: d.Package.ID, Name: m.Name, State: state, Size: d.Package.Size(), Have: have,
		Pieces: d.Package.Layout.Pieces(), Left: -1, Folder: "/home/ada/Downloads", Target: app.TargetName(d.Package),
		Publisher: app.Publisher{Key: m.Publisher, Packages: 1 + n%5, FirstSeen: Now.AddDate(0, -n, 0)},
		Poster:    d.Poster, Files: len(m.Files), Created: Now.Add(-time.Duration(n) * time.Hour), Expires: m.Expires}
	v.Counts.Peers = int64(float64(have) * peers)
	v.Counts.Origin = have - v.Counts.Peers
	return v
}

// People are connected peers with rates, the first two on the local network,
// and the origin.
func People(n int, rate float64) []app.SourceView {
	var out []app.SourceView
	for i := range n {
		near := app.NearFar
		if i < 2 {
			near = app.NearLAN
		}
		out = append(out, app.SourceView{SourceInfo: app.SourceInfo{ID: fmt.Sprint("peer", i), Kind: app.KindPeer, Near: near, Label: fmt.Sprintf("…%04x", 0xa1b3*(i+3)&0xffff)},
			Connected: true, Rate: rate * float64(n-i) / float64(n), Bytes: int64(rate * 90 * float64(n-i))})
	}
	return append(out, app.SourceView{SourceInfo: app.SourceInfo{ID: "https://cdn.example.org/", Kind: app.KindOrigin, Near: app.NearFar, Label: "cdn.example.org"},
		Connected: true, Rate: rate * 1.4, Bytes: int64(rate * 120)})
}

// Scene is a Grove in the middle of an ordinary evening.
type Scene struct {
	Snapshot app.Snapshot
	Film     app.Described // being downloaded; the first transfer
	Offered  app.Described // not yet
	Details  map[uuid.UUID]*app.Detail
	Logs     map[uuid.UUID][]app.LogEntry
	Known    []app.Publisher
	Rows     []app.LedgerRow
}

// Evening makes the scene.
func Evening(t testing.TB) *Scene {
	t.Helper()
	film := Package(t, Title{Name: "Nordlicht — the long night", About: "A documentary about the people who keep the lights of the north burning. In Norwegian, with subtitles in six languages.",
		Files: map[string]int64{"nordlicht.mkv": 4.1e9, "subtitles/nordlicht.en.srt": 84_211, "subtitles/nordlicht.de.srt": 86_902, "stills/poster.jpg": 1_904_211}, Order: []string{"nordlicht.mkv", "stills/poster.jpg", "subtitles/nordlicht.de.srt", "subtitles/nordlicht.en.srt"}, Seed: 1, Poster: true, Origins: []string{"https://cdn.example.org/nordlicht/"}})
	talks := Package(t, Title{Name: "Conference talks 2026", Files: map[string]int64{"day-1.mp4": 2.6e9, "day-2.mp4": 2.4e9}, Order: []string{"day-1.mp4", "day-2.mp4"}, Seed: 2, Poster: true, Origins: []string{"https://talks.example.net/2026/"}})
	album := Package(t, Title{Name: "Live in Bergen", Files: map[string]int64{"01.flac": 61e6, "02.flac": 44e6, "03.flac": 58e6}, Order: []string{"01.flac", "02.flac", "03.flac"}, Seed: 3, Poster: true})
	atlas := Package(t, Title{Name: "World atlas, high resolution", Files: map[string]int64{"atlas.tiff": 9.3e9}, Order: []string{"atlas.tiff"}, Seed: 4})
	course := Package(t, Title{Name: "Piano for beginners", Files: map[string]int64{"lessons.mp4": 1.2e9}, Order: []string{"lessons.mp4"}, Seed: 5, Poster: true})
	mine := Package(t, Title{Name: "Our summer in the mountains", Files: map[string]int64{"summer.mp4": 4.3e9}, Order: []string{"summer.mp4"}, Seed: 6, Poster: true})
	offered := Package(t, Title{Name: "Harbour, a short film", About: "Fourteen minutes in the harbour of Gdańsk, winter 2025.", Files: map[string]int64{"harbour.mkv": 1.9e9, "harbour.en.srt": 21_900, "making-of.mp4": 640e6}, Order: []string{"harbour.en.srt", "harbour.mkv", "making-of.mp4"}, Seed: 7, Poster: true, Origins: []string{"https://media.example.com/harbour/"}})

	s := &Scene{Film: film, Offered: offered, Details: map[uuid.UUID]*app.Detail{}, Logs: map[uuid.UUID][]app.LogEntry{}}
	s.Snapshot = app.Snapshot{At: Now, Settings: app.DefaultSettings(), Month: app.Month{Given: 2.6e9, Budget: 20e9}}
	s.Snapshot.Settings.Welcomed = true

	v := View(1, film, app.Downloading, 1.93e9, 0.72)
	v.Rates, v.Left = app.Rates{Peers: 8.1e6, Origin: 3.1e6, Given: 0.6e6}, 195*time.Second
	v.Sources, v.Publisher.Name, v.Publisher.Packages = People(9, 1.1e6), "Nordlicht Film", 4
	v.Counts.Given, v.Serving = 210e6, app.ServeStats{Peers: 3, Given: 210e6}
	q := View(2, talks, app.Queued, 0, 0)
	q.Publisher.Name = "Open Conference"
	room := View(3, atlas, app.Failed, 0, 0)
	room.Problem = app.NewProblem(app.NoSpace, "World atlas, high resolution", nil)
	done := View(4, album, app.Seeding, album.Package.Size(), 0.81)
	done.Path, done.Finished = "/home/ada/Downloads/Live in Bergen", Now.Add(-40*time.Minute)
	done.Counts.Given, done.Serving = 190e6, app.ServeStats{Peers: 2, Complete: 1, Given: 190e6}
	old := View(5, course, app.Done, course.Package.Size(), 0.64)
	old.Path, old.Finished = "/home/ada/Downloads/lessons.mp4", Now.AddDate(0, 0, -2)
	own := View(6, mine, app.Seeding, mine.Package.Size(), 0)
	own.Counts, own.Shared, own.Seed, own.Path, own.Private = app.Counts{Given: 12.4e9}, true, true, "/home/ada/Videos/summer.mp4", true
	own.Folder, own.Target = "", ""
	own.Serving, own.Rates.Given = app.ServeStats{Peers: 5, Complete: 2, Given: 12.4e9}, 1.9e6
	s.Snapshot.Transfers = []app.View{v, q, room, done, old, own}
	s.detail(film, v)
	s.ledger([]app.Described{film, album, course, mine})
	for _, view := range s.Snapshot.Transfers[:5] {
		s.Known = append(s.Known, view.Publisher)
	}
	return s
}

// detail makes what the detail view shows of the film.
func (s *Scene) detail(d app.Described, v app.View) {
	r := rand.New(rand.NewPCG(9, 9))
	det := &app.Detail{View: v, Desc: &d, Pieces: make([]app.PieceState, v.Pieces)}
	for i := range det.Pieces {
		switch f := r.Float64() + float64(i)/float64(v.Pieces); {
		case f < 0.62:
			det.Pieces[i] = app.PieceFromPeer
		case f < 0.86:
			det.Pieces[i] = app.PieceFromOrigin
		case f < 0.92:
			det.Pieces[i] = app.PieceAsked
		}
	}
	for i := range 180 {
		f := float64(i)
		det.History = append(det.History, app.Sample{
			Peers:  8.1e6 * (1 - math.Exp(-f/30)) * (0.93 + 0.07*math.Sin(f/7) + 0.03*r.Float64()),
			Origin: 3.1e6 + 4.5e6*math.Exp(-f/25) + 0.3e6*math.Sin(f/11),
			Given:  0.6e6 * (1 - math.Exp(-f/50)),
		})
	}
	s.Details[v.ID] = det
	at := Now.Add(-4 * time.Minute)
	for i, e := range []app.LogEntry{{Event: "accepted", Text: v.Name + ", into " + v.Folder}, {Event: "started", Text: "0 of 2051 pieces are here"},
		{Event: "source_found", Text: "https://cdn.example.org/"}, {Event: "source_found", Text: "12D3KooWQm7x"}, {Event: "source_gone", Text: "12D3KooWQm7x"}} {
		e.Time = at.Add(time.Duration(i*i) * 9 * time.Second)
		s.Logs[v.ID] = append(s.Logs[v.ID], e)
	}
}

// ledger makes a month of days.
func (s *Scene) ledger(packs []app.Described) {
	r := rand.New(rand.NewPCG(5, 5))
	for day := 29; day >= 0; day-- {
		for i, p := range packs {
			if r.Float64() < 0.55 {
				continue
			}
			row := app.LedgerRow{Day: Now.AddDate(0, 0, -day).Format(time.DateOnly), Package: p.Package.ID, Name: p.Package.Manifest.Name, Best: 9e6}
			if i < 3 {
				row.Peers = int64(r.Float64() * 1.5e9)
				row.Origin = int64(r.Float64() * 0.6e9)
			}
			row.Given = int64(r.Float64() * 0.5e9)
			row.PeersLAN, row.PeersNear, row.Mirrors = row.Peers/10, row.Peers/3, row.Origin/5
			row.GivenLAN, row.GivenNear = row.Given/8, row.Given/4
			s.Rows = append(s.Rows, row)
		}
	}
}

// Play puts the scene into a kit's engine.
func (s *Scene) Play(e *Engine) *app.Snapshot {
	e.Details, e.Logs, e.Known, e.Rows = s.Details, s.Logs, s.Known, s.Rows
	e.Offer = &app.Offer{ID: ID(70), Described: s.Offered, Publisher: app.Publisher{Key: s.Offered.Package.Publisher(), Packages: 0}}
	e.Outlooks = []app.Outlook{{Near: 1, Peers: 2, Complete: 2, Origins: 1, Looked: true, Usual: 9e6}}
	return e.Set(s.Snapshot)
}
