package downloads

import (
	"slices"
	"strings"
	"testing"

	"grove/app"
)

func TestFilter(t *testing.T) {
	mine, offer := done(), in(50, "offer", app.Offered)
	mine.ID, mine.Shared = number(51), true
	all := append([]app.View{mine, offer}, ofEvery()...)
	for _, c := range []struct {
		want wanted
		rows string
	}{
		{wanted{}, "Feature film, Atlas of the northern forests 1, Second in line 2, Field recordings, Lecture series, part 2, Map tiles, Rare broadcast, , Conference talks 2026, Photographs"},
		{wanted{kind: kindActive}, "Feature film, Atlas of the northern forests 1, Second in line 2, Field recordings, Rare broadcast, "},
		{wanted{kind: kindFinished}, "Conference talks 2026, Photographs"},
		{wanted{kind: kindNeeds}, "Map tiles"},
		{wanted{name: " FILM "}, "Feature film"},
		{wanted{name: "in line"}, "Second in line 2"},
		{wanted{kind: kindFinished, name: "film"}, ""},
	} {
		found, count := filter(snapshot(all...), c.want, nil)
		var names []string
		for _, e := range found {
			name := all[e.view].Name
			if e.place > 0 {
				name += " " + string(rune('0'+e.place))
			}
			names = append(names, name)
		}
		if got := strings.Join(names, ", "); got != c.rows {
			t.Errorf("%+v: %s\nwant %s", c.want, got, c.rows)
		}
		if count != [kinds]int{10, 6, 2, 1} {
			t.Errorf("%+v counts %v", c.want, count)
		}
	}
}

// TestFilterReuses takes the room it is given.
func TestFilterReuses(t *testing.T) {
	room := make([]entry, 0, 100)
	found, _ := filter(snapshot(ofEvery()...), wanted{}, room)
	if !slices.Equal(found, room[:len(found)]) {
		t.Error("another slice")
	}
	failed := done()
	failed.State, failed.Problem = app.Failed, app.NewProblem(app.FileChanged, "x", nil)
	if kindFinished.has(&failed) || !kindNeeds.has(&failed) {
		t.Error("what failed when it was complete is not finished")
	}
}
