package cards

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// about is a situation in which the whole of an offer is wanted and fits.
func about(o *app.Offer) situation {
	s := snapshot()
	return situation{Offer: o, Files: len(o.Package.Manifest.Files), Bytes: o.Package.Layout.Size(), Free: 81e9,
		Settings: s.Settings, Month: s.Month}
}

func TestOfferTellsWhoSigned(t *testing.T) {
	w := words.New("en")
	for _, c := range []struct {
		name      string
		publisher app.Publisher
		want      offerText
	}{
		{"never seen", app.Publisher{}, offerText{Seen: "First time you see this publisher"}},
		{"seen once", app.Publisher{Packages: 1}, offerText{Seen: "1 package from this publisher before"}},
		{"named", app.Publisher{Packages: 4, Name: "Nordlicht"}, offerText{Publisher: "Nordlicht", Seen: "4 packages from this publisher before"}},
		{"blocked", app.Publisher{Packages: 4, Blocked: true}, offerText{Blocked: true,
			Seen: "You blocked this publisher. To get the package, unblock the publisher first, under Publishers."}},
	} {
		s := about(film())
		s.Offer.Publisher = c.publisher
		got := offerOf(s, w)
		if got.Publisher != c.want.Publisher || got.Seen != c.want.Seen || got.Blocked != c.want.Blocked {
			t.Errorf("%s: %q, %q, blocked %v", c.name, got.Publisher, got.Seen, got.Blocked)
		}
		if got.Fingerprint != someKey().Fingerprint() {
			t.Errorf("%s: fingerprint %q", c.name, got.Fingerprint)
		}
		if got.CanDownload == c.want.Blocked {
			t.Errorf("%s: CanDownload is %v", c.name, got.CanDownload)
		}
	}
}

func TestOfferTellsSizeAndRoom(t *testing.T) {
	w := words.New("en")
	part := about(talks())
	part.Files, part.Bytes = 2, 700_012_000
	none := about(talks())
	none.Files, none.Bytes = 0, 0
	unknown, unreadable, tight, exact := about(film()), about(film()), about(film()), about(film())
	unknown.Free = -1
	unreadable.Free, unreadable.Unknown = -1, app.NewProblem(app.ReadOnly, "/media/stick", nil)
	tight.Free = 4e9
	exact.Free = 4.2e9
	for _, c := range []struct {
		name       string
		s          situation
		size, room string
		tight, can bool
	}{
		{"one file", about(film()), "4.2 GB", "81.0 GB free, 76.8 GB after", false, true},
		{"all files", about(talks()), "4 files, 2.7 GB", "81.0 GB free, 78.3 GB after", false, true},
		{"some files", part, "2 of 4 files, 700 MB of 2.7 GB", "81.0 GB free, 80.3 GB after", false, true},
		{"no file", none, "Select at least one file.", "81.0 GB free, 81.0 GB after", false, false},
		{"room unknown", unknown, "4.2 GB", "", false, true},
		{"folder unreadable", unreadable, "4.2 GB", "Grove may not write to /media/stick.", true, true},
		{"too little", tight, "4.2 GB", "4.0 GB free, 200 MB more needed", true, false},
		{"just enough", exact, "4.2 GB", "4.2 GB free, 0 bytes after", false, true},
	} {
		got := offerOf(c.s, w)
		if got.Size != c.size || got.Room != c.room || got.Tight != c.tight || got.CanDownload != c.can {
			t.Errorf("%s: %q, %q, tight %v, can %v", c.name, got.Size, got.Room, got.Tight, got.CanDownload)
		}
	}
}

func TestOfferTellsWhatIsGiven(t *testing.T) {
	w := words.New("en")
	with := func(change func(*situation)) situation {
		s := about(film())
		change(&s)
		return s
	}
	for _, c := range []struct {
		name, want string
		settled    bool
		s          situation
	}{
		{"defaults", "While it downloads, others get pieces from you, and then until you have given it once, for 2 hours at most.", false, about(film())},
		{"three times", "While it downloads, others get pieces from you, and then until you have given it 3 times, for 1 hour at most.", false,
			with(func(s *situation) { s.Settings.Giving.AfterTimes, s.Settings.Giving.AfterHours = 3, 1 })},
		{"half", "While it downloads, others get pieces from you, and then until you have given 2.1 GB, for 30 min at most.", false,
			with(func(s *situation) { s.Settings.Giving.AfterTimes, s.Settings.Giving.AfterHours = 0.5, 0.5 })},
		{"no time after", "While it downloads, others get pieces from you.", false, with(func(s *situation) { s.Settings.Giving.AfterHours = 0 })},
		{"no times after", "While it downloads, others get pieces from you.", false, with(func(s *situation) { s.Settings.Giving.AfterTimes = 0 })},
		{"giving off", "Nothing is given to others: sharing is off in the settings.", true, with(func(s *situation) { s.Settings.Giving.On = false })},
		{"no people", "Nothing is given to others: sharing is off in the settings.", true, with(func(s *situation) { s.Settings.Network.Peers = false })},
		{"budget spent", "Nothing is given to others until next month: this month’s budget is used up.", false,
			with(func(s *situation) { s.Month.Given = s.Month.Budget })},
		{"not at all", "Nothing is given to others.", false, with(func(s *situation) { s.Terms = notAtAll; s.Month.Given = s.Month.Budget })},
		{"until told", "Others get pieces from you until you say stop.", false, with(func(s *situation) { s.Terms = untilTold })},
	} {
		if got := offerOf(c.s, w); got.Giving != c.want || got.Settled != c.settled {
			t.Errorf("%s: %q, settled %v", c.name, got.Giving, got.Settled)
		}
	}
}

