package insights

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/chart"
	"grove/ui/words"
)

var compare = cmp.AllowUnexported(sums{}, parcel{}, facts{}, budget{}, line{})

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		now         string
		reach       reach
		first, last string
		days        int
	}{
		{"2026-11-22T20:15:00Z", 7, "2026-11-16", "2026-11-22", 7},
		{"2026-11-22T20:15:00Z", 30, "2026-10-24", "2026-11-22", 30},
		{"2026-11-22T00:00:00Z", 365, "2025-11-23", "2026-11-22", 365},
		{"2026-11-22T23:59:59Z", thisMonth, "2026-11-01", "2026-11-22", 22},
		{"2026-11-01T10:00:00Z", thisMonth, "2026-11-01", "2026-11-01", 1},
		{"2028-03-01T10:00:00Z", 7, "2028-02-24", "2028-03-01", 7}, // over a leap day
		{"2026-11-22T23:30:00-05:00", 7, "2026-11-16", "2026-11-22", 7},
	} {
		at, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		s := until(at, c.reach)
		first, last := s.bounds()
		if first != c.first || last != c.last || s.days() != c.days {
			t.Errorf("%s, %d: %s to %s, %d days; want %s to %s, %d", c.now, c.reach, first, last, s.days(), c.first, c.last, c.days)
		}
	}
}

// Where clocks are put forward or back there are days of 23 and of 25 hours.
func TestDaysThatAreNotADayLong(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, at := range []time.Time{time.Date(2026, 3, 30, 0, 30, 0, 0, berlin), time.Date(2026, 10, 26, 0, 30, 0, 0, berlin)} {
		if s := until(at, 7); s.days() != 7 || s.last.Day() != at.Day() {
			t.Errorf("%v: %d days to %v", at, s.days(), s.last)
		}
	}
}

func TestLabels(t *testing.T) {
	say := words.New("en")
	for r, want := range map[reach][]string{
		7:   {"16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov", "21 Nov", "22 Nov"},
		30:  {"26 Oct", "2 Nov", "9 Nov", "16 Nov"},
		90:  {"1 Sep", "15 Sep", "1 Oct", "15 Oct", "1 Nov", "15 Nov"},
		365: {"Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"},
	} {
		var got []string
		labels := until(now, r).labels(say)
		for _, l := range labels {
			if l != "" {
				got = append(got, l)
			}
		}
		if len(labels) != int(r) || !cmp.Equal(want, got) {
			t.Errorf("%d days have %d labels, of them written %q; want %q", r, len(labels), got, want)
		}
	}
	if got := dayMonth(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), words.New("fr")); got != "1er déc." {
		t.Errorf("the first of December is %q", got)
	}
}

func TestByDayFillsGaps(t *testing.T) {
	s := until(now, 7)
	rows := []app.LedgerRow{row(6, 1, "a", 1, 2, 3), row(6, 2, "b", 10, 20, 30), row(2, 1, "a", 100, 0, 0), row(0, 1, "a", 0, 0, 7)}
	want := []sums{{11, 22, 33}, {}, {}, {}, {100, 0, 0}, {}, {0, 0, 7}}
	if d := cmp.Diff(want, byDay(rows, s), compare); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(make([]sums, 365), byDay(nil, until(now, 365)), compare); d != "" {
		t.Error(d)
	}
	one := span{s.last, s.last}
	if d := cmp.Diff([]sums{{0, 0, 7}}, byDay(rows, one), compare); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]chart.Day{{Peers: 11, Origin: 22, Given: 33}}, bars(want[:1])); d != "" {
		t.Error(d)
	}
}

func TestRowsOfAnotherTime(t *testing.T) {
	broken := row(1, 1, "broken", 5, 5, 5)
	broken.Day = "2026-11-21x"
	none := row(1, 1, "none", 5, 5, 5)
	none.Day = ""
	rows := []app.LedgerRow{row(400, 1, "long ago", 1, 1, 1), row(3, 1, "here", 1, 0, 0), broken, none, row(-2, 1, "tomorrow", 9, 9, 9)}
	got := inside(rows, until(now, 30))
	if len(got) != 1 || got[0].Name != "here" {
		t.Errorf("left are %v", got)
	}
	if rows[0].Name != "long ago" || rows[4].Name != "tomorrow" {
		t.Error("the rows that were given were changed")
	}
	if d := cmp.Diff(sums{1, 0, 0}, total(got), compare); d != "" {
		t.Error(d)
	}
}

func TestNegativeCountsAreNone(t *testing.T) {
	if d := cmp.Diff(sums{0, 5, 0}, total([]app.LedgerRow{row(0, 1, "", -7, 5, -1)}), compare); d != "" {
		t.Error(d)
	}
}

// However the rows fall, the days and the packages each add up to the total.
func TestSumsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := until(now, rapid.SampledFrom(reaches).Draw(t, "reach"))
		rows := inside(rapid.SliceOf(rapid.Custom(func(t *rapid.T) app.LedgerRow {
			n := rapid.Int64Range(0, 1e12)
			return row(rapid.IntRange(-400, 400).Draw(t, "ago"), rapid.IntRange(0, 5).Draw(t, "id"), "", n.Draw(t, "peers"), n.Draw(t, "origin"), n.Draw(t, "given"))
		})).Draw(t, "rows"), s)
		var days, packages sums
		for _, d := range byDay(rows, s) {
			days.add(app.Counts{Peers: d.peers, Origin: d.origin, Given: d.given})
		}
		for _, p := range byPackage(rows) {
			packages.add(app.Counts{Peers: p.peers, Origin: p.origin, Given: p.given})
		}
		if all := total(rows); days != all || packages != all {
			t.Fatalf("all are %v, by day %v, by package %v", all, days, packages)
		}
	})
}

