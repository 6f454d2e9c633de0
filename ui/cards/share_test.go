package cards

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

var (
	sharedID = uuid.MustParse("6f1e0f9a-0000-4000-8000-000000000002")
	aLink    = "grove:1/k5ukdmqmiygx2sbi4u5buqc5hkmvtyb5fdv6dxfnh6y3iwqrmyja?p=RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3&a=/ip4/192.0.2.7/tcp/41001/p2p/12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N6aqNnPtbhX3YT&n=Holiday"
)

// sharing puts the card for some files into a window.
func sharing(k *hosttest.Kit, size fyne.Size, paths ...string) *Share {
	k.Desk.Made, k.Desk.Links[sharedID] = sharedID, aLink
	c := NewShare(k.Host, paths)
	put(k, c, size)
	return c
}

// found are the ways of finding others that a reach has.
func found(s host.ReachState, lan, directory bool) (r host.Reach) {
	r.State, r.Finders.LAN.On, r.Finders.DHT.On = s, lan, directory
	return r
}

// A link that does not lead here from everywhere says so on the card, before a
// friend finds out, and follows what is found out later.
func TestShareSaysWhereTheLinkLeads(t *testing.T) {
	k := hosttest.New(t)
	k.Desk.Seen = []host.Reach{found(host.ReachUnknown, true, true)}
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	k.Desk.Links[sharedID] = aLink[:strings.Index(aLink, "&a=")]
	press(t, k, "Share")
	says(t, k, "On your local network the link works as it is. Whether others get here from elsewhere is not known yet.")
	c.outside.Now.State = host.ReachClosed
	c.showWay()
	says(t, k, "On your local network the link works as it is. From elsewhere nobody gets here directly.")
	if c.made.way.Importance != widget.WarningImportance {
		t.Error("it does not look like a warning")
	}
	c.outside.Now.State = host.ReachOpen
	c.showWay()
	says(t, k, "Elsewhere it is looked up in the directory")
	if c.made.way.Importance == widget.WarningImportance {
		t.Error("it looks like a warning")
	}
	c.outside.Now.Finders.DHT.On = false
	c.showWay()
	says(t, k, "From elsewhere nothing leads here")
}

func TestWayOf(t *testing.T) {
	w := hosttest.New(t).Words
	for _, c := range []struct {
		name string
		led  bool
		r    host.Reach
		want []string // the texts, in order
		warn bool
	}{
		{"nobody asked yet", false, host.Reach{}, nil, false},
		{"no connections", false, found(host.ReachOff, false, false), nil, false},
		{"address, open", true, found(host.ReachOpen, true, true), nil, false},
		{"address, unknown", true, found(host.ReachUnknown, true, true), nil, false},
		{"address, helped", true, found(host.ReachHelped, true, true), []string{"share.way_helped"}, false},
		{"address, closed", true, found(host.ReachClosed, true, true), []string{"share.way_closed"}, true},
		{"address alone, closed", true, found(host.ReachClosed, false, false), []string{"share.way_closed"}, true},
		{"finders, open", false, found(host.ReachOpen, true, true), []string{"share.way_lan", "share.way_directory"}, false},
		{"finders, helped", false, found(host.ReachHelped, true, true), []string{"share.way_lan", "share.way_helped"}, false},
		{"finders, closed", false, found(host.ReachClosed, true, true), []string{"share.way_lan", "share.way_closed"}, true},
		{"finders, unknown", false, found(host.ReachUnknown, true, true), []string{"share.way_lan", "share.way_unknown"}, false},
		{"directory", false, found(host.ReachOpen, false, true), []string{"share.way_directory"}, false},
		{"lan", false, found(host.ReachOpen, true, false), []string{"share.way_near"}, true},
		{"nothing", false, found(host.ReachOpen, false, false), []string{"share.way_none"}, true},
		{"local only", false, found(host.ReachLocal, true, true), []string{"share.way_local"}, false},
		{"local only, address", true, found(host.ReachLocal, false, false), []string{"share.way_local"}, false},
		{"local only, no finder", false, found(host.ReachLocal, false, true), []string{"share.way_none"}, true},
	} {
		var want []string
		for _, key := range c.want {
			want = append(want, w.T(key))
		}
		if text, warn := wayOf(c.led, c.r, w); text != strings.Join(want, " ") || warn != c.warn {
			t.Errorf("%s: %q, %t", c.name, text, warn)
		}
	}
	for link, want := range map[string]bool{aLink: true, strings.Replace(aLink, "&a=", "&x=", 1): true, aLink[:strings.Index(aLink, "&a=")]: false} {
		if leadsHere(link) != want {
			t.Errorf("%s leads here: %t", link, !want)
		}
	}
}

