package local

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// given is a snapshot of a Grove that gives.
func given() *app.Snapshot {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	set := app.DefaultSettings()
	set.Welcomed = true
	return &app.Snapshot{
		Version: 7, Settings: set, Month: app.Month{Given: 4e9, Budget: 20e9}, Up: 2e6,
		Transfers: []app.View{
			{ID: uuid.UUID{1}, Name: "film", State: app.Downloading, Size: 100, Have: 40, Left: 90 * time.Second, Elapsed: time.Minute,
				Counts: app.Counts{Peers: 30, Origin: 10, Given: 5}, Rates: app.Rates{Peers: 3, Origin: 1, Given: 2},
				Serving: app.ServeStats{Peers: 3, Complete: 1, Missed: 2}, Folder: "/in", Target: "film", Created: at, Policy: app.PolicyFast,
				Sources: []app.SourceView{
					{SourceInfo: app.SourceInfo{ID: "a", Kind: app.KindPeer}, Connected: true, Bytes: 30, Rate: 3},
					{SourceInfo: app.SourceInfo{ID: "b", Kind: app.KindOrigin}, Problem: app.NewProblem(app.SourceBusy, "b\x1b[2J", nil)},
				}},
			{ID: uuid.UUID{2}, Name: "talk", State: app.Seeding, Size: 10, Have: 10, Left: -1, Path: "/in/talk", Created: at, Finished: at,
				Counts: app.Counts{Given: 7}, Serving: app.ServeStats{Peers: 1}, Rates: app.Rates{Given: 0.5}, NotGiving: app.GivingOverspent},
			{ID: uuid.UUID{3}, Name: "song", State: app.Seeding, Left: -1, NotGiving: "a reason of tomorrow"},
			{ID: uuid.UUID{4}, Name: "song 2", State: app.Failed, Left: -1, NotGiving: app.GivingOverspent, Problem: app.NewProblem(app.FileChanged, "song 2", nil)},
		},
	}
}