// What an earlier version wrote down has no parts.
func TestWays(t *testing.T) {
	now := row(0, 1, "Nordlicht", 100, 50, 40)
	now.PeersLAN, now.PeersNear, now.Mirrors, now.GivenLAN, now.GivenNear = 10, 30, 20, 5, 15
	got := waysOf([]app.LedgerRow{now, row(1, 1, "Nordlicht", 7, 8, 9), row(1, 2, "Wrong", -7, -8, -9)})
	if want := [...]way{{10, 5}, {30, 15}, {67, 29}, {38, 0}, {20, 0}}; got != want {
		t.Errorf("%v, not %v", got, want)
	}
}

func TestByPackage(t *testing.T) {
	rows := []app.LedgerRow{row(6, 1, "old name", 1, 2, 3), row(6, 2, "b", 10, 20, 30), row(2, 1, "new name", 100, 0, 0)}
	want := []parcel{{pack.ID{1}, "new name", sums{101, 2, 3}}, {pack.ID{2}, "b", sums{10, 20, 30}}}
	if d := cmp.Diff(want, byPackage(rows), compare); d != "" {
		t.Error(d)
	}
}

func TestSorted(t *testing.T) {
	parcels := []parcel{{name: "b", sums: sums{5, 0, 3}}, {name: "C", sums: sums{1, 9, 0}}, {name: "a", sums: sums{5, 0, 8}}}
	for o, want := range map[order]string{byReceived: "C a b", byPeers: "a b C", byOrigin: "C a b", byGiven: "a b C", byName: "a b C"} {
		got := ""
		for _, p := range sorted(parcels, o) {
			got += " " + p.name
		}
		if got[1:] != want {
			t.Errorf("by %d: %s, want %s", o, got[1:], want)
		}
	}
	if parcels[0].name != "b" {
		t.Error("sorting changed what was given")
	}
	if got := givers(parcels, 5); len(got) != 2 || got[0].name != "a" {
		t.Errorf("the givers are %v", got)
	}
	if got := givers(parcels, 1); len(got) != 1 {
		t.Errorf("one giver is %v", got)
	}
}

func TestFacts(t *testing.T) {
	say := words.New("en")
	for _, c := range []struct {
		sums sums
		want facts
	}{
		{sums{3e9, 1e9, 2e9}, facts{"3.0 GB", "1.0 GB", "4.0 GB", "2.0 GB", "75%", "0.50 bytes for each byte that came",
			"3.0 GB of 4.0 GB did not come from the publishers’ servers."}},
		{sums{0, 0, 5e6}, facts{"0 bytes", "0 bytes", "0 bytes", "5.0 MB", "—", "", "Nothing came in these days."}},
		{sums{0, 1e9, 0}, facts{"0 bytes", "1.0 GB", "1.0 GB", "0 bytes", "0%", "0.00 bytes for each byte that came",
			"0 bytes of 1.0 GB did not come from the publishers’ servers."}},
	} {
		if d := cmp.Diff(c.want, factsOf(c.sums, say), compare); d != "" {
			t.Error(d)
		}
	}
	if got := factsOf(sums{3e9, 1e9, 5e9}, words.New("de")).ratio; got != "1,25 Byte für jedes Byte, das kam" {
		t.Errorf("in German it is %q", got)
	}
}

func TestBudget(t *testing.T) {
	say := words.New("en")
	for name, c := range map[string]struct {
		month app.Month
		want  budget
	}{
		"in part":  {app.Month{Given: 5e9, Budget: 20e9}, budget{"5.0 GB", "Left: 15.0 GB of 20.0 GB", "until 1 Dec", .25, true}},
		"not yet":  {app.Month{Budget: 20e9}, budget{"0 bytes", "Left: 20.0 GB of 20.0 GB", "until 1 Dec", 0, true}},
		"used up":  {app.Month{Given: 21e9, Budget: 20e9}, budget{"21.0 GB", "It is used up. Grove gives nothing until then.", "until 1 Dec", 1, true}},
		"no bound": {app.Month{Given: 5e9}, budget{"5.0 GB", "There is no limit.", "", 0, false}},
	} {
		if d := cmp.Diff(c.want, budgetOf(c.month, now, say), compare); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	december := time.Date(2026, 12, 31, 23, 0, 0, 0, time.Local)
	if got := budgetOf(app.Month{Budget: 1}, december, say).until; got != "until 1 Jan" {
		t.Errorf("at the end of the year it lasts %q", got)
	}
}

func TestLinesAreHarmless(t *testing.T) {
	for _, name := range []string{"a\x1b[31m\u202eb", "<b>HTML</b> $(calc)", fmt.Sprintf("%0300d", 7), "أفلام", "映画 🎬"} {
		got := lineOf(parcel{name: name}, words.New("en")).name
		if got != words.Plain(name, nameLimit) {
			t.Errorf("%q shows as %q", name, got)
		}
	}
}
