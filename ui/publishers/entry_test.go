package publishers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

func names(all []entry) (out []string) {
	for _, e := range all {
		out = append(out, e.name)
	}
	return out
}

func TestEntriesAreInOrder(t *testing.T) {
	mine := view(1, key(3), "Summer")
	mine.Shared = true
	all := entries([]app.Publisher{publisher(1, ""), publisher(2, "Zebra"), publisher(3, "me"), publisher(4, ""), publisher(5, "älter"), publisher(6, "alt")},
		[]app.View{view(2, key(2), "Film"), mine})
	if d := cmp.Diff([]string{"me", "alt", "Zebra", "älter", "", ""}, names(all)); d != "" {
		t.Error(d)
	}
	if !all[0].you || all[1].you || all[2].you {
		t.Error("the wrong key is one's own")
	}
	if all[4].key != key(4) || all[5].key != key(1) {
		t.Error("of those without a name the latest is not first")
	}
	got := all[2]
	want := entry{key: key(2), name: "Zebra", fingerprint: key(2).Fingerprint(), packages: 2, first: day(2), newest: day(102)}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); d != "" {
		t.Error(d)
	}
}

func TestTheSameNameTwice(t *testing.T) {
	all := entries([]app.Publisher{publisher(1, "Nordlicht Film"), publisher(2, "nordlicht film"), publisher(3, "Ｎordlicht Film"), publisher(4, "Nord"), publisher(5, ""), publisher(6, "")}, nil)
	for _, e := range all {
		want := 0
		if strings.HasSuffix(strings.ToLower(e.name), "licht film") {
			want = 2
		}
		if len(e.same) != want {
			t.Errorf("%q shares its name with %d others, want %d", e.name, len(e.same), want)
		}
		for _, f := range e.same {
			if f == e.fingerprint {
				t.Errorf("%q shares its name with itself", e.name)
			}
		}
	}
}

func TestNamesAreShownHarmlessly(t *testing.T) {
	for given, want := range map[string]string{
		"a\x1b[31mb\nc\u202etxt": "a[31mb ctxt",
		"<b>HTML</b> $(calc)":    "<b>HTML</b> $(calc)",
		strings.Repeat("x", 300): strings.Repeat("x", nameLimit-1) + "…",
		"أفلام 映画 🎬":             "أفلام 映画 🎬",
		" \u200b ":               "",
	} {
		e := entries([]app.Publisher{publisher(1, given)}, nil)[0]
		if e.name != want {
			t.Errorf("%q is kept as %q, want %q", given, e.name, want)
		}
		if shown := rowOf(e, words.New("en")).name; strings.ContainsAny(shown, "\u202e\x1b\u200b") {
			t.Errorf("%q shows as %q", given, shown)
		}
	}
}

func TestMatching(t *testing.T) {
	all := entries([]app.Publisher{publisher(1, "Nordlicht Film"), publisher(2, "Straße"), publisher(3, "")}, nil)
	for text, want := range map[string][]string{
		"":                               {"Nordlicht Film", "Straße", ""},
		"  ":                             {"Nordlicht Film", "Straße", ""},
		"NORD":                           {"Nordlicht Film"},
		"strasse":                        {"Straße"},
		key(3).Fingerprint()[:7]:         {""},
		strings.ToUpper(key(2).String()): {"Straße"},
		"nobody":                         nil,
	} {
		if d := cmp.Diff(want, names(matching(all, text))); d != "" {
			t.Errorf("%q finds (-want +got):\n%s", text, d)
		}
	}
}

func TestItems(t *testing.T) {
	var transfers []app.View
	for i := range 60 {
		transfers = append(transfers, view(2*i, key(1), "Film\u202e"), view(2*i+1, key(2), "Other"))
	}
	some, more := items(transfers, key(1))
	if len(some) != mostItems || more != 10 {
		t.Errorf("%d are listed and %d more", len(some), more)
	}
	if some[1] != (item{hosttest.ID(2), "Film"}) {
		t.Errorf("the second is %v", some[1])
	}
	if some, more = items(transfers, key(3)); len(some) != 0 || more != 0 {
		t.Errorf("a publisher without packages has %d and %d", len(some), more)
	}
}

func TestUnchanged(t *testing.T) {
	transfers := []app.View{view(1, key(1), "a"), view(2, key(2), "b")}
	old := marks(transfers)
	for name, c := range map[string]struct {
		change func([]app.View) []app.View
		want   bool
	}{
		"nothing":   {func(v []app.View) []app.View { return v }, true},
		"progress":  {func(v []app.View) []app.View { v[0].Have = 5; return v }, true},
		"one more":  {func(v []app.View) []app.View { return append(v, view(3, key(1), "c")) }, false},
		"one less":  {func(v []app.View) []app.View { return v[:1] }, false},
		"published": {func(v []app.View) []app.View { v[1].Publisher.Packages = 9; return v }, false},
		"shared":    {func(v []app.View) []app.View { v[1].Shared = true; return v }, false},
		"order":     {func(v []app.View) []app.View { v[0], v[1] = v[1], v[0]; return v }, false},
	} {
		now := append([]app.View(nil), transfers...)
		if got := unchanged(old, c.change(now)); got != c.want {
			t.Errorf("%s: unchanged is %v", name, got)
		}
	}
}

func TestRows(t *testing.T) {
	say := words.New("en")
	e := entry{key: key(1), name: "Film", fingerprint: "aaaa-bbbb", packages: 12, first: day(0), newest: day(10)}
	want := rowText{name: "Film", named: true, finger: "aaaa-bbbb", facts: "12 packages · since 1 Mar 2026 · newest 11 Mar 2026"}
	if d := cmp.Diff(want, rowOf(e, say), cmp.AllowUnexported(rowText{})); d != "" {
		t.Error(d)
	}
	e.name, e.packages, e.you, e.blocked = "", 1, true, true
	want = rowText{name: "No name yet", finger: "aaaa-bbbb", facts: "1 package · since 1 Mar 2026 · newest 11 Mar 2026", you: "you", blocked: "blocked"}
	if d := cmp.Diff(want, rowOf(e, say), cmp.AllowUnexported(rowText{})); d != "" {
		t.Error(d)
	}
}