func TestOfferTellsWhoHasIt(t *testing.T) {
	w := words.New("en")
	for _, c := range []struct {
		name  string
		o     app.Outlook
		limit int64
		want  string
		alone bool
	}{
		{"not asked yet", app.Outlook{}, 0, "Asking who has it…", false},
		{"no path", app.Outlook{Looked: true, Problem: app.NewProblem(app.NoPath, "Film", nil)}, 0, "Somebody has it, but no direct connection gets through now.", true},
		{"nobody", app.Outlook{Looked: true, Usual: 11e6}, 0, "Nobody has this now. Grove will keep looking.", true},
		{"origin", app.Outlook{Origins: 1}, 0, "The origin answers.", false},
		{"origin and usual rate", app.Outlook{Origins: 1, Usual: 17.5e6}, 0, "The origin answers: about 4 minutes.", false},
		{"limited", app.Outlook{Origins: 1, Usual: 17.5e6}, 3.5e6, "The origin answers: about 20 minutes.", false},
		{"limit above", app.Outlook{Origins: 1, Usual: 17.5e6}, 35e6, "The origin answers: about 4 minutes.", false},
		{"too long to tell", app.Outlook{Origins: 1, Usual: 1000}, 0, "The origin answers.", false},
		{"neighbours", app.Outlook{Near: 2, Peers: 2, Origins: 1, Usual: 17.5e6}, 0, "2 people on your network and the origin have it: about 4 minutes.", false},
		{"everybody", app.Outlook{Near: 1, Peers: 4, Origins: 1}, 0, "1 person on your network, 3 people and the origin have it.", false},
		{"one seed", app.Outlook{Peers: 3, Complete: 1, Looked: true}, 0, "1 person has all of it.", false},
		{"parts, still asking", app.Outlook{Peers: 1}, 0, "1 person has parts of it, nobody all of it.", false},
		{"parts", app.Outlook{Peers: 3, Looked: true}, 0, "3 people have parts of it, nobody all of it.", true},
	} {
		s := about(film())
		s.Outlook, s.Limit = c.o, c.limit
		if got := offerOf(s, w); got.Sources != c.want || got.Alone != c.alone {
			t.Errorf("%s: %q, alone %v", c.name, got.Sources, got.Alone)
		}
	}
}

