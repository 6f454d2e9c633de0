package cards

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// held keeps the jobs of a kit until a test runs them.
type held struct {
	jobs []func(context.Context) (func(), error)
	k    *hosttest.Kit
}

func hold(k *hosttest.Kit) *held {
	h := &held{k: k}
	k.Do = func(job func(context.Context) (func(), error)) { h.jobs = append(h.jobs, job) }
	return h
}

// run carries out what is waiting, and what that asks for.
func (h *held) run(t *testing.T) {
	t.Helper()
	for len(h.jobs) > 0 {
		h.one(t)
	}
}

// one carries out the first that is waiting.
func (h *held) one(t *testing.T) {
	t.Helper()
	job := h.jobs[0]
	h.jobs = h.jobs[1:]
	then, err := job(t.Context())
	if err != nil {
		h.k.Told = append(h.k.Told, err)
	}
	if then != nil {
		then()
	}
}

// patient is an engine whose Inspect and Scout last until their context ends.
type patient struct {
	*hosttest.Engine
	ended []string
}

func (p *patient) Inspect(ctx context.Context, lead app.Lead) (*app.Offer, error) {
	o, err := p.Engine.Inspect(ctx, lead)
	if ctx.Err() != nil {
		p.ended = append(p.ended, "Inspect")
	}
	return o, err
}

func (p *patient) Scout(ctx context.Context, o *app.Offer, found func(app.Outlook)) error {
	err := p.Engine.Scout(ctx, o, found)
	if ctx.Err() != nil {
		p.ended = append(p.ended, "Scout")
		return ctx.Err()
	}
	return err
}

func says(t *testing.T, k *hosttest.Kit, want string) {
	t.Helper()
	if !slices.ContainsFunc(texts(k), func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("nothing says %q in %q", want, texts(k))
	}
}

func silent(t *testing.T, k *hosttest.Kit, unwanted string) {
	t.Helper()
	if slices.ContainsFunc(texts(k), func(s string) bool { return strings.Contains(s, unwanted) }) {
		t.Errorf("something says %q in %q", unwanted, texts(k))
	}
}

func calls(t *testing.T, k *hosttest.Kit, want ...string) {
	t.Helper()
	if got := k.Engine.Calls(); !slices.Equal(got, want) {
		t.Errorf("the engine was told %q, not %q", got, want)
	}
}

// A link is looked up, shown, and downloaded with one button; then its
// download is seen.
func TestOfferIsAccepted(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Outlooks = []app.Outlook{{}, {Near: 2, Peers: 2, Origins: 1, Looked: true, Usual: 17.5e6}}
	k.Desk.Room = 81e9
	c := show(t, k, film())
	for _, want := range []string{"Feature film", "With subtitles", "4.2 GB", "First time you see this publisher", "/home/ada/Downloads",
		"81.0 GB free, 76.8 GB after", "2 people on your network and the origin have it: about 4 minutes."} {
		says(t, k, want)
	}
	if k.Engine.Lead.Link.Name != "Feature film" {
		t.Errorf("looked up %+v", k.Engine.Lead)
	}
	press(t, k, "Download")
	calls(t, k, "Inspect", "Accept "+offerID.String())
	if got := k.Engine.Choice; got.Folder != "/home/ada/Downloads" || got.Selected != nil || got.Target != "" || !got.After || got.Seed || got.NoShare {
		t.Errorf("accepted %+v", got)
	}
	if len(k.Presented) != 0 || !slices.Equal(k.Went, []host.Place{host.Downloads}) || len(k.Selected) != 1 || k.Selected[0] != offerID {
		t.Errorf("then: %d cards, went to %v, selected %v", len(k.Presented), k.Went, k.Selected)
	}
	if c.accept(); len(k.Engine.Calls()) != 2 {
		t.Error("accepted twice")
	}
}

// The settings' folder comes before the system's; another one can be chosen,
// and the room is asked for there.
func TestOfferFolder(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Offer = film()
	c := NewOffer(k.Host, app.Lead{})
	k.Present(c)
	s := snapshot()
	s.Settings.Folder = "/media/films"
	k.Put(c, roomy, s)
	says(t, k, "/media/films")
	k.Desk.Room = 1e9
	k.Folder = "/media/stick"
	press(t, k, "Browse…")
	says(t, k, "/media/stick")
	says(t, k, "1.0 GB free, 3.2 GB more needed")
	if c.ready() || !c.form.yes.Disabled() {
		t.Error("what does not fit can be downloaded")
	}
	if c.accept(); len(k.Engine.Calls()) != 1 {
		t.Errorf("it was: %q", k.Engine.Calls())
	}
	k.Desk.Room, k.Folder = 90e9, "/media/disk"
	c.Commands()[1].Do()
	c.Commands()[0].Do()
	if got := k.Engine.Choice.Folder; got != "/media/disk" {
		t.Errorf("downloaded into %q", got)
	}
}

