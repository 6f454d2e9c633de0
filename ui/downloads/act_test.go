package downloads

import (
	"strings"
	"testing"

	"grove/app"
	"grove/ui/words"
)

// TestCan says what can be done in every state, in the middle of the list.
func TestCan(t *testing.T) {
	finished := func(st app.State) app.View {
		v := done()
		v.State = st
		return v
	}
	other := done()
	other.Path = "/home/ada/setup.exe"
	folder := done()
	folder.Files = 2
	for _, c := range []struct {
		name string
		v    app.View
		want string
	}{
		{"resolving", in(1, "", app.Resolving), "up down top remove"},
		{"queued", in(1, "", app.Queued), "pause up down top limit policy remove trash"},
		{"checking", in(1, "", app.Checking), "pause up down top limit policy remove trash"},
		{"downloading", in(1, "", app.Downloading), "pause up down top limit policy remove trash"},
		{"paused", in(1, "", app.Paused), "resume up down top limit policy remove trash"},
		{"failed", in(1, "", app.Failed), "resume up down top limit policy remove trash"},
		{"seeding", finished(app.Seeding), "open reveal up down top stop remove trash"},
		{"done", finished(app.Done), "open reveal up down top give remove trash"},
		{"complete and paused", finished(app.Paused), "resume open reveal up down top remove trash"},
		{"complete and queued", finished(app.Queued), "open reveal up down top remove trash"},
		{"complete and failed", finished(app.Failed), "resume open reveal up down top remove trash"},
		{"not safe to open", other, "reveal up down top stop remove trash"},
		{"a folder", folder, "reveal up down top stop remove trash"},
	} {
		var got []string
		for _, a := range every {
			if can(a, &c.v, false, false, opensMKV) {
				got = append(got, strings.TrimPrefix(a.key(), "downloads.act."))
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

func TestEndsOfTheList(t *testing.T) {
	v := film()
	for _, c := range []struct {
		a           act
		first, last bool
		want        bool
	}{{actUp, true, false, false}, {actTop, true, false, false}, {actDown, false, true, false}, {actDown, true, false, true},
		{actUp, false, true, true}, {actTop, false, true, true}, {actNone, false, false, false}} {
		if got := can(c.a, &v, c.first, c.last, opensMKV); got != c.want {
			t.Errorf("act %d, first %v, last %v: %v", c.a, c.first, c.last, got)
		}
	}
}

// TestActsHaveWords finds a text, a picture and keys for each act; acts that
// take turns share their keys, and no others do.
func TestActsHaveWords(t *testing.T) {
	keys := map[string]act{}
	for _, lang := range words.Languages {
		w := words.New(lang)
		for _, a := range every {
			if s := w.T(a.key()); strings.HasPrefix(s, "[") || s == "" || a.icon() == nil || a.shortcut() == nil {
				t.Errorf("%s: %s is %q", lang, a.key(), s)
			}
		}
	}
	for _, a := range every {
		name := a.shortcut().ShortcutName()
		other, taken := keys[name]
		if v := film(); taken && can(a, &v, false, false, opensMKV) && can(other, &v, false, false, opensMKV) {
			t.Errorf("%s does two things", name)
		}
		keys[name] = a
	}
	if len(keys) != len(every)-2 {
		t.Errorf("%d shortcuts for %d acts", len(keys), len(every))
	}
}
