package settings

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/words"
)

func TestReadClock(t *testing.T) {
	for text, want := range map[string]string{
		"8": "08:00", "08": "08:00", "8:05": "08:05", "08:05": "08:05", "8.05": "08:05", "8h05": "08:05", "23:59": "23:59",
		"0:00": "00:00", " 7:30 ": "07:30", "８：３０": "08:30",
	} {
		got, ok := readClock(text)
		if shown := words.New("en").Clock(got); !ok || shown != want {
			t.Errorf("readClock(%q) = %s, %v; want %s", text, shown, ok, want)
		}
	}
	for _, text := range []string{"", "24:00", "8:60", "8:5", "-1", "noon", "8:00:00", "123", "8 :00", "1e1"} {
		if got, ok := readClock(text); ok {
			t.Errorf("readClock(%q) = %v", text, got)
		}
	}
}

func at(hour int, down, up int64) app.TimetableEntry {
	return app.TimetableEntry{From: time.Duration(hour) * time.Hour, Down: down, Up: up}
}

func TestTimetableEdits(t *testing.T) {
	two := app.Timetable{at(8, 1, 2), at(23, 0, 0)}
	for name, c := range map[string]struct{ got, want app.Timetable }{
		"a later time moves down":     {with(two, 0, at(23+0, 1, 2)), app.Timetable{at(23, 1, 2), at(23, 0, 0)}},
		"an earlier time moves up":    {with(two, 1, at(2, 0, 0)), app.Timetable{at(2, 0, 0), at(8, 1, 2)}},
		"another limit stays":         {with(two, 0, at(8, 9, 2)), app.Timetable{at(8, 9, 2), at(23, 0, 0)}},
		"one more between":            {with(two, -1, at(12, 0, 0)), app.Timetable{at(8, 1, 2), at(12, 0, 0), at(23, 0, 0)}},
		"one less":                    {without(two, 0), app.Timetable{at(23, 0, 0)}},
		"the first one":               {added(nil), app.Timetable{at(8, 0, 0)}},
		"the next goes past midnight": {added(two), app.Timetable{at(0, 0, 0), at(8, 1, 2), at(23, 0, 0)}},
		"the next hour that is free": {added(app.Timetable{at(0, 0, 0), at(1, 0, 0), at(23, 0, 0)}),
			app.Timetable{at(0, 0, 0), at(1, 0, 0), at(2, 0, 0), at(23, 0, 0)}},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	if d := cmp.Diff(app.Timetable{at(8, 1, 2), at(23, 0, 0)}, two); d != "" {
		t.Errorf("an edit changed what it was made from:\n%s", d)
	}
}

func TestAFullDayTakesNoMore(t *testing.T) {
	var full app.Timetable
	for range 24 {
		full = added(full)
	}
	if len(full) != 24 || len(added(full)) != 24 {
		t.Errorf("%d entries, then %d; want 24 twice", len(full), len(added(full)))
	}
	for i, e := range full {
		if e.From != time.Duration(i)*time.Hour {
			t.Errorf("entry %d holds from %v", i, e.From)
		}
	}
}

func TestNightIsInOrder(t *testing.T) {
	if len(night) != 2 || night[0].From >= night[1].From || night[0].Down == 0 || night[1].Down != 0 {
		t.Errorf("night is %v", night)
	}
}