// A late answer about a folder that is no longer wanted changes nothing.
func TestOfferLateRoom(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, film())
	jobs := hold(k)
	k.Folder = "/media/slow"
	c.chooseFolder()
	slow := jobs.jobs
	jobs.jobs = nil
	k.Folder, k.Desk.Room = "/media/fast", 50e9
	c.chooseFolder()
	jobs.run(t)
	k.Desk.Room = 1
	jobs.jobs = slow
	jobs.run(t)
	if c.now.Free != 50e9 {
		t.Errorf("%d bytes free in %s", c.now.Free, c.folder)
	}
	k.Desk.Fails["Free"] = app.NewProblem(app.ReadOnly, "/media/gone", nil)
	c.chooseFolder()
	jobs.run(t)
	says(t, k, "Grove may not write to /media/gone.")
}

// Terms are for this download alone.
func TestOfferTerms(t *testing.T) {
	for option, want := range map[string]app.Choice{
		"As usual":         {After: true},
		"Not at all":       {NoShare: true},
		"Until I say stop": {Seed: true},
	} {
		k := hosttest.New(t)
		c := show(t, k, film())
		c.form.terms.SetSelected(option)
		press(t, k, "Download")
		if got := k.Engine.Choice; got.After != want.After || got.NoShare != want.NoShare || got.Seed != want.Seed {
			t.Errorf("%s: %+v", option, got)
		}
		calls(t, k, "Inspect", "Accept "+offerID.String())
	}
}

// Closing the card in any way forgets the offer and ends what goes on for it.
func TestOfferIsForgotten(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *hosttest.Kit, *Offer){
		"Cancel": func(t *testing.T, k *hosttest.Kit, _ *Offer) { press(t, k, "Cancel") },
		"Esc": func(t *testing.T, k *hosttest.Kit, c *Offer) {
			c.form.yes.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		},
		"the window": func(_ *testing.T, k *hosttest.Kit, _ *Offer) { k.Dismiss() },
	} {
		k := hosttest.New(t)
		engine := &patient{Engine: k.Engine}
		k.Host.Engine = engine
		k.Engine.Offer = film()
		jobs := hold(k)
		c := NewOffer(k.Host, app.Lead{})
		put(k, c, roomy)
		jobs.run(t)
		c.scout()
		leave(t, k, c)
		jobs.run(t)
		if want := "Remove " + offerID.String(); !slices.Contains(k.Engine.Calls(), want) {
			t.Errorf("%s: %q", name, k.Engine.Calls())
		}
		if !slices.Equal(engine.ended, []string{"Scout"}) || len(k.Told) != 0 {
			t.Errorf("%s: ended %q, told %v", name, engine.ended, k.Told)
		}
		c.Close()
		if n := len(jobs.jobs); n != 0 {
			t.Errorf("%s: closing again does %d things", name, n)
		}
	}
}

// Cancel ends the looking up; an answer that comes all the same is forgotten.
func TestOfferCancelWhileLooking(t *testing.T) {
	k := hosttest.New(t)
	engine := &patient{Engine: k.Engine}
	k.Host.Engine = engine
	k.Engine.Offer = film()
	jobs := hold(k)
	put(k, NewOffer(k.Host, app.Lead{Link: pack.Link{Name: "Feature film"}}), roomy)
	says(t, k, "Looking it up…")
	k.Markup(t, "offer-looking")
	press(t, k, "Cancel")
	jobs.run(t)
	if !slices.Equal(engine.ended, []string{"Inspect"}) {
		t.Errorf("ended %q", engine.ended)
	}
	calls(t, k, "Inspect", "Remove "+offerID.String())
}

// Giving up on what fails anyway is no news.
func TestOfferCancelBeforeFailure(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Inspect", errors.New("gone"))
	jobs := hold(k)
	put(k, NewOffer(k.Host, app.Lead{}), roomy)
	k.Dismiss()
	jobs.run(t)
	calls(t, k, "Inspect")
	if len(k.Told) != 0 {
		t.Errorf("told %v", k.Told)
	}
}

