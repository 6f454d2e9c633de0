package main

import (
	"encoding/csv"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/app/pack"
	"grove/storage"
)

// prepared is a data folder after change.
func prepared(t *testing.T, change func(s *storage.Store) error) string {
	t.Helper()
	data := t.TempDir()
	s, err := storage.Open(data, storage.Options{})
	if err == nil {
		if err = change(s); err == nil {
			err = s.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func someLedger(t *testing.T) (data string) {
	day := time.Now().Format("2006-01")
	return prepared(t, func(s *storage.Store) error {
		set := app.DefaultSettings()
		set.Giving.Budget = 10_000
		if err := s.SaveSettings(set); err != nil {
			return err
		}
		return s.AddLedger(
			app.LedgerRow{Day: "2026-01-31", Package: pack.ID{1}, Name: "old", Counts: app.Counts{Peers: 10, Origin: 20, Given: 30}}, // of a version without classes
			app.LedgerRow{Day: day + "-01", Package: pack.ID{1}, Name: "=film", Counts: app.Counts{Peers: 6000, PeersLAN: 1000, PeersNear: 2000, Origin: 500, Mirrors: 100,
				Given: 2500, GivenLAN: 2000, GivenNear: 200, Wasted: 7}},
			app.LedgerRow{Day: day + "-01", Package: pack.ID{2}, Name: "book", Counts: app.Counts{Given: 1000}},
			app.LedgerRow{Day: day + "-02", Package: pack.ID{2}, Name: "book", Counts: app.Counts{Given: 1}},
		)
	})
}

func TestLedger(t *testing.T) {
	t.Parallel()
	data, month := someLedger(t), time.Now().Format("2006-01")
	for args, want := range map[string]string{
		"": `
            RECEIVED     LAN    NEAR     FAR     ORIGIN     MIRROR     GIVEN     LAN       NEAR         FAR
M-01      6.5 kB  1.0 kB  2.0 kB  3.0 kB  400 bytes  100 bytes    3.5 kB  2.0 kB  200 bytes      1.3 kB
M-02           -       -       -       -          -          -    1 byte       -          -      1 byte
total       6.5 kB  1.0 kB  2.0 kB  3.0 kB  400 bytes  100 bytes    3.5 kB  2.0 kB  200 bytes      1.3 kB
This month 1.5 kB were given beyond the local network; 8.5 kB of 10.0 kB are left.
`,
		"--by class": `
        RECEIVED      GIVEN
lan       1.0 kB     2.0 kB
near      2.0 kB  200 bytes
far       3.0 kB     1.3 kB
origin  400 bytes         -
mirror  100 bytes         -
This month 1.5 kB were given beyond the local network; 8.5 kB of 10.0 kB are left.
`,
		"--by package --from 2026-01-01 --to 2026-01-31": `
     RECEIVED  LAN  NEAR       FAR    ORIGIN  MIRROR     GIVEN  LAN  NEAR       FAR
old  30 bytes    -     -  10 bytes  20 bytes       -  30 bytes    -     -  30 bytes
This month 1.5 kB were given beyond the local network; 8.5 kB of 10.0 kB are left.
`,
	} {
		got := grove(t, append(append([]string{"ledger"}, strings.Fields(args)...), "--data", data)...).want(t, 0)
		squeeze := func(s string) string {
			var out []string
			for l := range strings.Lines(strings.ReplaceAll(s, month+"-", "M-")) {
				out = append(out, strings.Join(strings.Fields(l), " "))
			}
			return strings.TrimSpace(strings.Join(out, "\n"))
		}
		if diff := cmp.Diff(squeeze(want), squeeze(got.out)); diff != "" {
			t.Errorf("ledger %s: %s\n%s", args, diff, got.out)
		}
		width := 0
		for l := range strings.Lines(got.out) {
			if strings.HasPrefix(l, "This month") {
				break
			}
			if width > 0 && len(l) != width {
				t.Errorf("ledger %s is ragged:\n%s", args, got.out)
			}
			width = len(l)
		}
	}
	grove(t, "ledger", "--month", "1999-01", "--data", data).want(t, 0, "Nothing came")
	for _, wrong := range []string{"--by moon", "--month May", "--from yesterday", "--from 2026-02-01 --to 2026-01-01", "--json --csv", "--month 2026-01 --to 2026-01-02"} {
		grove(t, append(append([]string{"ledger"}, strings.Fields(wrong)...), "--data", data)...).want(t, 2)
	}
}

func TestLedgerForPrograms(t *testing.T) {
	t.Parallel()
	data := someLedger(t)
	all := grove(t, "ledger", "--json", "--data", data).want(t, 0).lines(t)
	if len(all) != 4 {
		t.Fatalf("%d lines", len(all))
	}
	film := all[0]
	if film["name"] != "=film" || film["received"] != 6500.0 || film["given"] != 2500.0 || film["wasted"] != 7.0 ||
		!cmp.Equal(film["received_by"], map[string]any{"lan": 1000.0, "near": 2000.0, "far": 3000.0, "origin": 400.0, "mirror": 100.0}) ||
		!cmp.Equal(film["given_by"], map[string]any{"lan": 2000.0, "near": 200.0, "far": 300.0}) || film["package"] != (pack.ID{1}).String() {
		t.Errorf("%v", film)
	}
	if !cmp.Equal(all[3]["month"], map[string]any{"given": 1501.0, "budget": 10000.0, "left": 8499.0}) || all[3]["lines"] != 3.0 {
		t.Errorf("%v", all[3])
	}
	read := csv.NewReader(strings.NewReader(grove(t, "ledger", "--csv", "--from", "2026-01-01", "--data", data).want(t, 0).out))
	rows, err := read.ReadAll()
	if err != nil || len(rows) != 5 || rows[0][4] != "received" || rows[2][2] != "'=film" || strings.Join(rows[2][4:], " ") != "6500 1000 2000 3000 400 100 2500 2000 200 300 7" {
		t.Errorf("%v %v", rows, err)
	}
}

// TestLedgerBeside: a Grove that has the data folder is asked, and nothing is
// said otherwise.
func TestLedgerBeside(t *testing.T) {
	t.Parallel()
	data := someLedger(t)
	film := filepath.Join(t.TempDir(), "film.mkv")
	write(t, film, "film")
	ask := func() (all []ran) {
		for _, args := range []string{"", "--csv", "--json", "--by class", "--by class --csv", "--by package --json", "--by day --csv", "--from 2026-01-01 --to 2026-01-31",
			"--from 2026-01-01 --csv", "--to 2026-01-31 --json", "--month 2026-01", "--month 1999-01", "--by moon", "--from yesterday", "--from 2026-02-01 --to 2026-01-01"} {
			r := grove(t, append(append([]string{"ledger"}, strings.Fields(args)...), "--data", data)...)
			r.out = regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(r.out, `"time":""`)
			all = append(all, r)
		}
		return all
	}
	alone := ask()
	_, share := startShare(t, film, "--data", data)
	if diff := cmp.Diff(alone, ask(), cmp.AllowUnexported(ran{})); diff != "" {
		t.Errorf("beside a Grove it says something else: %s", diff)
	}
	if alone[0].code != 0 || !strings.Contains(alone[0].out, "8.5 kB of 10.0 kB are left") || alone[12].code != 2 {
		t.Errorf("%+v", alone)
	}
	share.stop()
	share.wait().want(t, 0)
}

// TestLedgerGoesByTheAccount: what leases of a crash took is gone.
func TestLedgerGoesByTheAccount(t *testing.T) {
	t.Parallel()
	data := prepared(t, func(s *storage.Store) error {
		return s.SaveMarks(map[string]int64{"month " + time.Now().Format("2006-01"): 21e9})
	})
	if out := grove(t, "ledger", "--data", data).want(t, 0).out; out != "This month 21.0 GB were given beyond the local network; the budget of 20.0 GB is used up.\n" {
		t.Error(out)
	}
	grove(t, "config", "set", "giving.budget=0", "--data", data).want(t, 0)
	if out := grove(t, "ledger", "--data", data).want(t, 0).out; !strings.HasSuffix(out, "; there is no budget.\n") {
		t.Error(out)
	}
}