// A file is shared with one button: the link is on the clipboard at once, and
// Done shows where it is.
func TestShareOneFile(t *testing.T) {
	k := hosttest.New(t)
	sharing(k, roomy, "/home/ada/Holiday.mp4")
	says(t, k, "Share this with others")
	says(t, k, "Holiday.mp4")
	press(t, k, "Share")
	if got := k.Desk.Shares; len(got) != 1 || !slices.Equal(got[0].Paths, []string{"/home/ada/Holiday.mp4"}) ||
		got[0].Title != "" || got[0].Private || got[0].Days != 0 || got[0].Poster != "" {
		t.Fatalf("shared %+v", got)
	}
	if k.Copied != aLink {
		t.Errorf("the clipboard has %q", k.Copied)
	}
	says(t, k, "The link is on the clipboard.")
	says(t, k, aLink)
	says(t, k, "Keep Grove open until others have it.")
	k.Copied = ""
	press(t, k, "Copy again")
	if k.Copied != aLink || len(k.Said) != 1 {
		t.Errorf("copied %q, said %q", k.Copied, k.Said)
	}
	press(t, k, "Done")
	if len(k.Presented) != 0 || !slices.Equal(k.Went, []host.Place{host.Shared}) || !slices.Equal(k.Selected, []uuid.UUID{sharedID}) {
		t.Errorf("%d cards, went to %v, selected %v", len(k.Presented), k.Went, k.Selected)
	}
	calls(t, k)
}

// Everything a person can say about a share reaches the desktop.
func TestShareWithEverything(t *testing.T) {
	k := hosttest.New(t)
	c := sharing(k, roomy, "/home/ada/a.mkv", "/home/ada/b.mkv")
	if got := k.Window.Canvas().Focused(); got != c.form.title {
		t.Errorf("the focus is on %T", got)
	}
	test.Type(c.form.title, "Two films")
	test.Type(c.form.about, "From the north.")
	k.Files = []string{"/home/ada/notes.txt"}
	press(t, k, "Browse…")
	says(t, k, "The picture has to be a PNG or JPEG file.")
	k.Files = []string{"/home/ada/Poster.JPG"}
	press(t, k, "Browse…")
	silent(t, k, "The picture has to be")
	says(t, k, "Poster.JPG")
	test.Tap(c.form.private)
	c.form.expires.SetSelected("In 3 months")
	c.form.title.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	want := host.Share{Paths: []string{"/home/ada/a.mkv", "/home/ada/b.mkv"}, Title: "Two films", About: "From the north.",
		Poster: "/home/ada/Poster.JPG", Private: true, Days: 91}
	if got := k.Desk.Shares; len(got) != 1 || got[0].Title != want.Title || got[0].About != want.About || got[0].Poster != want.Poster ||
		!got[0].Private || got[0].Days != want.Days || !slices.Equal(got[0].Paths, want.Paths) {
		t.Errorf("shared %+v", got)
	}
	says(t, k, "Two films")
}

func TestSharePictureIsRemoved(t *testing.T) {
	k := hosttest.New(t)
	c := sharing(k, roomy, "/home/ada/a.mkv")
	k.Files = []string{"/home/ada/poster.png"}
	press(t, k, "Browse…")
	press(t, k, "Remove")
	silent(t, k, "poster.png")
	if got, _ := c.form.request(c.paths); got.Poster != "" {
		t.Errorf("the picture is %q", got.Poster)
	}
}

