package local

import (
	"net/http"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// exampleBook is what docs/API.md shows.
func exampleBook(t *testing.T) *Book {
	t.Helper()
	store := apptest.NewStore()
	day := "2026-07-01"
	if err := store.AddLedger(app.LedgerRow{Day: day, Counts: app.Counts{Peers: 9e8, PeersNear: 2e8, Origin: 1e8, Given: 3e8}}); err != nil {
		t.Fatal(err)
	}
	b, err := bookOf(store, Span{day, day, "day"}, app.Month{Given: 4.1e9, Budget: 20e9})
	if err != nil {
		t.Fatal(err)
	}
	b.Time = time.Date(2026, 7, 1, 9, 1, 0, 0, time.UTC)
	return b
}

// A part of the ledger is asked for; what cannot be meant is refused.
func TestLedger(t *testing.T) {
	data, store := t.TempDir(), apptest.NewStore()
	this := time.Now().Format("2006-01")
	if err := store.AddLedger(
		app.LedgerRow{Day: "2026-01-31", Name: "old", Counts: app.Counts{Given: 30}},
		app.LedgerRow{Day: this + "-01", Name: "a", Counts: app.Counts{Given: 7}},
		app.LedgerRow{Day: this + "-02", Name: "a", Counts: app.Counts{Given: 5, GivenNear: 2}},
	); err != nil {
		t.Fatal(err)
	}
	serveFrom(t, data, store)
	for ask, lines := range map[string]int{
		"": 2, "?by=": 2, "?by=day": 2, "?by=package": 1, "?by=class": 5, "?from=2026-01-01": 3, "?to=2026-01-31": 1,
		"?from=2026-01-31&to=2026-01-31&by=day": 1, "?from=1999-01-01&to=1999-01-02": 0,
	} {
		var b Book
		if code := question(t, data, "/v1/ledger"+ask, &b); code != http.StatusOK || b.Lines == nil || len(b.Lines) != lines ||
			b.Event != "ledger" || b.Schema != 1 || *b.Month.Left != 20e9-12 {
			t.Errorf("%s: %d, %+v", ask, code, b)
		}
	}
	var b Book
	if question(t, data, "/v1/ledger?by=package", &b); b.Lines[0].Given != 12 || *b.Lines[0].GivenBy != (Given{0, 2, 10}) || b.Lines[0].Name != "a" {
		t.Errorf("%+v", b.Lines[0])
	}
	for ask, why := range map[string]string{
		"?by=moon":                        `by is day, package or class, not "moon".`,
		"?from=2026-02-30":                `from is a day as in 2026-01-31, not "2026-02-30".`,
		"?to=31.1.2026":                   `to is a day as in 2026-01-31, not "31.1.2026".`,
		"?from=2026-02-01&to=2026-01-31":  "from is after to, so nothing lies between 2026-02-01 and 2026-01-31.",
		"?month=2026-01":                  `A ledger is asked for with from, to and by, each once, not with "month".`,
		"?from=2026-01-01&from=2026-01-1": `A ledger is asked for with from, to and by, each once, not with "from".`,
	} {
		var said refusal
		if code := question(t, data, "/v1/ledger"+ask, &said); code != http.StatusBadRequest || said.Problem == nil ||
			said.Problem.Kind != app.BadInput || said.Problem.Text != why || said.Problem.Exit != 2 {
			t.Errorf("%s: %d, %+v", ask, code, said.Problem)
		}
	}
}