func TestOfferTellsThePolicy(t *testing.T) {
	const four, fast = "at least 0.5 MB/s, the rest from people when they have it.", "as fast as the line allows."
	w := words.New("en")
	for _, c := range []struct {
		name   string
		floor  int64
		change func(*situation)
		want   string
	}{
		{"fast", 0, nil, "The publisher asks for: " + fast},
		{"thrifty", 500_000, nil, "The publisher asks for: " + four},
		{"fast by the settings", 500_000, func(s *situation) { s.Settings.Policy = app.PolicyFast },
			"The publisher asks for: " + four + " You chose: " + fast},
		{"thrifty by the settings", 0, func(s *situation) { s.Settings.Policy = app.PolicyThrifty },
			"The publisher asks for: " + fast + " You chose: " + four},
		{"the same by the settings", 500_000, func(s *situation) { s.Settings.Policy = app.PolicyThrifty },
			"The publisher asks for: " + four},
		{"no people", 500_000, func(s *situation) { s.Settings.Network.Peers = false }, ""},
		{"no origin", 500_000, func(s *situation) { s.Offer.Package.Manifest.Origins = nil }, ""},
	} {
		s := about(film())
		s.Offer.Package.Manifest.Floor, s.Offer.Package.Manifest.Origins = c.floor, []string{"https://cdn.example.org/"}
		if c.change != nil {
			c.change(&s)
		}
		if got := offerOf(s, w).Policy; got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestOfferTellsTrouble(t *testing.T) {
	w := words.New("en")
	s := about(film())
	s.Outlook = app.Outlook{Peers: 1, Complete: 1, Problem: app.NewProblem(app.WrongBytes, "cdn.example.org", nil)}
	if got := offerOf(s, w).Trouble; !strings.HasPrefix(got, "cdn.example.org answered with other bytes") {
		t.Errorf("%q", got)
	}
	s.Outlook = app.Outlook{Looked: true, Problem: app.NewProblem(app.NoPath, "Film", nil)}
	if got := offerOf(s, w); !strings.HasPrefix(got.Trouble, "Grove keeps trying. It helps when either side opens a port") || !got.CanDownload {
		t.Errorf("no path: %+v", got)
	}
	s.Outlook = app.Outlook{Looked: true, Problem: app.NewProblem(app.NoSource, "Film", nil)}
	if got := offerOf(s, w); got.Trouble != "" || !got.Alone || !got.CanDownload {
		t.Errorf("nobody there: %+v", got)
	}
	s.Offer.Package.Manifest.Expires = time.Date(2027, 3, 1, 12, 0, 0, 0, time.Local)
	s.Refused, s.Rename, s.Target = app.NewProblem(app.TargetExists, "film.mkv in /tmp", nil), true, "a/b"
	got := offerOf(s, w)
	if got.Expires != "1 Mar 2027" {
		t.Errorf("expires %q", got.Expires)
	}
	if got.Name == "" || got.CanDownload {
		t.Errorf("a name with a slash: %q, can %v", got.Name, got.CanDownload)
	}
	if !strings.Contains(got.Refused, "film.mkv in /tmp") || got.Advice == "" {
		t.Errorf("%q, %q", got.Refused, got.Advice)
	}
}

// hostile are texts that try to be something else.
var hostile = []string{
	"a\x00b\x1b[31mc\u200bd", "invoice\u202Efdp.exe", strings.Repeat("long ", 60), "<b>HTML</b> $(calc)",
	"العربية كتاب", "東京の森 🌲", "\u2066\u2069\u200f",
}

// turns reports whether a character steers the text around it. The two that
// words.Plain puts around a text keep its direction to itself.
func turns(r rune) bool {
	return r != '\u2068' && r != '\u2069' && unicode.In(r, unicode.Cc, unicode.Cf)
}

func TestStrangersTextsAreHarmless(t *testing.T) {
	w := words.New("en")
	for _, text := range hostile {
		s := about(film())
		m := &s.Offer.Package.Manifest
		m.Name, m.About, s.Offer.Publisher.Name = text, text+"\n"+text, text
		got := offerOf(s, w)
		name := leadName(app.Lead{Link: pack.Link{ID: pack.ID{1}, Name: text}}, w)
		row := newTree([]pack.File{file(1, text)}).rowOf(0, w)
		for _, shown := range []string{got.Title, got.Publisher, name, row.name, strings.ReplaceAll(got.About, "\n", "")} {
			if strings.ContainsFunc(shown, turns) {
				t.Errorf("%q is shown as %q", text, shown)
			}
		}
		if n := len([]rune(got.Title)); n > titleLimit+2 { // and two that keep its direction to itself
			t.Errorf("a title of %d characters", n)
		}
		if n := len([]rune(got.About)); n > aboutLimit+5 {
			t.Errorf("a description of %d characters", n)
		}
	}
}

func TestAboutIsAFewLines(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"one", "one"},
		{"one\n\n\ttwo  \n", "one\ntwo"},
		{"1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n6"},
		{"1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\n5\n6 …"},
		{strings.Repeat("x", 900), strings.Repeat("x", aboutLimit-1) + "…"},
		{strings.Repeat("x", 900) + "\nmore", strings.Repeat("x", aboutLimit-1) + "… …"},
	} {
		if got := aboutOf(c.text); got != c.want {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}

func TestAnotherName(t *testing.T) {
	for _, c := range []struct {
		name   string
		folder bool
		want   string
	}{
		{"film.mkv", false, "film (2).mkv"},
		{"film (2).mkv", false, "film (3).mkv"},
		{"film (99).mkv", false, "film (100).mkv"},
		{"Talks 2.0", true, "Talks 2.0 (2)"},
		{"Talks (x)", true, "Talks (x) (2)"},
		{"Talks (1998)", true, "Talks (1998) (2)"},
		{".profile", false, ".profile (2)"},
		{"README", false, "README (2)"},
	} {
		if got := anotherName(c.name, c.folder); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func TestLeadName(t *testing.T) {
	w := words.New("en")
	for want, l := range map[string]app.Lead{
		"Feature film":                   {Link: pack.Link{Name: "Feature film"}},
		"https://example.org/film.grove": {Manifest: "https://example.org/film.grove"},
		"A package":                      {Grove: []byte("x")},
	} {
		if got := leadName(l, w); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