// Reading shows how far it is, and can be given up; what is shared all the
// same is taken back.
func TestShareIsCanceled(t *testing.T) {
	k := hosttest.New(t)
	desk, posted := &slowDesk{Desk: k.Desk}, 0
	k.Host.Desk = desk
	k.Post = func(f func()) { posted++; f() }
	sharing(k, roomy, "/home/ada/Holiday.mp4")
	jobs := hold(k)
	press(t, k, "Share")
	says(t, k, "Looking at the files…")
	desk.during = func(progress func(done, total int64)) {
		progress(0, 0)
		says(t, k, "Looking at the files…")
		progress(1_200_000_000, 4_000_000_000)
		says(t, k, "Reading 1.2 GB of 4.0 GB")
		progress(1_200_000_001, 4_000_000_000)
		k.Markup(t, "share-reading")
		press(t, k, "Cancel")
	}
	jobs.run(t)
	if posted != 1 { // nobody sees a thousandth of it
		t.Errorf("progress was shown %d times", posted)
	}
	calls(t, k, "Remove "+sharedID.String())
	if k.Copied != "" || len(k.Told) != 0 {
		t.Errorf("copied %q, told %v", k.Copied, k.Told)
	}
}

// slowDesk calls during while it shares.
type slowDesk struct {
	*hosttest.Desk
	during func(progress func(done, total int64))
}

func (d *slowDesk) Share(ctx context.Context, r host.Share, progress func(done, total int64)) (uuid.UUID, error) {
	return d.Desk.Share(ctx, r, func(int64, int64) { d.during(progress) })
}

// What cannot be shared goes back to the form, with what was typed.
func TestShareFails(t *testing.T) {
	k := hosttest.New(t)
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	test.Type(c.form.title, "Holiday")
	k.Desk.Fails["Share"] = app.NewProblem(app.ReadOnly, "/home/ada/Holiday.mp4", nil)
	press(t, k, "Share")
	says(t, k, "Grove may not write to /home/ada/Holiday.mp4.")
	if c.form.title.Text != "Holiday" {
		t.Errorf("the title is %q", c.form.title.Text)
	}
	k.Markup(t, "share-failed")
	delete(k.Desk.Fails, "Share")
	k.Desk.Fails["Link"] = app.NewProblem(app.Internal, "no address", nil)
	press(t, k, "Share")
	says(t, k, "Something went wrong inside Grove")
	if k.Copied != "" {
		t.Errorf("copied %q", k.Copied)
	}
	press(t, k, "Done")
	if len(k.Selected) != 1 {
		t.Errorf("selected %v", k.Selected)
	}
}

// A failure nobody waits for any more is no news.
func TestShareFailsAfterwards(t *testing.T) {
	k := hosttest.New(t)
	sharing(k, roomy, "/home/ada/Holiday.mp4")
	jobs := hold(k)
	press(t, k, "Share")
	k.Desk.Fails["Share"] = app.NewProblem(app.Stopped, "reading", nil)
	k.Dismiss()
	jobs.run(t)
	calls(t, k)
	if len(k.Told) != 0 {
		t.Errorf("told %v", k.Told)
	}
}

// Where nothing could be given the card says so, and can change it.
func TestShareObstacle(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*app.Settings)
	}{
		{"Sharing is off, so nobody could get this from you.", func(s *app.Settings) { s.Giving.On = false }},
		{"Connections to other people are off, so nobody could get this from you.", func(s *app.Settings) { s.Network.Peers, s.Giving.On = false, false }},
	} {
		k := hosttest.New(t)
		card := NewShare(k.Host, []string{"/home/ada/Holiday.mp4"})
		s := snapshot()
		c.change(&s.Settings)
		k.Present(card)
		k.Put(card, roomy, s)
		says(t, k, c.want)
		if !s.Settings.Giving.On && s.Settings.Network.Peers {
			k.Markup(t, "share-obstacle")
		}
		press(t, k, "Turn it on")
		if got := k.Engine.Settings; !got.Giving.On || !got.Network.Peers || !got.Welcomed {
			t.Errorf("settings are %+v", got)
		}
		silent(t, k, c.want)
	}
}