// What cannot be looked up says why, and can be tried again.
func TestOfferNotFound(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Inspect", app.NewProblem(app.NoSource, "https://example.org/film.grove", nil))
	c := show(t, k, film())
	says(t, k, "Nobody who has https://example.org/film.grove answers.")
	k.Markup(t, "offer-not-found")
	if c.ready() {
		t.Error("there is nothing to download")
	}
	c.chooseFolder()
	k.Engine.Fail("Inspect", nil)
	press(t, k, "Try again")
	says(t, k, "4.2 GB")
	k.Dismiss()
	calls(t, k, "Inspect", "Inspect", "Remove "+offerID.String())

	k.Engine.Fail("Inspect", app.NewProblem(app.BadSignature, "film", nil))
	show(t, k, film())
	press(t, k, "Close")
	if len(k.Presented) != 0 {
		t.Error("the card is still there")
	}
}

// A name that is taken leaves the card open, with another name to take.
func TestOfferTargetExists(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, film())
	k.Engine.Fail("Accept", app.NewProblem(app.TargetExists, "Feature film.mkv in /home/ada/Downloads", nil))
	press(t, k, "Download")
	says(t, k, "There is already something at Feature film.mkv")
	if got := c.form.target.Text; got != "Feature film (2).mkv" {
		t.Errorf("another name: %q", got)
	}
	k.Markup(t, "offer-taken")
	press(t, k, "Download")
	if got := k.Engine.Choice.Target; got != "Feature film (2).mkv" || c.form.target.Text != "Feature film (3).mkv" {
		t.Errorf("tried %q, then %q", got, c.form.target.Text)
	}
	c.form.target.SetText("")
	test.Type(c.form.target, "my/film.mkv")
	silent(t, k, "There is already something")
	says(t, k, "This cannot be a file name on every computer.")
	if c.ready() {
		t.Error("a path can be a name")
	}
	c.form.target.SetText("")
	test.Type(c.form.target, "my film.mkv")
	k.Engine.Fail("Accept", nil)
	c.form.target.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := k.Engine.Choice.Target; got != "my film.mkv" || len(k.Presented) != 0 {
		t.Errorf("accepted as %q, %d cards", got, len(k.Presented))
	}
}

// Another folder is the other way out; there the package has its own name.
func TestOfferTargetExistsElsewhereNot(t *testing.T) {
	k := hosttest.New(t)
	show(t, k, film())
	k.Engine.Fail("Accept", app.NewProblem(app.TargetExists, "Feature film.mkv", nil))
	press(t, k, "Download")
	k.Engine.Fail("Accept", nil)
	k.Folder = "/media/disk"
	press(t, k, "Browse…")
	silent(t, k, "There is already something")
	press(t, k, "Download")
	if got := k.Engine.Choice; got.Target != "" || got.Folder != "/media/disk" {
		t.Errorf("accepted %+v", got)
	}
}

// Any other refusal is said on the card too, and the offer is still there.
func TestOfferRefused(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, film())
	k.Engine.Fail("Accept", app.NewProblem(app.ReadOnly, "/home/ada/Downloads", nil))
	press(t, k, "Download")
	says(t, k, "Grove may not write to /home/ada/Downloads.")
	if c.form.targetField.Visible() || !c.ready() || len(k.Told) != 0 {
		t.Errorf("name asked: %v, ready: %v, told %v", c.form.targetField.Visible(), c.ready(), k.Told)
	}
	k.Dismiss()
	if want := "Remove " + offerID.String(); !slices.Contains(k.Engine.Calls(), want) {
		t.Errorf("%q", k.Engine.Calls())
	}
}

// The window hears when Download begins and ceases to do something.
func TestOfferTellsTheMenu(t *testing.T) {
	k := hosttest.New(t)
	changed := 0
	k.Changed = func() { changed++ }
	show(t, k, talks())
	for i, text := range []string{"", "Select none", "Select all", "Download"} {
		if text != "" {
			press(t, k, text)
		}
		if changed != i+1 {
			t.Errorf("after %q the window was told %d times", text, changed)
		}
	}
}

// A yes stands, also when the card is closed before the engine answered.
func TestOfferClosedWhileAccepting(t *testing.T) {
	for name, fails := range map[string]error{"accepted": nil, "refused": app.NewProblem(app.DiskFault, "sda", nil)} {
		k := hosttest.New(t)
		c := show(t, k, film())
		k.Engine.Fail("Accept", fails)
		jobs := hold(k)
		press(t, k, "Download")
		if !c.form.yes.Disabled() {
			t.Error("Download can be pressed again")
		}
		k.Dismiss()
		jobs.run(t)
		want := []string{"Inspect", "Accept " + offerID.String()}
		if fails != nil {
			want = append(want, "Remove "+offerID.String())
		}
		calls(t, k, want...)
		if (fails != nil) != (len(k.Told) == 1) || len(k.Went) != 0 {
			t.Errorf("%s: told %v, went to %v", name, k.Told, k.Went)
		}
	}
}

