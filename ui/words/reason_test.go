package words

import (
	"fmt"
	"strings"
	"testing"

	"grove/app"
)

// source is one of a view's sources: a peer "p", the origin "o" or a mirror
// "m", with "!" stalled, with "-" not connected.
func source(s string) app.SourceView {
	v := app.SourceView{Connected: !strings.Contains(s, "-"), Stalled: strings.Contains(s, "!")}
	v.Kind = map[byte]app.Kind{'p': app.KindPeer, 'o': app.KindOrigin, 'm': app.KindMirror}[s[0]]
	v.ID = s
	return v
}

func sources(s string) (views []app.SourceView) {
	for _, f := range strings.Fields(s) {
		views = append(views, source(f))
	}
	return views
}

// refused is a source that has a problem.
func refused(kind app.ProblemKind) app.SourceView {
	v := source("o")
	v.Problem = app.NewProblem(kind, "dl.example.org", nil)
	return v
}

// reasons are every state a row can be in.
var reasons = []struct {
	name  string
	v     app.View
	place int
	want  string
}{
	{"resolving", app.View{State: app.Resolving}, 0, "Fetching its description"},
	{"offered", app.View{State: app.Offered}, 0, "Waiting for your answer"},
	{"queued", app.View{State: app.Queued}, 0, "Waiting"},
	{"queued absurdly", app.View{State: app.Queued}, -7, "Waiting"},
	{"next", app.View{State: app.Queued}, 1, "Next in line"},
	{"second", app.View{State: app.Queued}, 2, "Second in line"},
	{"far back", app.View{State: app.Queued}, 1204, "Number 1,204 in line"},
	{"opening", app.View{State: app.Checking}, 0, "Checking what is here"},
	{"checking", app.View{State: app.Checking, Checked: 0.459}, 0, "Checking what is here: 45%"},
	{"checking absurdly", app.View{State: app.Checking, Checked: 7}, 0, "Checking what is here"},

	{"looking", app.View{State: app.Downloading}, 0, "Looking for people who have it"},
	{"all left", app.View{State: app.Downloading, Sources: sources("p- p- o-")}, 0, "Looking for people who have it"},
	{"one person", app.View{State: app.Downloading, Sources: sources("p p-")}, 0, "1 person"},
	{"people", app.View{State: app.Downloading, Sources: sources("p p! p")}, 0, "3 people"},
	{"people and origin", app.View{State: app.Downloading, Sources: sources("p p p p p p p p p o")}, 0, "9 people and the origin"},
	{"origin", app.View{State: app.Downloading, Sources: sources("o p-")}, 0, "Only the origin"},
	{"mirrors", app.View{State: app.Downloading, Sources: sources("o m m")}, 0, "Only the origin"},
	{"one used, one not", app.View{State: app.Downloading, Sources: append(sources("p"), refused(app.SourceBusy))}, 0, "1 person"},
	{"limit reached", app.View{State: app.Downloading, Sources: sources("p o"), Limit: 1e6, Rates: app.Rates{Peers: 5e5, Origin: 4e5}}, 0,
		"1 person and the origin · held to 1.0 MB/s by your limit"},
	{"limit not reached", app.View{State: app.Downloading, Sources: sources("p o"), Limit: 1e6, Rates: app.Rates{Peers: 5e5}}, 0, "1 person and the origin"},
	{"gentle", app.View{State: app.Downloading, Sources: sources("p o"), Yields: true}, 0, "1 person and the origin · leaving the line to others now"},
	{"stalled", app.View{State: app.Downloading, Sources: sources("p! p! o!")}, 0, "Nothing is coming just now. Grove keeps asking."},
	{"busy", app.View{State: app.Downloading, Sources: []app.SourceView{refused(app.SourceBusy)}}, 0,
		"dl.example.org is busy and asked to be left alone for a while. Grove keeps trying."},
	{"no source", app.View{State: app.Downloading, Sources: sources("p!"), Problem: app.NewProblem(app.NoSource, "Film", nil)}, 0,
		"Nobody who has it answers. Grove keeps trying."},
	{"no path", app.View{State: app.Downloading, Problem: app.NewProblem(app.NoPath, "Film", nil)}, 0,
		"Somebody has it, but no direct connection gets through. Grove keeps trying."},
	{"cut over TCP", app.View{State: app.Downloading, Interference: app.Resets, Sources: sources("p p")}, 0,
		"Something on the way cuts connections with people. Grove takes another way to them."},
	{"cut off", app.View{State: app.Downloading, Interference: app.CutOff, Sources: sources("o")}, 0,
		"Something on the way cuts off people. Grove goes on from the origin where there is one, and keeps trying."},
	{"slowed down", app.View{State: app.Downloading, Interference: app.SlowTCP, Sources: sources("p p")}, 0,
		"Something on the way slows down some connections with people. Grove takes another way to them."},
	{"cut off, and no source", app.View{State: app.Downloading, Interference: app.CutOff, Problem: app.NewProblem(app.NoSource, "Film", nil)}, 0,
		"Nobody who has it answers. Grove keeps trying."},
	{"another problem", app.View{State: app.Downloading, Problem: app.NewProblem(app.Refused, "10.0.0.1", nil)}, 0, "10.0.0.1 is not allowed here."},
	{"no interface to get by", app.View{State: app.Downloading, Problem: app.NewProblem(app.NoInterface, "wg0", nil)}, 0, "The network interface wg0 is not there."},
	{"all here", app.View{State: app.Downloading, Size: 10, Have: 10, Sources: sources("p")}, 0, "Everything is here; putting it in place"},

	{"shared", app.View{State: app.Seeding}, 0, "Shared; nobody is fetching it just now"},
	{"fetched", app.View{State: app.Seeding, Serving: app.ServeStats{Peers: 1}}, 0, "1 person is fetching it"},
	{"fetched, made here", app.View{State: app.Seeding, Shared: true, Serving: app.ServeStats{Peers: 3}}, 0,
		"3 people are fetching it; nobody else has all of it yet"},
	{"fetched and safe", app.View{State: app.Seeding, Serving: app.ServeStats{Peers: 5, Complete: 2}}, 0,
		"3 people are fetching it; safe to close: 2 others have all of it"},
	{"safe", app.View{State: app.Seeding, Shared: true, Serving: app.ServeStats{Peers: 1, Complete: 1}}, 0, "Safe to close: 1 other has all of it"},
	{"somebody missed", app.View{State: app.Seeding, Shared: true, Serving: app.ServeStats{Missed: 9}}, 0, "9 people could not get through to this computer"},
	{"one missed, one fetches", app.View{State: app.Seeding, Shared: true, Serving: app.ServeStats{Peers: 1, Missed: 1}}, 0,
		"1 person is fetching it; nobody else has all of it yet"},
	{"one missed, one has it", app.View{State: app.Seeding, Shared: true, Serving: app.ServeStats{Peers: 1, Complete: 1, Missed: 1}}, 0,
		"Safe to close: 1 other has all of it"},
	{"missed, of a download", app.View{State: app.Seeding, Serving: app.ServeStats{Missed: 2}}, 0, "Shared; nobody is fetching it just now"},
	{"absurd counts", app.View{State: app.Seeding, Serving: app.ServeStats{Peers: -3, Complete: -2}}, 0, "Shared; nobody is fetching it just now"},
	{"giving is off", app.View{State: app.Seeding, NotGiving: app.GivingOff, Serving: app.ServeStats{Peers: 1}}, 0, "Not shared: giving is switched off"},
	{"publisher's budget is spent", app.View{State: app.Seeding, NotGiving: app.GivingPublisher}, 0,
		"Not shared until next month: this publisher’s budget is used up"},
	{"budget is spent", app.View{State: app.Seeding, NotGiving: app.GivingOverspent}, 0, "Not shared until next month: the budget is used up"},

	{"no interface", app.View{State: app.Seeding, NotGiving: app.GivingCut}, 0, "Not shared: the network interface is not there"},
	{"on battery", app.View{State: app.Seeding, NotGiving: app.GivingBattery}, 0, "Not shared while this computer runs on battery"},
	{"metered", app.View{State: app.Seeding, NotGiving: app.GivingMetered}, 0, "Not shared while the line is metered"},
	{"vpn", app.View{State: app.Seeding, NotGiving: app.GivingVPN}, 0, "Not shared while a VPN is on"},
	{"full screen", app.View{State: app.Seeding, NotGiving: app.GivingFullScreen}, 0, "Not shared while a program fills the screen"},

	{"done", app.View{State: app.Done}, 0, "Complete"},
	{"share ended", app.View{State: app.Done, Shared: true}, 0, "No longer shared"},
	{"paused", app.View{State: app.Paused}, 0, "Paused"},
	{"paused with all", app.View{State: app.Paused, Held: true}, 0, "Paused together with all others"},
	{"failed", app.View{State: app.Failed, Problem: app.NewProblem(app.ReadOnly, "/media/usb", nil)}, 0, "Grove may not write to /media/usb."},
	{"failed for room", app.View{State: app.Failed, Problem: app.NewProblem(app.NoSpace, "Film", nil)}, 0,
		"The disk is full. Make room, and Grove goes on by itself."},
	{"failed for nothing", app.View{State: app.Failed}, 0, "Something went wrong inside Grove."},
	{"of a newer Grove", app.View{State: "waiting-for-godot"}, 0, ""},
}

func TestReasons(t *testing.T) {
	for _, c := range reasons {
		if got := New("en").Reason(&c.v, c.place); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

// TestReasonsInLanguages: none is missing, and each is said in its own words.
func TestReasonsInLanguages(t *testing.T) {
	for _, tag := range Languages[1:] {
		w := New(tag)
		for _, c := range reasons {
			got := w.Reason(&c.v, c.place)
			if c.want != "" && (got == "" || got == c.want) || strings.ContainsAny(got, "[]{}") {
				t.Errorf("%s: %s: %q", tag, c.name, got)
			}
			for _, n := range []string{"9", "45", "dl.example.org", "/media/usb"} {
				if strings.Contains(c.want, n) && !strings.Contains(got, n) {
					t.Errorf("%s: %s: %q lost %s", tag, c.name, got, n)
				}
			}
		}
	}
}

func BenchmarkReason(b *testing.B) {
	for _, i := range []int{5, 13, 18} {
		b.Run(fmt.Sprint(reasons[i].name), func(b *testing.B) {
			w := New("de")
			b.ReportAllocs()
			for b.Loop() {
				w.Reason(&reasons[i].v, 2)
			}
		})
	}
}