// The card goes on telling who has it while it is open.
func TestShareTellsWhoHasIt(t *testing.T) {
	k := hosttest.New(t)
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	press(t, k, "Share")
	for _, n := range []struct {
		serving app.ServeStats
		want    string
	}{
		{app.ServeStats{Missed: 2}, "2 people could not get through to this computer. Keep Grove open."},
		{app.ServeStats{Peers: 1, Missed: 2}, "1 person is fetching it. Keep Grove open until others have it."},
		{app.ServeStats{Peers: 5, Complete: 2}, "Safe to close: 2 others have all of it"},
	} {
		s := snapshot()
		s.Transfers = []app.View{{ID: sharedID, State: app.Seeding, Shared: true, Serving: n.serving}}
		c.Show(s)
		says(t, k, n.want)
	}
	k.Copied = ""
	for _, command := range c.Commands() {
		if command.Enabled() {
			command.Do()
		}
	}
	if k.Copied != aLink || len(k.Desk.Shares) != 1 {
		t.Errorf("copied %q, shared %d times", k.Copied, len(k.Desk.Shares))
	}
	c.made.done.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !slices.Equal(k.Went, []host.Place{host.Shared}) {
		t.Errorf("Esc goes to %v", k.Went)
	}
}

func TestShareTexts(t *testing.T) {
	k := hosttest.New(t)
	w := k.Words
	many := []string{"/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6", "/a/7"}
	for _, c := range []struct{ name, got, want string }{
		{"names", namesOf(many, w), "1\n2\n3\n4\n5\nand 2 more"},
		{"one name", namesOf([]string{"/a/\u202Egpj.exe"}, w), "gpj.exe"},
		{"own name", ownName([]string{"/home/ada/Holiday.mp4"}), "Holiday.mp4"},
		{"folder's name", ownName(many), "a"},
		{"title in use", newShareForm(NewShare(k.Host, []string{"/a/" + strings.Repeat("long ", 8) + ".mkv"})).name(), strings.Repeat("long ", 8) + ".mkv"},
		{"no obstacle", obstacleOf(app.DefaultSettings(), w), ""},
		{"nobody yet", keepOf(nil, w), "Keep Grove open until others have it."},
		{"none connected", keepOf(&app.View{}, w), "Keep Grove open until others have it."},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, not %q", c.name, c.got, c.want)
		}
	}
	for path, want := range map[string]bool{"a.png": true, "a.JPEG": true, "a.jpg": true, "a.gif": false, "png": false} {
		if isPicture(path) != want {
			t.Errorf("%s is a picture: %v", path, !want)
		}
	}
	if text, part := readingOf(1e9, 4e9, w); text != "Reading 1.0 GB of 4.0 GB" || part != 0.25 {
		t.Errorf("%q, %v", text, part)
	}
}

// The states of the card as they are drawn.
func TestShareStates(t *testing.T) {
	hard := "/home/ada/\u202E<b>العربية</b> 東京 $(calc) " + "long name long name long name long name long name long name long name.mkv"
	for _, c := range []struct {
		name, language, appearance string
		scale                      float64
		size                       fyne.Size
		paths                      []string
		made                       bool
	}{
		{"form", "en", app.AppearanceLight, 1, roomy, []string{"/home/ada/Holiday.mp4"}, false},
		{"form-german", "de", app.AppearanceLight, 1, roomy, []string{"/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6", "/a/7"}, false},
		{"form-tiny", "en", app.AppearanceLight, 1, tiny, []string{hard}, false},
		{"form-large", "en", app.AppearanceDark, 1.5, roomy, []string{hard}, false},
		{"made", "en", app.AppearanceDark, 1, roomy, []string{"/home/ada/Holiday.mp4"}, true},
		{"made-tiny", "en", app.AppearanceLight, 1, tiny, []string{hard}, true},
		{"copying", "en", app.AppearanceLight, 1, roomy, []string{"/home/ada/Holiday.mp4"}, true},
		{"made-german", "de", app.AppearanceLight, 1.5, roomy, []string{hard}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := hosttest.In(t, c.language, c.appearance, c.scale)
			if c.name == "made" {
				k.Desk.Seen = []host.Reach{{State: host.ReachClosed}}
			}
			card := sharing(k, c.size, c.paths...)
			if c.made {
				card.share()
			}
			if c.name == "copying" {
				card.made.setCopy(copying{Server: "https://depot.example.org/", Have: 1.3e9, Size: 4e9})
			}
			k.Markup(t, "share-"+c.name)
			if c.name == "made" || c.name == "form" {
				k.Image(t, "share-"+c.name)
			}
		})
	}
}