// example is what docs/API.md shows.
func example() *Status {
	at := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	snap := given()
	snap.Month.Given = 4.1e9
	snap.Transfers = snap.Transfers[:1]
	v := &snap.Transfers[0]
	v.ID = uuid.MustParse("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
	v.Name, v.Folder, v.Target, v.Size, v.Have = "A film", "/home/ada/Downloads", "film.mkv", 4e9, 1e9
	v.Counts = app.Counts{Peers: 9e8, Origin: 1e8, Given: 3e8}
	v.Rates = app.Rates{Peers: 8e6, Origin: 1e6, Given: 1.2e6}
	v.Left, v.NotGiving, v.Policy, v.Created = 320*time.Second, "", "", at
	v.Sources = []app.SourceView{{SourceInfo: app.SourceInfo{ID: "12D3KooWExample", Kind: app.KindPeer}, Connected: true, Bytes: 9e8, Rate: 8e6}}
	s := statusOf(snap, &Program{Name: "grove", PID: 4711, Since: at}, true, Line{Takes: 1.25e6})
	s.Time, s.Transfers[0].Package = at.Add(time.Minute), "mzxw6ytboi4dcnrv..."
	return s
}

// The documents are what docs/API.md shows, in their order; GROVE_GOLDEN=update
// writes them there.
func TestDocument(t *testing.T) {
	const page, open, end = "../../../docs/API.md", "```json\n", "```\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), open)
	all := []any{example(), exampleBook(t)}
	if len(parts) != len(all)+1 {
		t.Fatalf("docs/API.md shows %d documents, not %d", len(parts)-1, len(all))
	}
	for i, doc := range all {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		if err := e.Encode(doc); err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(parts[i+1], end)
		parts[i+1] = b.String() + end + after
	}
	shown := strings.Join(parts, open)
	if shown == string(text) {
		return
	}
	if os.Getenv("GROVE_GOLDEN") != "update" {
		t.Fatalf("docs/API.md does not show\n%s", shown)
	}
	if err := os.WriteFile(page, []byte(shown), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSums(t *testing.T) {
	s := statusOf(given(), nil, true, Line{})
	if s.Down != 4 || s.Giving.Rate != 2.5 || s.Giving.Fetching != 3 || s.Limits != (Limits{0, 2e6}) || len(s.Transfers) != 4 {
		t.Errorf("%+v", s)
	}
	if want := []string{"budget", "a reason of tomorrow"}; !reflect.DeepEqual(s.Giving.HeldBack, want) {
		t.Errorf("held back by %q, want %q", s.Giving.HeldBack, want)
	}
	if *s.Giving.Month.Left != 16e9 || s.Transfers[0].People != 3 || s.Transfers[0].Fetching != 2 || *s.Transfers[0].Left != 90 || s.Transfers[1].Left != nil {
		t.Errorf("%+v", s)
	}
	if text := s.Transfers[0].Sources[1].Problem.Text; strings.ContainsRune(text, 0x1b) {
		t.Errorf("a control code in %q", text)
	}
	unbound := given()
	unbound.Month.Budget = 0
	if s := statusOf(unbound, nil, true, Line{}); s.Giving.Month.Left != nil {
		t.Errorf("%+v", s.Giving)
	}
	for known, want := range map[Line]*Line{{}: nil, {Takes: 5}: {Takes: 5}, {Yields: true}: {Yields: true}, {5, true}: {5, true}} {
		if l := statusOf(given(), nil, true, known).Line; !reflect.DeepEqual(l, want) {
			t.Errorf("%+v is told as %+v", known, l)
		}
		if l := statusOf(&app.Snapshot{}, nil, true, known).Line; l != nil && l.Yields {
			t.Errorf("with nobody who fetches, %+v", l)
		}
	}
	if again := statusOf(given(), nil, true, Line{}); !again.same(s) {
		t.Error("the same snapshot is another status")
	}
	for name, change := range map[string]func(*app.Snapshot){
		"rate": func(s *app.Snapshot) { s.Transfers[0].Rates.Given++ },
		"end":  func(s *app.Snapshot) { s.Transfers = s.Transfers[:3] },
		"left": func(s *app.Snapshot) { s.Transfers[0].Left++ },
		"word": func(s *app.Snapshot) { s.Transfers[0].NotGiving = app.GivingOff },
	} {
		snap := given()
		change(snap)
		if statusOf(snap, nil, true, Line{}).same(s) {
			t.Errorf("%s: no difference is seen", name)
		}
	}
}

// Where nobody runs the status is what was saved, and of this month alone.
func TestSaved(t *testing.T) {
	store := apptest.NewStore()
	set := app.DefaultSettings()
	set.Up, set.Giving.Budget, set.Network.Peers = 3000, 10, false
	now := time.Now()
	rows := []app.LedgerRow{
		{Day: now.Format("2006-01") + "-01", Name: "a", Counts: app.Counts{Given: 7}},
		{Day: now.Format(time.DateOnly), Name: "b", Counts: app.Counts{Given: 4, Peers: 100}},
		{Day: now.AddDate(0, -2, 0).Format(time.DateOnly), Name: "c", Counts: app.Counts{Given: 1000}},
	}
	if err := store.SaveSettings(set); err != nil {
		t.Fatal(err)
	}
	if err := store.AddLedger(rows...); err != nil {
		t.Fatal(err)
	}
	s, err := Saved(store)
	if err != nil {
		t.Fatal(err)
	}
	g := s.Giving
	if s.Running || s.Program != nil || s.Peers || s.Limits.Up != 3000 || g.Month.Given != 11 || *g.Month.Left != 0 || g.Chosen || !g.On ||
		!reflect.DeepEqual(g.HeldBack, []string{"budget"}) || s.Transfers == nil {
		t.Errorf("%+v", s)
	}
}
