package shared

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"grove/app"
	"grove/ui/host"
	"grove/ui/words"
)

func with(v app.View, change func(*app.View)) *app.View {
	change(&v)
	return &v
}

func as(v app.View) *app.View { return &v }

func TestRowOf(t *testing.T) {
	w := words.New("en")
	for _, c := range []struct {
		name string
		v    *app.View
		want row
	}{
		{"nobody has it", as(holiday()), row{Name: "Holiday in the north", Given: "Nothing given yet",
			People: "Nobody is fetching it just now", Sentence: "Keep Grove open: nobody else has all of it"}},
		{"somebody fetches it", with(holiday(), func(v *app.View) { v.Serving.Peers, v.Counts.Given = 1, 900_000_000 }),
			row{Name: "Holiday in the north", Given: "900 MB given", People: "1 person is fetching it",
				Sentence: "Keep Grove open: nobody else has all of it"}},
		{"somebody missed", with(holiday(), func(v *app.View) { v.Serving.Missed = 2 }), row{Name: "Holiday in the north", Given: "Nothing given yet",
			People: "Nobody is fetching it just now", Sentence: "2 people could not get through to this computer", Needs: true}},
		{"one missed, one fetches", with(holiday(), func(v *app.View) { v.Serving.Peers, v.Serving.Missed = 1, 2 }), row{Name: "Holiday in the north",
			Given: "Nothing given yet", People: "1 person is fetching it", Sentence: "Keep Grove open: nobody else has all of it"}},
		{"missed, and safe", with(popular(), func(v *app.View) { v.Serving.Missed, v.Rates.Given = 2, 0 }), row{Name: "Field recordings", Given: "12.4 GB given · 3 times",
			People: "3 people are fetching it", Sentence: "Safe to close: 2 others have all of it"}},
		{"popular", as(popular()), row{Name: "Field recordings", Given: "12.4 GB given · 3 times", People: "3 people are fetching it",
			Rate: "1.2 MB/s", Sentence: "Safe to close: 2 others have all of it"}},
		{"all have it", with(popular(), func(v *app.View) { v.Serving.Peers, v.Rates.Given = 2, 0 }), row{Name: "Field recordings",
			Given: "12.4 GB given · 3 times", People: "Nobody is fetching it just now", Sentence: "Safe to close: 2 others have all of it"}},
		{"given once", with(holiday(), func(v *app.View) { v.Counts.Given = v.Size }), row{Name: "Holiday in the north",
			Given: "4.0 GB given · 1 time", People: "Nobody is fetching it just now", Sentence: "Keep Grove open: nobody else has all of it"}},
		{"downloaded", as(downloaded()), row{Name: "Feature film", Given: "Nothing given yet", People: "1 person is fetching it",
			Sentence: "Shared for a while after its download"}},
		{"downloaded, until told", with(downloaded(), func(v *app.View) { v.Seed = true }), row{Name: "Feature film",
			Given: "Nothing given yet", People: "1 person is fetching it", Sentence: "Shared until you say stop"}},
		{"stopped", as(stopped()), row{Name: "Old maps", Given: "12.4 GB given · 3 times", Sentence: "No longer shared"}},
		{"changed", as(changed()), row{Name: "Thesis", Given: "Nothing given yet",
			Sentence: "Thesis.pdf was changed since it was checked.", Needs: true}},
		{"a problem while giving", with(holiday(), func(v *app.View) { v.Problem = app.NewProblem(app.DiskFault, "sda", nil) }),
			row{Name: "Holiday in the north", Given: "Nothing given yet", People: "Nobody is fetching it just now",
				Sentence: "The disk reported an error at sda.", Needs: true}},
		{"checking", with(holiday(), func(v *app.View) { v.State, v.Checked = app.Checking, 0.45 }), row{Name: "Holiday in the north",
			Given: "Nothing given yet", Sentence: "Checking what is here: 45%"}},
		{"giving is off", with(popular(), func(v *app.View) { v.NotGiving = app.GivingOff }), row{Name: "Field recordings",
			Given: "12.4 GB given · 3 times", Sentence: "Not shared: giving is switched off", Needs: true}},
		{"budget spent", with(downloaded(), func(v *app.View) { v.NotGiving = app.GivingOverspent }), row{Name: "Feature film",
			Given: "Nothing given yet", Sentence: "Not shared until next month: the budget is used up"}},
		{"on battery", with(downloaded(), func(v *app.View) { v.NotGiving = app.GivingBattery }), row{Name: "Feature film",
			Given: "Nothing given yet", Sentence: "Not shared while this computer runs on battery"}},
		{"no interface", with(holiday(), func(v *app.View) { v.NotGiving = app.GivingCut }), row{Name: "Holiday in the north",
			Given: "Nothing given yet", Sentence: "Not shared: the network interface is not there", Needs: true}},
	} {
		c.want.ID, c.want.Package = c.v.ID, c.v.Package
		if got := rowOf(c.v, w); got != c.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestListed(t *testing.T) {
	for _, c := range []struct {
		name string
		v    *app.View
		want bool
	}{
		{"shared", as(holiday()), true},
		{"shared and stopped", as(stopped()), true},
		{"shared and failed", as(changed()), true},
		{"downloaded and given", as(downloaded()), true},
		{"downloaded", with(downloaded(), func(v *app.View) { v.State = app.Done }), false},
		{"downloading", with(downloaded(), func(v *app.View) { v.State = app.Downloading }), false},
		{"an offer", with(downloaded(), func(v *app.View) { v.State = app.Offered }), false},
	} {
		if got := listed(c.v); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFactsOf(t *testing.T) {
	w := words.New("en")
	fingerprint := someKey().Fingerprint()
	for _, c := range []struct {
		name string
		v    *app.View
		want facts
	}{
		{"private, until a day", as(popular()), facts{Name: "Field recordings", Sentence: "Safe to close: 2 others have all of it",
			Given: "12.4 GB given · 3 times", Signed: "You", Fingerprint: fingerprint, Who: "Only people with the link",
			Added: "20 Nov 2026", Expires: "1 Mar 2027", Folder: "/home/ada/Videos"}},
		{"downloaded", as(downloaded()), facts{Name: "Feature film", Sentence: "Shared for a while after its download",
			Given: "Nothing given yet", Signed: "Nordlicht Film", Fingerprint: fingerprint, Who: "Anyone who has the link or finds it",
			Added: "20 Nov 2026", Expires: "Never", Folder: "/home/ada/Videos"}},
		{"changed", as(changed()), facts{Name: "Thesis", Needs: true,
			Sentence: "Thesis.pdf was changed since it was checked. Grove stopped sharing it. Share it again to make a new package of what it is now.",
			Given:    "Nothing given yet", Signed: "You", Fingerprint: fingerprint, Who: "Anyone who has the link or finds it",
			Added: "20 Nov 2026", Expires: "Never", Folder: "/home/ada/Videos"}},
		{"not opened yet", as(app.View{Name: "x", State: app.Queued, Shared: true, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)}),
			facts{Name: "x", Sentence: "Waiting", Given: "Nothing given yet", Who: "Anyone who has the link or finds it",
				Added: "2 Jan 2026", Expires: "Never"}},
	} {
		if got := factsOf(c.v, host.Reach{}, w); got != c.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// Names are a stranger's also here: a download keeps its publisher's.
func TestNamesAreHarmless(t *testing.T) {
	w := words.New("en")
	for _, name := range []string{"a\x00b\x1b[31m", "x\u202Efdp.exe", strings.Repeat("long ", 60), "<b>$(calc)</b>", "العربية", "東京 🌲"} {
		v := downloaded()
		v.Name, v.Publisher.Name, v.Path = name, name, "/home/ada/"+name+"/x"
		r, f := rowOf(&v, w), factsOf(&v, host.Reach{}, w)
		for _, shown := range []string{r.Name, f.Name, f.Signed, f.Folder} {
			turns := func(c rune) bool { return c != '\u2068' && c != '\u2069' && unicode.In(c, unicode.Cc, unicode.Cf) }
			if strings.ContainsFunc(shown, turns) || len([]rune(shown)) > 2*nameLimit+2 {
				t.Errorf("%q is shown as %q", name, shown)
			}
		}
	}
}

// Below a share there is how others get to it, where somebody may be waiting.
func TestReachOf(t *testing.T) {
	w := words.New("en")
	for _, c := range []struct {
		name string
		v    *app.View
		r    host.Reach
		want string
	}{
		{"nothing known", as(holiday()), host.Reach{}, ""},
		{"reachable", as(holiday()), host.Reach{State: host.ReachOpen}, ""},
		{"not known", as(holiday()), host.Reach{State: host.ReachUnknown}, ""},
		{"helped", as(holiday()), host.Reach{State: host.ReachHelped},
			"Others reach this computer only with the help of a relay. That does not work between all networks; a port opened in the router makes it sure."},
		{"closed", as(popular()), host.Reach{State: host.ReachClosed},
			"Others cannot reach this computer directly. It helps to open a port in the router, to use a relay, or to keep a copy on a server when you share."},
		{"local", as(holiday()), host.Reach{State: host.ReachLocal}, "Only computers on the local network reach this one. Grove stays within that network."},
		{"missed, reachable", with(holiday(), func(v *app.View) { v.Serving.Missed = 1 }), host.Reach{State: host.ReachOpen},
			"It helps to open a port in the router, to use a relay, or to keep a copy on a server when you share."},
		{"stopped", as(stopped()), host.Reach{State: host.ReachClosed}, ""},
		{"giving is off", with(holiday(), func(v *app.View) { v.NotGiving = app.GivingOff }), host.Reach{State: host.ReachClosed}, ""},
	} {
		if got := reachOf(c.v, c.r, w); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestCan(t *testing.T) {
	for _, c := range []struct {
		name string
		v    *app.View
		want []act
	}{
		{"given", as(holiday()), []act{actCopy, actStop, actReveal, actRemove}},
		{"checked", with(holiday(), func(v *app.View) { v.State = app.Checking }), []act{actCopy, actStop, actReveal, actRemove}},
		{"stopped", as(stopped()), []act{actCopy, actAgain, actReveal, actRemove}},
		{"changed", as(changed()), []act{actCopy, actAgain, actReveal, actRemove}},
		{"paused", with(holiday(), func(v *app.View) { v.State = app.Paused }), []act{actCopy, actAgain, actReveal, actRemove}},
		{"nowhere", with(stopped(), func(v *app.View) { v.Path = "" }), []act{actCopy, actAgain, actRemove}},
	} {
		var got []act
		for _, a := range append([]act{actNone}, every...) {
			if can(a, c.v) {
				got = append(got, a)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, not %v", c.name, got, c.want)
			}
		}
	}
}

func TestPeak(t *testing.T) {
	top, now := peak([]app.Sample{{Given: 3}, {Given: 9, Peers: 40}, {Given: 2}})
	if top != 9 || now != 2 {
		t.Errorf("%v, %v", top, now)
	}
	if top, now := peak(nil); top != 0 || now != 0 {
		t.Errorf("of nothing: %v, %v", top, now)
	}
}