// A publisher who was blocked cannot be downloaded from.
func TestOfferBlocked(t *testing.T) {
	k := hosttest.New(t)
	o := film()
	o.Publisher.Blocked, o.Publisher.Name = true, "Spammer"
	c := show(t, k, o)
	says(t, k, "You blocked this publisher.")
	if c.form.yes.Visible() || c.ready() {
		t.Error("there is a Download")
	}
	k.Markup(t, "offer-blocked")
}

// Scouting goes on telling, and a fault of it is no reason to stop.
func TestOfferScouts(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Scout", app.NewProblem(app.WrongBytes, "cdn.example.org", nil))
	k.Engine.Outlooks = []app.Outlook{{Peers: 2, Complete: 1}}
	c := show(t, k, film())
	says(t, k, "1 person has all of it.")
	says(t, k, "cdn.example.org answered with other bytes")
	k.Post(func() { c.now.Outlook = app.Outlook{Looked: true}; c.render() })
	says(t, k, "Nobody has this now. Grove will keep looking.")
	if !c.ready() || len(k.Told) != 0 {
		t.Errorf("ready: %v, told %v", c.ready(), k.Told)
	}
}

// What the settings say while the card is open holds.
func TestOfferFollowsSettings(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, film())
	s := snapshot()
	s.Settings.Giving.On = false
	c.Show(s)
	says(t, k, "Nothing is given to others: sharing is off in the settings.")
	if c.form.terms.Visible() {
		t.Error("there is a choice without a difference")
	}
	if k.Engine.Calls()[0] != "Inspect" || len(k.Engine.Calls()) != 1 {
		t.Errorf("%q", k.Engine.Calls())
	}
}

// The states of the card as they are drawn.
func TestOfferStates(t *testing.T) {
	everything := func() *app.Offer {
		o := talks()
		o.Publisher.Name, o.Publisher.Packages = "Nordlicht Film", 4
		m := &o.Package.Manifest
		m.About, m.Expires = "All of it, in one folder.", time.Date(2027, 3, 1, 12, 0, 0, 0, time.Local)
		m.Origins, m.Floor = []string{"https://cdn.example.org/talks/"}, 500_000
		return o
	}
	stranger := func() *app.Offer {
		o := film()
		o.Package.Manifest.Name, o.Package.Manifest.About = strings.Join(hostile, " "), strings.Join(hostile, "\n")
		o.Publisher.Name = hostile[4]
		return o
	}
	busy := app.Outlook{Near: 2, Peers: 3, Origins: 1, Looked: true, Usual: 17.5e6}
	for _, c := range []struct {
		name, language, appearance string
		scale                      float64
		size                       fyne.Size
		offer                      *app.Offer
		outlook                    app.Outlook
		room                       int64
	}{
		{"film", "en", app.AppearanceLight, 1, roomy, film(), busy, 81e9},
		{"talks", "en", app.AppearanceLight, 1, roomy, everything(), busy, 81e9},
		{"dark", "en", app.AppearanceDark, 1, roomy, everything(), busy, 81e9},
		{"many", "en", app.AppearanceLight, 1, roomy, many(1000), app.Outlook{Looked: true}, 1e6},
		{"stranger", "en", app.AppearanceLight, 1, roomy, stranger(), app.Outlook{}, 81e9},
		{"tiny", "en", app.AppearanceLight, 1, tiny, everything(), busy, 81e9},
		{"large", "en", app.AppearanceLight, 1.5, roomy, film(), busy, 81e9},
		{"german", "de", app.AppearanceLight, 1, roomy, everything(), busy, 1e9},
		{"narrow", "de", app.AppearanceLight, 1, fyne.NewSize(tiny.Width, 900), everything(), busy, 81e9},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := hosttest.In(t, c.language, c.appearance, c.scale)
			k.Engine.Offer, k.Engine.Outlooks, k.Desk.Room = c.offer, []app.Outlook{c.outlook}, c.room
			put(k, NewOffer(k.Host, app.Lead{}), c.size)
			k.Markup(t, "offer-"+c.name)
			if c.name == "talks" || c.name == "dark" || c.name == "narrow" {
				k.Image(t, "offer-"+c.name)
			}
		})
	}
}
